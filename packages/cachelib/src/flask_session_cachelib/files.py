"""Sessions in files of their own, in one directory.

The files are ours and not FileSystemCache's: that one unpickles, deletes live sessions above its
threshold, counts its files in one more file at each write and sleeps for up to ten seconds on a
permission error. What it has written is found all the same, under each of its namings.

* A file is only ever replaced as a whole, in one step: reading needs no lock.
* Whatever writes or removes holds one of 64 lock files, chosen by the key, and waits at most two
  seconds for it.
* A write goes through the one temporary file of its lock: a process that dies leaves nothing that
  piles up.
* No request waits for the disk: a record survives the death of every process, not a loss of power
  in the half minute after it was written.
* No verb lists the directory; ``purge`` and ``keys`` do.
"""

from __future__ import annotations

import logging
import os
from collections.abc import Callable, Iterator
from typing import NamedTuple, TypeVar

from flask_session.errors import UnreadableRecord
from flask_session.store import Outcome, Record, Store

from .directory import Directory
from .envelope import LONGEST_HEADER, UNREADABLE, Envelope, renew, seal, unseal
from .locks import FileLocks
from .names import FORMER, OURS, HashMethod, Naming, bucket_of, name_of

Answer = TypeVar("Answer")
COUNT = "__wz_cache_count"
"""cachelib's own key for the number of its files."""
PICKLE = b"\x80"
"""How the data in a file of cachelib begins, from protocol 2 on."""
FORMER_GRACE = 60.0
"""Seconds that ``purge`` leaves an expired file of cachelib, which no lock protects: a request that
found it live has ended by then."""

logger: logging.Logger = logging.getLogger(__name__)


