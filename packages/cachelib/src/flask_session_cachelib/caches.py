"""Sessions in a cachelib cache that was handed in: SimpleCache, RedisCache, MongoDbCache and so on.

The cache is used through a shallow copy with a serializer that passes bytes on, so that neither we
nor cachelib unpickle. What Flask-Session 0.8 stored comes out as the bytes of the pickle.

cachelib offers no compare-and-set. Two processes that change one session at once may lose one of
the changes, and a change may bring back a session that another process ends at the same moment.
"""

from __future__ import annotations

import hashlib
import sys
from collections.abc import Iterator
from contextlib import AbstractContextManager
from typing import ClassVar

from cachelib.base import BaseCache
from flask_session.errors import UnreadableRecord
from flask_session.store import Outcome, Record, Store

from .envelope import MAGIC, Envelope, seal, unseal
from .locks import BUCKETS, Locks
from .serializer import without_pickle

MARK = b"!"
"""cachelib's RedisSerializer unpickles what begins with it and takes everything else for the value
itself. With it, Flask-Session 0.8 sees our 0xff as a broken pickle: no session, and no error."""

CLIENT_ERRORS = {
    "redis.exceptions": ["RedisError", "RedisClusterException"],
    "valkey.exceptions": ["ValkeyError", "ValkeyClusterException"],
    "pymongo.errors": ["PyMongoError"],
    "botocore.exceptions": ["BotoCoreError", "ClientError"],
    "botocore.parsers": ["ResponseParserError"],
}
"""What the clients below cachelib's own classes raise; cachelib passes it through."""

LIMITS = {"DynamoDbCache": 390_000, "MongoDbCache": 16_000_000}
"""Bytes that fit into an item of 400 KB, a document of 16 MiB, with the other fields in it."""


class NotStoredError(OSError):
    """The cache refused, or could not be reached and hid the reason."""


class CacheStore(Store):
    """Keep records in a cachelib cache; updates are atomic within this process only."""

    atomic: ClassVar[bool] = False
    locks: ClassVar[Locks] = Locks()

    def __init__(self, cache: BaseCache) -> None:
        self._cache = without_pickle(cache)
        self.errors: tuple[type[Exception], ...] = (OSError, *_client_errors())
        names = [kind.__name__ for kind in type(cache).__mro__]
        self.max_bytes: int = min(
            (LIMITS[name] for name in names if name in LIMITS), default=self.max_bytes
        )

    def load(self, key: str) -> Record | None:
        """Return the live record; a pickle by Flask-Session 0.8 is handed on unopened."""
        envelope = self._find(key)
        if envelope is None:
            return None
        if envelope.data is None:
            raise UnreadableRecord("the cached value is not a session")
        return Record(envelope.data, expires_at=envelope.expires_at)

    def create(self, key: str, data: bytes, ttl: int) -> bool:
        """Add the record; where the cache still holds an expired one, that is removed first."""
        with self._lock(key):
            if self._add(key, data, ttl):
                return True
            if self._find(key):
                return False
            self._cache.delete(key)
            if not self._add(key, data, ttl):
                raise NotStoredError("the cache did not add the record")
            return True

    def update(self, key: str, data: bytes, ttl: int, expected: Record) -> Outcome:
        """Compare, then set; other processes may come in between."""
        with self._lock(key):
            found = self._find(key)
            if found is None:
                return Outcome.GONE
            if found.data not in (expected.data, data):
                return Outcome.CONFLICT
            self._set(key, self._seal(key, data, ttl), ttl)
            return Outcome.SAVED

    def touch(self, key: str, ttl: int) -> bool:
        """Set the same anew; a change by another process in between is lost."""
        return self._touch(key, ttl)

    def touch_expected(self, key: str, ttl: int, expected: Record) -> bool:
        """Compare, then set the same anew."""
        return self._touch(key, ttl, expected)

    def _touch(self, key: str, ttl: int, expected: Record | None = None) -> bool:
        with self._lock(key):
            found = self._find(key)
            if found is None or found.data is None:
                return False
            if expected and found.data != expected.data:
                return False
            former = self._cache.get(key) if found.key is None else None
            self._set(key, former or self._seal(key, found.data, ttl), ttl)
            return True

    def delete(self, key: str, expected: Record | None = None) -> Outcome:
        """Compare, then delete; other processes may come in between."""
        with self._lock(key):
            found = self._find(key)
            if found is None:
                return Outcome.GONE
            if expected and found.data != expected.data:
                return Outcome.CONFLICT
            if not self._cache.delete(key) and self._find(key):
                raise NotStoredError("the cache did not delete the record")
            return Outcome.DELETED

    def _find(self, key: str) -> Envelope | None:
        value = self._cache.get(key)
        if value is None:
            return None
        envelope = _unseal(value)
        if envelope.key not in (None, key):
            return Envelope()
        return envelope if envelope.live(self.clock()) else None

    def _add(self, key: str, data: bytes, ttl: int) -> bool:
        return bool(self._cache.add(key, self._seal(key, data, ttl), ttl + 1))

    def _set(self, key: str, value: bytes, ttl: int) -> None:
        if not self._cache.set(key, value, ttl + 1):
            raise NotStoredError("the cache did not store the record")

    def _seal(self, key: str, data: bytes, ttl: int) -> bytes:
        """Add the exact expiry: SimpleCache cuts the time to whole seconds, up to one too early."""
        return MARK + seal(key, data, self.clock() + ttl)

    def _lock(self, key: str) -> AbstractContextManager[None]:
        return self.locks.hold(hashlib.sha256(key.encode("ascii")).digest()[0] % BUCKETS)


def _unseal(value: object) -> Envelope:
    if not isinstance(value, bytes):
        return Envelope()
    raw = value.removeprefix(MARK)
    return unseal(raw) if raw.startswith(MAGIC[:4]) else Envelope(raw)


def _client_errors() -> Iterator[type[Exception]]:
    for module_name, names in CLIENT_ERRORS.items():
        if module := sys.modules.get(module_name):
            yield from (getattr(module, name) for name in names if hasattr(module, name))
