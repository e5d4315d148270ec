"""Records in a dictionary: replace each body by your database's own compare-and-set.

Where the database compares and writes in one command (``UPDATE … WHERE``, a script, a condition),
the lock goes away and many processes can share the store.
"""

from __future__ import annotations

from threading import RLock

from flask_session.store import Outcome, Record, Store

Client = dict[str, tuple[bytes, float]]
"""For each key the data and when it expires, in seconds since the epoch."""


class NutshellStore(Store):
    """Keep records in a dictionary that is handed in."""

    errors: tuple[type[Exception], ...] = (OSError,)
    max_bytes: int = 1024 * 1024

    def __init__(self, client: Client) -> None:
        self.client: Client = client
        self._lock = RLock()

    def load(self, key: str) -> Record | None:
        """Return the live record, and forget an expired one."""
        with self._lock:
            data, expires_at = self.client.get(key, (b"", 0.0))
            if expires_at > self.clock():
                return Record(data, expires_at=expires_at)
            self.client.pop(key, None)
            return None

    def create(self, key: str, data: bytes, ttl: int) -> bool:
        """Write a record that does not exist yet."""
        with self._lock:
            if self.load(key):
                return False
            self.client[key] = (data, self.clock() + ttl)
            return True

    def update(self, key: str, data: bytes, ttl: int, expected: Record) -> Outcome:
        """Replace the expected record."""
        with self._lock:
            found = self.load(key)
            if found is None:
                return Outcome.GONE
            if found.data not in (expected.data, data):
                return Outcome.CONFLICT
            self.client[key] = (data, self.clock() + ttl)
            return Outcome.SAVED

    def touch(self, key: str, ttl: int) -> bool:
        """Move the expiry of a live record."""
        with self._lock:
            found = self.load(key)
            if found:
                self.client[key] = (found.data, self.clock() + ttl)
            return found is not None

    def delete(self, key: str, expected: Record | None = None) -> Outcome:
        """Remove a live record, if it is the expected one."""
        with self._lock:
            found = self.load(key)
            if found is None:
                return Outcome.GONE
            if expected and found.data != expected.data:
                return Outcome.CONFLICT
            del self.client[key]
            return Outcome.DELETED
