"""Stores that break the contract, each in one way."""

from __future__ import annotations

from collections.abc import Iterator
from fnmatch import fnmatchcase
from itertools import islice

from flask_session.memory import MemoryStore
from flask_session.store import Outcome, Record

MONTH = 30 * 24 * 60 * 60


class SmallStore(MemoryStore):
    max_bytes = 200_000


class UpsertOnUpdate(SmallStore):
    def update(self, key: str, data: bytes, ttl: int, expected: Record) -> Outcome:
        outcome = super().update(key, data, ttl, expected)
        if outcome is Outcome.GONE:
            self.create(key, data, ttl)
            return Outcome.SAVED
        return outcome


class TouchThatCreates(SmallStore):
    def __init__(self) -> None:
        super().__init__()
        self._buried: dict[str, bytes] = {}

    def delete(self, key: str, expected: Record | None = None) -> Outcome:
        record = self.load(key)
        self._buried[key] = record.data if record else b"data"
        return super().delete(key, expected)

    def touch(self, key: str, ttl: int) -> bool:
        return super().touch(key, ttl) or self.create(key, self._buried.get(key, b"data"), ttl)


class NoExpiryCheck(SmallStore):
    def _live(self, key: str) -> Record | None:
        entry = self._records.get(key)
        return Record(entry[0], expires_at=entry[1]) if entry else None


class UnconditionalDelete(SmallStore):
    def delete(self, key: str, expected: Record | None = None) -> Outcome:
        return super().delete(key)


class LastWriterWins(SmallStore):
    def update(self, key: str, data: bytes, ttl: int, expected: Record) -> Outcome:
        return super().update(key, data, ttl, self.load(key) or expected)


class TouchExpectedComparesNothing(SmallStore):
    def touch_expected(self, key: str, ttl: int, expected: Record) -> bool:
        return self.touch(key, ttl)


class CreateThatReplaces(SmallStore):
    def create(self, key: str, data: bytes, ttl: int) -> bool:
        free = self.load(key) is None
        self._records[key] = (data, self.clock() + ttl)
        return free


class LoadsWhatHasExpired(SmallStore):
    def load(self, key: str) -> Record | None:
        entry = self._records.get(key)
        return Record(entry[0], expires_at=entry[1]) if entry else None


class TouchThatRevives(SmallStore):
    def touch(self, key: str, ttl: int) -> bool:
        with self._lock:
            lives, entry = self._live(key) is not None, self._records.get(key)
            if entry:
                self._records[key] = (entry[0], self.clock() + ttl)
            return lives


class ComparesLengths(SmallStore):
    def update(self, key: str, data: bytes, ttl: int, expected: Record) -> Outcome:
        found = self.load(key)
        if found and len(found.data) == len(expected.data):
            expected = found
        return super().update(key, data, ttl, expected)


class EmptyIsNotExpected(SmallStore):
    def delete(self, key: str, expected: Record | None = None) -> Outcome:
        return super().delete(key, expected if expected and expected.data else None)


class EqualDataKeepsTheExpiry(SmallStore):
    def update(self, key: str, data: bytes, ttl: int, expected: Record) -> Outcome:
        found = self.load(key)
        if found and found.data == data:
            return Outcome.SAVED
        return super().update(key, data, ttl, expected)


class ConflictTouches(SmallStore):
    def delete(self, key: str, expected: Record | None = None) -> Outcome:
        outcome = super().delete(key, expected)
        if outcome is Outcome.CONFLICT:
            self.touch(key, 1)
        return outcome


class RepeatedUpdateConflicts(SmallStore):
    def update(self, key: str, data: bytes, ttl: int, expected: Record) -> Outcome:
        found = self.load(key)
        if found and found.data == data != expected.data:
            return Outcome.CONFLICT
        return super().update(key, data, ttl, expected)


class CaseBlind(SmallStore):
    def load(self, key: str) -> Record | None:
        return super().load(key.lower())

    def create(self, key: str, data: bytes, ttl: int) -> bool:
        return super().create(key.lower(), data, ttl)

    def delete(self, key: str, expected: Record | None = None) -> Outcome:
        return super().delete(key.lower(), expected)


class ShortKeys(SmallStore):
    def load(self, key: str) -> Record | None:
        return super().load(key[:128])

    def create(self, key: str, data: bytes, ttl: int) -> bool:
        return super().create(key[:128], data, ttl)


class DataAsText(SmallStore):
    def create(self, key: str, data: bytes, ttl: int) -> bool:
        return super().create(key, data.decode("utf-8", "replace").encode(), ttl)


class EmptyIsMissing(SmallStore):
    def load(self, key: str) -> Record | None:
        record = super().load(key)
        return record if record and record.data else None


class LimitTooHigh(SmallStore):
    def create(self, key: str, data: bytes, ttl: int) -> bool:
        return super().create(key, data[:150_000], ttl)


class WholeSecondsRoundedDown(SmallStore):
    def create(self, key: str, data: bytes, ttl: int) -> bool:
        return super().create(key, data, ttl - self.clock() % 1)  # type: ignore[arg-type]


class LivesTooLong(SmallStore):
    def create(self, key: str, data: bytes, ttl: int) -> bool:
        return super().create(key, data, ttl + 2)


class MonthsAreDates(SmallStore):
    def create(self, key: str, data: bytes, ttl: int) -> bool:
        return super().create(key, data, ttl if ttl <= MONTH else 0)


class UpdateKeepsTheExpiry(SmallStore):
    def update(self, key: str, data: bytes, ttl: int, expected: Record) -> Outcome:
        found = self.load(key)
        left = (found.expires_at or 0.0) - self.clock() if found else ttl
        return super().update(key, data, left, expected)  # type: ignore[arg-type]


class TouchDoesNothing(SmallStore):
    def touch(self, key: str, ttl: int) -> bool:
        return self.load(key) is not None


class PurgesEverything(SmallStore):
    def purge(self) -> int:
        removed = len(self._records)
        self._records.clear()
        return removed


class PurgesWhatEndsSoon(SmallStore):
    def purge(self) -> int:
        soon = self.clock() + 30
        ending = [key for key, (_, expires_at) in list(self._records.items()) if expires_at < soon]
        return len([self._records.pop(key) for key in ending])


class KeysOfOnePage(SmallStore):
    def keys(self, prefix: str) -> Iterator[tuple[str, float | None]]:
        return islice(super().keys(prefix), 1000)


class PatternInKeys(SmallStore):
    def keys(self, prefix: str) -> Iterator[tuple[str, float | None]]:
        for key, expires_at in super().keys(""):
            if fnmatchcase(key, prefix + "*"):
                yield key, expires_at


class ExpiredInKeys(SmallStore):
    def keys(self, prefix: str) -> Iterator[tuple[str, float | None]]:
        for key, (_, expires_at) in list(self._records.items()):
            if key.startswith(prefix):
                yield key, expires_at


class ErrorsOfEverything(SmallStore):
    errors = (Exception,)


class SaysItIsNotAtomic(SmallStore):
    atomic = False
