"""Memcached's text protocol, as far as a store needs it.

pymemcache connects. Its commands are ready for many keys at once, for other types than bytes and
for answers in pieces of 4 KB, which takes three times what the socket does.
https://docs.memcached.org/protocols/basic/
"""

from __future__ import annotations

from typing import Any

from flask_session.sockets import send
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

    def fetch(self, key: str) -> tuple[bytes, int, bytes] | None:
        """Answer data, flags and the token by which ``cas`` recognises it."""
        name = self._named(key)
        head, rest = self._ask(b"gets %b\r\n" % name)
        if head == b"END":
            return None
        words = head.split()
        if len(words) != 5 or words[:2] != [b"VALUE", name] or not b"".join(words[2:]).isdigit():
            raise unexpected(head)
        _, _, flags, size, token = words
        length = int(size)
        if len(rest) < length + END_LENGTH:
            rest = self._read(rest, length + END_LENGTH)
        if rest[length:] != END_OF_DATA:
            raise MemcacheUnknownError("a value does not end where it should")
        return rest[:length], int(flags), token

    def put(self, verb: bytes, key: str, data: bytes, expiry: int, token: bytes = b"") -> bytes:
        """Send ``add`` or ``cas`` and answer the server's word: ``STORED``, ``EXISTS`` …"""
        head = b"%b 0 %d %d %b\r\n" % (self._named(key), expiry, len(data), token)
        return self._word(verb, head + data)

    def move(self, key: str, expiry: int) -> bool:
        """Send ``touch``; ``False``: not found."""
        return self._word(b"touch", b"%b %d" % (self._named(key), expiry)) == b"TOUCHED"

    def remove(self, key: str) -> bool:
        """Send ``delete``; ``False``: not found."""
        return self._word(b"delete", self._named(key)) == b"DELETED"

    def _named(self, key: str) -> bytes:
        if not (key.isascii() and key.isprintable()) or " " in key:
            raise MemcacheIllegalInputError("a key is printable ASCII without space")
        return self._prefix + key.encode()

    def _word(self, verb: bytes, rest: bytes) -> bytes:
        word, _ = self._ask(b"%b %b\r\n" % (verb, rest))
        if word not in WORDS[verb]:
            raise unexpected(word)
        return word

    def _ask(self, command: bytes) -> tuple[bytes, bytes]:
        """Send a command; answer the first line, and what has come beyond it."""
        if self.client.sock is None:
            self.client._connect()
        send(self.client.sock, command)
        while_waiting()
        received = self._receive()
        while b"\r\n" not in received:
            received += self._receive()
        line, _, rest = received.partition(b"\r\n")
        return line, rest

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


def unexpected(line: bytes) -> MemcacheError:
    """Build the error for a line that is no answer to what was asked; it may be anybody's data."""
    if line.startswith(b"SERVER_ERROR"):
        return MemcacheServerError(line[:80].decode("ascii", "replace"))
    if line.startswith(b"CLIENT_ERROR"):
        return MemcacheClientError(line[:80].decode("ascii", "replace"))
    return MemcacheUnknownError("an answer to something else")
