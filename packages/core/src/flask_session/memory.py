"""Sessions in the memory of one process: the reference implementation of the store contract.

It is for tests, demonstrations and single-process tools. Everything is lost when the process ends,
and two worker processes do not see each other's sessions.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice
from threading import Lock
from typing import TYPE_CHECKING, Any, ClassVar

from .config import Settings, setting, wrong
from .interface import ServerSideSessionInterface
from .session import ServerSideSession
from .store import Outcome, Record, Store

if TYPE_CHECKING:
    from flask import Flask

PURGE_BATCH = 1000
"""How many records ``purge`` looks at while it holds the lock."""


class MemoryStore(Store):
    """Keep records in a dictionary, under one lock."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._records: dict[str, tuple[bytes, float]] = {}

    def load(self, key: str) -> Record | None:
        """Return the live record with its exact expiry."""
        with self._lock:
            return self._live(key)

    def create(self, key: str, data: bytes, ttl: int) -> bool:
        """Write a record unless a live one has the key."""
        with self._lock:
            if self._live(key):
                return False
            self._records[key] = (data, self.clock() + ttl)
            return True

    def update(self, key: str, data: bytes, ttl: int, expected: Record) -> Outcome:
        """Replace the record if its bytes are the expected ones."""
        with self._lock:
            record = self._live(key)
            if record is None:
                return Outcome.GONE
            if record.data not in (expected.data, data):
                return Outcome.CONFLICT
            self._records[key] = (data, self.clock() + ttl)
            return Outcome.SAVED

    def touch(self, key: str, ttl: int) -> bool:
        """Move the expiry of a live record."""
        with self._lock:
            record = self._live(key)
            if record:
                self._records[key] = (record.data, self.clock() + ttl)
            return record is not None

    def delete(self, key: str, expected: Record | None = None) -> Outcome:
        """Remove a live record, if it is the expected one."""
        with self._lock:
            record = self._live(key)
            if record is None:
                return Outcome.GONE
            if expected and record.data != expected.data:
                return Outcome.CONFLICT
            del self._records[key]
            return Outcome.DELETED

    def purge(self) -> int:
        """Remove expired records; the lock is free between batches."""
        with self._lock:
            remaining = iter(list(self._records))
        removed = 0
        while batch := list(islice(remaining, PURGE_BATCH)):
            with self._lock:
                expired = [key for key in batch if key in self._records and not self._live(key)]
                removed += len([self._records.pop(key) for key in expired])
        return removed

    def keys(self, prefix: str) -> Iterator[tuple[str, float | None]]:
        """List what was live when the listing began and still is when its turn comes."""
        with self._lock:
            names = [key for key in self._records if key.startswith(prefix)]
        for key in names:
            if record := self.load(key):
                yield key, record.expires_at

    def _live(self, key: str) -> Record | None:
        data, expires_at = self._records.get(key, (b"", 0.0))
        return Record(data, expires_at=expires_at) if expires_at > self.clock() else None


class MemorySession(ServerSideSession):
    """The session of a request, kept in this process."""


@dataclass(frozen=True)
class MemorySettings(Settings):
    """The settings of this backend."""

    client: Any = setting(
        "SESSION_MEMORY", None, doc="A MemoryStore that several apps share; unset: one of its own."
    )


class MemorySessionInterface(ServerSideSessionInterface):
    """Keep the sessions of ``app`` in this process."""

    session_class: type[ServerSideSession] = MemorySession
    settings_class: ClassVar[type[Settings]] = MemorySettings

    def __init__(
        self,
        app: Flask,
        client: MemoryStore | None = None,
        key_prefix: str = "session:",
        use_signer: bool | str | None = None,
        permanent: bool = True,
        sid_length: int = 32,
        serialization_format: str = "msgpack",
    ) -> None:
        if not isinstance(client, MemoryStore | None):
            raise wrong("SESSION_MEMORY", client, "not a MemoryStore", "Set it to a MemoryStore.")
        super().__init__(
            app,
            key_prefix,
            use_signer,
            permanent,
            sid_length,
            serialization_format,
            store=client or MemoryStore(),
        )

    @classmethod
    def from_app(cls, app: Flask) -> MemorySessionInterface:
        """Read the settings of ``app``; raises ConfigurationError."""
        settings = MemorySettings.load(app.config)
        return cls(app, settings.client, **cls.common_arguments(app))
