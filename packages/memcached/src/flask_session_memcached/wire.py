"""Memcached's text protocol, as far as a store needs it.

pymemcache connects. Its commands are ready for many keys at once, for other types than bytes and
for answers in pieces of 4 KB, which takes three times what the socket does.
https://docs.memcached.org/protocols/basic/
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

from flask_session.sockets import send, watch
from flask_session.waiting import while_waiting
from pymemcache.client.base import Client
from pymemcache.exceptions import (
    MemcacheClientError,
    MemcacheError,
    MemcacheIllegalInputError,
    MemcacheServerError,
    MemcacheUnexpectedCloseError,
    MemcacheUnknownError,
)

CHUNK = 1 << 16
NOTHING = b"END\r\n"
VALUE = re.compile(rb"VALUE (\S+) (\d{1,10}) (\d{1,10}) (\d{1,20})\r\n")
"""Name, flags, length and token; the data follow, and ``END_OF_DATA``."""
END_OF_DATA = b"\r\nEND\r\n"
END_LENGTH = len(END_OF_DATA)
WORDS: dict[bytes, tuple[bytes, ...]] = {
    b"add": (b"STORED", b"NOT_STORED"),
    b"cas": (b"STORED", b"EXISTS", b"NOT_FOUND"),
    b"touch": (b"TOUCHED", b"NOT_FOUND"),
    b"delete": (b"DELETED", b"NOT_FOUND"),
}
"""What the server says to each verb."""


class Wire:
    """The connection of a pymemcache client, which one thread at a time uses.

    After any error the caller closes it: what else is on its way would answer the next command.
    """

    idle_since: float = 0.0
    """When it was last put aside, by the monotonic clock."""

    def __init__(self, client: Client) -> None:
        self.client: Any = client
        self._prefix: bytes = client.key_prefix
        self.has_arrived: Callable[[], object] = bool
        """Tells whether there is something to read before anything was asked for."""

    def load(self, key: str) -> tuple[bytes, int, bytes] | None:
        """Answer data, flags and the token by which ``cas`` recognises it."""
        name = self._named(key)
        received = self._ask(b"gets %b\r\n" % name)
        if received == NOTHING:
            return None
        found = VALUE.match(received)
        if found is None or found[1] != name:
            raise unexpected(received)
        start, end = found.end(), found.end() + int(found[3])
        if len(received) < end + END_LENGTH:
            received = self._read(received, end + END_LENGTH)
        if received[end:] != END_OF_DATA:
            raise MemcacheUnknownError("a value does not end where it should")
        return received[start:end], int(found[2]), found[4]

    def write(self, verb: bytes, key: str, data: bytes, expiry: int, token: bytes = b"") -> bytes:
        """Send ``add`` or ``cas`` and answer the server's word: ``STORED``, ``EXISTS`` …"""
        head = b"%b 0 %d %d %b\r\n" % (self._named(key), expiry, len(data), token)
        return self._word(verb, head + data)

    def touch(self, key: str, expiry: int) -> bool:
        """Send ``touch``; ``False``: not found."""
        return self._word(b"touch", b"%b %d" % (self._named(key), expiry)) == b"TOUCHED"

    def delete(self, key: str) -> bool:
        """Send ``delete``; ``False``: not found."""
        return self._word(b"delete", self._named(key)) == b"DELETED"

    def _named(self, key: str) -> bytes:
        if not (key.isascii() and key.isprintable()) or " " in key:
            raise MemcacheIllegalInputError("a key is printable ASCII without space")
        return self._prefix + key.encode()

    def _word(self, verb: bytes, rest: bytes) -> bytes:
        answer = self._ask(b"%b %b\r\n" % (verb, rest))
        if answer[-2:] != b"\r\n" or answer[:-2] not in WORDS[verb]:
            raise unexpected(answer)
        return answer[:-2]

    def _connect(self) -> None:
        self.client._connect()  # pymemcache 4 has no public way but to send a command
        self.has_arrived = watch(self.client.sock)

    def _ask(self, command: bytes) -> bytes:
        """Send a command; answer what has come, at least one line."""
        if self.client.sock is None:
            self._connect()
        sock = self.client.sock
        send(sock, command)  # pyright: ignore[reportArgumentType]
        while_waiting()
        received: bytes = sock.recv(CHUNK)  # pyright: ignore[reportOptionalMemberAccess]
        while b"\r\n" not in received:
            received += self._receive()
        return received

    def _read(self, begun: bytes, length: int) -> bytes:
        chunks, missing = [begun], length - len(begun)
        while missing > 0:
            chunks.append(self._receive())
            missing -= len(chunks[-1])
        return b"".join(chunks)

    def _receive(self) -> bytes:
        chunk: bytes = self.client.sock.recv(CHUNK)
        if not chunk:
            raise MemcacheUnexpectedCloseError
        return chunk


def unexpected(answer: bytes) -> MemcacheError:
    """Build the error for what is no answer to what was asked; it may be anybody's data."""
    line, _, _ = answer.partition(b"\r\n")
    if line.startswith(b"SERVER_ERROR"):
        return MemcacheServerError(line[:80].decode("ascii", "replace"))
    if line.startswith(b"CLIENT_ERROR"):
        return MemcacheClientError(line[:80].decode("ascii", "replace"))
    return MemcacheUnknownError("an answer to something else")
