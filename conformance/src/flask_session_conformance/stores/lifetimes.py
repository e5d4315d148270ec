"""How long a record lives: never shorter than its ``ttl``, at most one second longer."""

from __future__ import annotations

import time
from functools import partial

import pytest
from flask_session.store import Store

from ..clocks import SkewedClock
from ..threads import together
from .base import Later, MakeKey, Outlive, StoreSuite, holds, loaded

DAY = 24 * 60 * 60
SLACK = 0.15
"""Seconds by which a server's ticks and a busy machine may blur what we observe."""


@pytest.mark.row("F6")
class Lifetimes(StoreSuite):
    """Lifetimes from one second to 400 days."""

    @pytest.mark.parametrize("days", [30, 31, 400])
    def test_a_record_for_many_days_is_readable_at_once(
        self, store: Store, key: str, days: int
    ) -> None:
        store.create(key, b"data", days * DAY)
        assert holds(store, key) == b"data"

    @pytest.mark.parametrize("days", [30, 31, 400])
    def test_an_update_for_many_days_is_readable_at_once(
        self, store: Store, key: str, days: int
    ) -> None:
        store.create(key, b"old", 60)
        store.update(key, b"new", days * DAY, loaded(store, key))
        assert holds(store, key) == b"new"

    @pytest.mark.parametrize("days", [30, 31, 400])
    def test_a_touch_for_many_days_leaves_the_record_readable(
        self, store: Store, key: str, days: int
    ) -> None:
        store.create(key, b"data", 60)
        store.touch(key, days * DAY)
        assert holds(store, key) == b"data"

    def test_the_declaration_says_whose_clock_decides(self, store: Store, key: str) -> None:
        store.create(key, b"data", 60)
        store.clock = SkewedClock(3600)
        assert (store.load(key) is not None) == self.server_decides_expiry

    def test_the_expiry_that_load_tells_is_the_true_one(self, store: Store, key: str) -> None:
        before = store.clock()
        store.create(key, b"data", 60)
        told = loaded(store, key).expires_at
        assert told is None or before + 59 <= told <= store.clock() + 61 + SLACK

    def test_the_expiry_that_load_tells_follows_a_touch(self, store: Store, key: str) -> None:
        store.create(key, b"data", 60)
        store.touch(key, 3600)
        told = loaded(store, key).expires_at
        assert told is None or told > store.clock() + 3590

    @pytest.mark.row("F1")
    @pytest.mark.promise("exact expiry")
    def test_a_record_lives_its_ttl_and_at_most_one_second_longer(
        self, store: Store, new_key: MakeKey
    ) -> None:
        phases = [number / 5 for number in range(5)]
        together([partial(watch_one_second, store, new_key(), phase) for phase in phases])

    def test_an_update_starts_a_new_ttl(self, store: Store, key: str, later: Later) -> None:
        store.create(key, b"old", 1)
        store.update(key, b"new", 60, loaded(store, key))
        later(2.1)
        assert holds(store, key) == b"new"

    def test_an_update_with_equal_data_starts_a_new_ttl(
        self, store: Store, key: str, later: Later
    ) -> None:
        store.create(key, b"same", 1)
        store.update(key, b"same", 60, loaded(store, key))
        later(2.1)
        assert holds(store, key) == b"same"

    def test_an_update_may_shorten_the_life(self, store: Store, key: str, outlive: Outlive) -> None:
        store.create(key, b"old", 60)
        store.update(key, b"new", 1, loaded(store, key))
        outlive(key)
        assert store.load(key) is None

    def test_a_touch_lets_the_record_live_longer(
        self, store: Store, key: str, later: Later
    ) -> None:
        store.create(key, b"data", 1)
        store.touch(key, 60)
        later(2.1)
        assert holds(store, key) == b"data"

    def test_a_touch_may_shorten_the_life(self, store: Store, key: str, outlive: Outlive) -> None:
        store.create(key, b"data", 60)
        store.touch(key, 1)
        outlive(key)
        assert store.load(key) is None

    def test_a_failed_create_leaves_the_expiry(self, store: Store, key: str, later: Later) -> None:
        store.create(key, b"data", 60)
        store.create(key, b"other", 1)
        later(2.1)
        assert holds(store, key) == b"data"

    def test_a_conflict_does_not_shorten_the_life(
        self, store: Store, key: str, later: Later
    ) -> None:
        store.create(key, b"old", 60)
        stale = loaded(store, key)
        store.update(key, b"theirs", 60, stale)
        store.update(key, b"mine", 1, stale)
        store.delete(key, stale)
        later(2.1)
        assert holds(store, key) == b"theirs"

    def test_a_conflict_does_not_lengthen_the_life(
        self, store: Store, key: str, outlive: Outlive
    ) -> None:
        store.create(key, b"old", 60)
        stale = loaded(store, key)
        store.update(key, b"theirs", 1, stale)
        store.update(key, b"mine", 60, stale)
        store.delete(key, stale)
        outlive(key)
        assert store.load(key) is None


def watch_one_second(store: Store, key: str, phase: float) -> None:
    """Write a record with a ``ttl`` of 1 at a phase of the clock's second, and watch it expire."""
    time.sleep((phase - time.time()) % 1)
    began = time.time()
    store.create(key, b"data", 1)
    written = asked = time.time()
    while store.load(key):
        assert asked < written + 2 + SLACK, "the record outlived its ttl by more than a second"
        time.sleep(0.05)
        asked = time.time()
    assert time.time() > began + 1 - SLACK, "the record expired before its ttl"