class FileStore(Store):
    """Keep each record in a file; several processes may share the directory.

    ``mode`` is that of the files. ``hash_method`` is how a FileSystemCache that used the directory
    before named its files, if neither by SHA-256 (cachelib 0.16 and later) nor by MD5 (before).
    """

    errors: tuple[type[Exception], ...] = (OSError,)

    def __init__(
        self,
        directory: str | os.PathLike[str],
        *,
        mode: int = 0o600,
        hash_method: HashMethod | None = None,
    ) -> None:
        self.directory: str = os.path.abspath(directory)
        self.mode = mode
        self._files = Directory(self.directory, mode)
        self._locks = FileLocks(self.directory, mode)
        self._naming = Naming(hash_method)

    def load(self, key: str) -> Record | None:
        """Return the live record; a pickle by Flask-Session 0.4-0.8 is handed on unopened."""
        found = self._find(key)
        if found is None:
            return None
        if found.envelope.data is None:
            raise UnreadableRecord("the file is not a session")
        return Record(found.envelope.data, expires_at=found.envelope.expires_at)

    def create(self, key: str, data: bytes, ttl: int) -> bool:
        """Write a file unless a live one is there, under whichever name."""
        name = name_of(key)
        with self._locks.hold(bucket_of(name)):
            if self._find(key):
                return False
            self._files.replace(name, seal(key, data, self.clock() + ttl), bucket_of(name))
            return True

    def update(self, key: str, data: bytes, ttl: int, expected: Record) -> Outcome:
        """Replace the file. One of cachelib moves to our name first: there are never two."""
        name = name_of(key)
        with self._locks.hold(bucket_of(name)):
            found = self._find(key)
            if found is None:
                return Outcome.GONE
            if found.envelope.data not in (expected.data, data):
                return Outcome.CONFLICT
            if found.name != name:
                self._files.rename(found.name, name)
            self._files.replace(name, seal(key, data, self.clock() + ttl), bucket_of(name))
            return Outcome.SAVED

    def touch(self, key: str, ttl: int) -> bool:
        """Replace the file by one with another expiry; one of cachelib stays one of cachelib."""
        return self._touch(key, ttl)

    def touch_expected(self, key: str, ttl: int, expected: Record) -> bool:
        """Compare and replace, under the same lock."""
        return self._touch(key, ttl, expected)

    def _touch(self, key: str, ttl: int, expected: Record | None = None) -> bool:
        bucket = bucket_of(name_of(key))
        with self._locks.hold(bucket):
            found = self._find(key)
            if found is None or found.envelope.data is None:
                return False
            if expected and found.envelope.data != expected.data:
                return False
            renewed = renew(found.raw, found.envelope, self.clock() + ttl)
            self._files.replace(found.name, renewed, bucket)
            return True

    def delete(self, key: str, expected: Record | None = None) -> Outcome:
        """Remove the file, and whatever else lies under a name of the key."""
        ours = name_of(key)
        with self._locks.hold(bucket_of(ours)):
            found = self._find(key)
            if found is None:
                return Outcome.GONE
            if expected and found.envelope.data != expected.data:
                return Outcome.CONFLICT
            for name in self._naming.others(key, ours):
                self._files.remove(name)
            return Outcome.DELETED

    def setup(self) -> None:
        """Make the directory; the first write would do it too."""
        self._locks.make_directory()

    def purge(self) -> int:
        """Remove expired files, each under its own lock; also those of cachelib, a minute later.

        A file that may not be read or removed, of another user perhaps, is passed over and logged.
        """
        return sum(self._each(self._purge))

    def keys(self, prefix: str) -> Iterator[tuple[str, float | None]]:
        """List the records in our format; the files of cachelib do not tell their keys."""
        for envelope in self._each(self._ours):
            key = envelope.key
            if key and key.startswith(prefix) and envelope.live(self.clock()):
                yield key, envelope.expires_at

    def unlisted(self) -> int:
        """Count the live files of cachelib, without that in which it counts them itself."""
        counts = set(self._naming.others(COUNT, name_of(COUNT)))
        now = self.clock()
        live = self._each(lambda name: self._former_lives(name, now) and name not in counts)
        return sum(map(bool, live))

    def _find(self, key: str) -> _Found | None:
        name = name_of(key)
        raw = self._files.read(name)
        if raw is None:
            name, raw = self._read_elsewhere(key, name)
        if raw is None:
            return None
        envelope = unseal(raw)
        if envelope.key not in (None, key):
            envelope = UNREADABLE
        return _Found(name, raw, envelope) if envelope.live(self.clock()) else None

    def _read_elsewhere(self, key: str, ours: str) -> tuple[str, bytes | None]:
        """Read what lies under another name of the key.

        Of each it is asked first whether it is there: that takes a third of failing to open it.
        Ours was opened at once, which raises an error where the directory cannot be read.
        """
        for name in self._naming.others(key, ours):
            if self._files.has(name) and (raw := self._files.read(name)) is not None:
                return name, raw
        return ours, None

    def _header(self, name: str) -> Envelope:
        return unseal(self._files.read(name, LONGEST_HEADER) or b"")

    def _each(self, act: Callable[[str], Answer]) -> Iterator[Answer]:
        """Go through the directory, past what others keep to themselves."""
        left = 0
        for name in self._files.names():
            try:
                yield act(name)
            except (PermissionError, IsADirectoryError):
                left += 1
        if left:
            logger.warning("%d files in the sessions' directory may not be read or removed", left)

    def _ours(self, name: str) -> Envelope:
        return self._header(name) if OURS.fullmatch(name) else UNREADABLE

    def _purge(self, name: str) -> bool:
        if FORMER.fullmatch(name):
            is_live = self._former_lives(name, self.clock() - FORMER_GRACE)
            return is_live is False and self._files.remove(name)
        if not OURS.fullmatch(name) or not self._expired(name):
            return False
        with self._locks.hold(bucket_of(name)):
            return self._expired(name) and self._files.remove(name)

    def _former_lives(self, name: str, now: float) -> bool | None:
        """Tell whether a file of cachelib, a pickle, is live; ``None``: it is no such file."""
        envelope = self._header(name) if FORMER.fullmatch(name) else UNREADABLE
        is_pickle = envelope.data is not None and envelope.data.startswith(PICKLE)
        return envelope.live(now) if is_pickle else None

    def _expired(self, name: str) -> bool:
        return not self._header(name).live(self.clock())


class _Found(NamedTuple):
    """A live file: its name, all of it, and what is in it."""

    name: str
    raw: bytes
    envelope: Envelope
