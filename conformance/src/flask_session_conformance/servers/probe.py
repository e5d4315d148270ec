"""Tell whether a server is ready by an exchange in its own protocol, without client libraries."""

from __future__ import annotations

import socket
import struct
from dataclasses import dataclass

Bson = int | str | list["Bson"] | dict[str, "Bson"]
SECONDS = 2.0
SECONDS_FOR_MORE = 0.1
"""How long the rest of an answer may take. One without the expected bytes is not waited for."""


@dataclass(frozen=True)
class Probe:
    """Bytes to send, and what a server that is ready has in its answer."""

    send: bytes
    expect: bytes

    def answered(self, host: str, port: int) -> bool:
        """Ask once; ``False`` while the server refuses, closes, stays silent or says "not yet"."""
        try:
            with socket.create_connection((host, port), timeout=SECONDS) as connection:
                connection.sendall(self.send)
                return self.received(connection)
        except OSError:
            return False

    def received(self, connection: socket.socket) -> bool:
        """Read until the expected bytes have come, or the server has no more to say."""
        answer = b""
        while self.expect not in answer:
            chunk = connection.recv(4096)
            if not chunk:
                return False
            answer += chunk
            connection.settimeout(SECONDS_FOR_MORE)
        return True


def postgresql_startup(user: str, database: str) -> bytes:
    """Build a StartupMessage (https://www.postgresql.org/docs/current/protocol-message-formats.html)."""
    told = "\0".join(["user", user, "database", database, "", ""])
    body = struct.pack("!i", 196608) + told.encode()
    return struct.pack("!i", len(body) + 4) + body


def mongodb_command(document: dict[str, Bson]) -> bytes:
    """Build an OP_MSG for the database ``admin``.

    https://www.mongodb.com/docs/manual/reference/mongodb-wire-protocol/
    """
    body = struct.pack("<i", 0) + b"\0" + bson({**document, "$db": "admin"})
    return struct.pack("<iiii", len(body) + 16, 1, 0, 2013) + body


def bson(document: dict[str, Bson]) -> bytes:
    """Encode the few types that commands need (https://bsonspec.org/spec.html)."""
    body = b"".join(element(key.encode(), value) for key, value in document.items())
    return struct.pack("<i", len(body) + 5) + body + b"\0"


def element(key: bytes, value: Bson) -> bytes:
    """Encode one field."""
    if isinstance(value, int):
        return b"\x10" + key + b"\0" + struct.pack("<i", value)
    if isinstance(value, str):
        text = value.encode() + b"\0"
        return b"\x02" + key + b"\0" + struct.pack("<i", len(text)) + text
    if isinstance(value, list):
        numbered = {str(number): item for number, item in enumerate(value)}
        return b"\x04" + key + b"\0" + bson(numbered)
    return b"\x03" + key + b"\0" + bson(value)


REDIS = Probe(b"PING\r\n", b"+PONG")
MEMCACHED = Probe(b"version\r\n", b"VERSION ")
POSTGRESQL = Probe(postgresql_startup("session", "session"), b"R\0\0\0")
"""A request to authenticate. While it starts or recovers, the server answers an error instead."""
PGBOUNCER = Probe(postgresql_startup("session", "pgbouncer"), b"R\0\0\0")
"""It lets anybody into its own console, whether or not there is a server behind it."""
MARIADB = Probe(b"", b"\x0a")
"""The greeting of protocol version 10; the length and a sequence number come before it."""
MONGODB = Probe(mongodb_command({"hello": 1}), b"\x08isWritablePrimary\0\x01")
DYNAMODB = Probe(b"GET / HTTP/1.0\r\n\r\n", b"HTTP/1.1 ")
