"""Records as Memcached items, as Flask-Session 0.4 to 0.8 kept them."""

from __future__ import annotations

import math
import zlib
from typing import Any

from flask_session.errors import UnreadableRecord
from flask_session.store import Outcome, Record, Store
from pymemcache.exceptions import MemcacheError

from .ring import Ring
from .wire import Wire

THIRTY_DAYS = 30 * 24 * 60 * 60
COMPRESSED = 8
"""The flag that pymemcache, pylibmc and python-memcached alike set on what they compressed."""

OUTCOMES = {
    b"STORED": Outcome.SAVED,
    b"EXISTS": Outcome.CONFLICT,
    b"NOT_FOUND": Outcome.GONE,
}


class MemcachedStore(Store):
    """Keep records in one Memcached server, or in several that share the keys."""

    errors: tuple[type[Exception], ...] = (OSError, MemcacheError)

    max_bytes = 1024 * 1024 - 1024
    """An item, with its key and some 60 bytes of the server's own, has to fit into 1 MiB unless the
    server was started with ``-I``. https://docs.memcached.org/serverguide/configuring/"""

    def __init__(self, client: Any) -> None:
        """Reach the servers of a pymemcache ``client`` by connections of our own."""
        self.client = client
        self._ring = Ring(client)

    def load(self, key: str) -> Record | None:
        """Return the item, with the token by which ``update`` and ``delete`` recognise it."""
        found = self._ring.server_of(key).run(Wire.load, key)
        if found is None:
            return None
        data, flags, token = found
        return Record(self._plain(data, flags) if flags else data, version=token)

    def create(self, key: str, data: bytes, ttl: int) -> bool:
        """Add an item."""
        expiry = self._expiry(ttl)
        return self._ring.server_of(key).run(Wire.write, b"add", key, data, expiry) == b"STORED"

    def update(self, key: str, data: bytes, ttl: int, expected: Record) -> Outcome:
        """Check and set; a conflict costs one more look at what is there."""
        outcome = self._replace(key, data, self._expiry(ttl), expected)
        if outcome is Outcome.CONFLICT:
            found = self._ring.server_of(key).run(Wire.load, key)
            if found is None:
                return Outcome.GONE
            outcome = Outcome.SAVED if found[:2] == (data, 0) else outcome
        return outcome

    def touch(self, key: str, ttl: int) -> bool:
        """Move the expiry; the item keeps its token."""
        return self._ring.server_of(key).run(Wire.touch, key, self._expiry(ttl))

    def touch_expected(self, key: str, ttl: int, expected: Record) -> bool:
        """Check and set the same data: one round trip, where a touch and a look are two."""
        outcome = self._replace(key, expected.data, self._expiry(ttl), expected)
        return outcome is Outcome.SAVED

    def delete(self, key: str, expected: Record | None = None) -> Outcome:
        """Remove the item; with ``expected``, replace it by one that has already expired."""
        if expected is None:
            deleted = self._ring.server_of(key).run(Wire.delete, key)
            return Outcome.DELETED if deleted else Outcome.GONE
        outcome = self._replace(key, b"", -1, expected)
        return Outcome.DELETED if outcome is Outcome.SAVED else outcome

    def close(self) -> None:
        """Close our connections; those of the client that was handed in stay open."""
        self._ring.close()

    def _replace(self, key: str, data: bytes, expiry: int, expected: Record) -> Outcome:
        token = expected.version
        if not isinstance(token, bytes):  # not from load: one more round trip finds the token
            found = self.load(key)
            if found is None or found.data != expected.data:
                return Outcome.GONE if found is None else Outcome.CONFLICT
            token = found.version
        server = self._ring.server_of(key)
        return OUTCOMES[server.run(Wire.write, b"cas", key, data, expiry, token)]

    def _expiry(self, ttl: int) -> int:
        """Write a lifetime as Memcached reads it: beyond 30 days as a date.

        One second is added because the server's clock ticks once a second. A date is the server's
        own; a worker whose clock is wrong by an hour shortens or lengthens these 30 days by it.
        https://docs.memcached.org/protocols/basic/#standard-protocol
        """
        seconds = ttl + 1
        return seconds if seconds <= THIRTY_DAYS else math.ceil(self.clock()) + seconds

    def _plain(self, data: bytes, flags: int) -> bytes:
        """Undo the compression that a client of Flask-Session 0.4 to 0.8 may have been set to."""
        if not flags & COMPRESSED:
            return data
        inflating = zlib.decompressobj()
        try:
            plain = inflating.decompress(data, 16 * self.max_bytes)
        except zlib.error:
            raise UnreadableRecord("an item with the flag of compressed data is not") from None
        if not inflating.eof:
            raise UnreadableRecord("a compressed item is truncated, or too large")
        return plain
