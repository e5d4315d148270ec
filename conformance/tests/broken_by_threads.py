"""Stores that keep the contract until two threads meet."""

from __future__ import annotations

import time

from flask_session.store import Outcome, Record

from conformance.tests.broken_stores import SmallStore


class ReadThenWriteUpdate(SmallStore):
    def update(self, key: str, data: bytes, ttl: int, expected: Record) -> Outcome:
        found = self.load(key)
        if found and found.data in (expected.data, data):
            time.sleep(0.001)
            self._records[key] = (data, self.clock() + ttl)
            return Outcome.SAVED
        return Outcome.CONFLICT if found else Outcome.GONE


class TouchThatRewrites(SmallStore):
    def touch(self, key: str, ttl: int) -> bool:
        found = self.load(key)
        if found:
            time.sleep(0.001)
            self._records[key] = (found.data, self.clock() + ttl)
        return found is not None


class CheckThenCreate(SmallStore):
    def create(self, key: str, data: bytes, ttl: int) -> bool:
        if self.load(key):
            return False
        time.sleep(0.001)
        self._records[key] = (data, self.clock() + ttl)
        return True


class NoLock(SmallStore):
    """As it is written by those who trust in a dictionary; nothing in it waits."""

    def create(self, key: str, data: bytes, ttl: int) -> bool:
        if self._live(key):
            return False
        self._records[key] = (data, self.clock() + ttl)
        return True

    def update(self, key: str, data: bytes, ttl: int, expected: Record) -> Outcome:
        found = self._live(key)
        if found is None:
            return Outcome.GONE
        if found.data not in (expected.data, data):
            return Outcome.CONFLICT
        self._records[key] = (data, self.clock() + ttl)
        return Outcome.SAVED

    def touch(self, key: str, ttl: int) -> bool:
        found = self._live(key)
        if found:
            self._records[key] = (found.data, self.clock() + ttl)
        return found is not None


class LoadRemovesWithoutALock(SmallStore):
    def load(self, key: str) -> Record | None:
        found = self._live(key)
        if found is None:
            self._records.pop(key, None)
        return found


class PurgesWithoutASecondLook(SmallStore):
    def purge(self) -> int:
        expired = [key for key in list(self._records) if not self._live(key)]
        return len([self._records.pop(key, None) for key in expired])
