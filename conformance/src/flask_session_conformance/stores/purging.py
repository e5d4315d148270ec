"""Removing expired records, for databases that do not do it by themselves."""

from __future__ import annotations

import time
from collections.abc import Callable
from functools import partial
from threading import Event

import pytest
from flask_session.store import Outcome, Store, SupportsPurge

from ..clocks import SkewedClock
from ..threads import interleaved, together
from .base import Expired, Later, MakeKey, StoreSuite, holds, loaded

MANY = 2_000
ANEW = 50
LONGEST_WAIT = 2.0
"""Seconds that a request may take while a purge runs, on a busy machine."""
MakeExpired = Callable[[], int]


class Purging(StoreSuite):
    """What ``purge`` does; skipped where ``SupportsPurge`` is not declared."""

    @pytest.fixture
    def purging(self, store: Store) -> SupportsPurge:
        """Provide the store if it declares ``SupportsPurge``."""
        if SupportsPurge not in self.capabilities:
            pytest.skip("not applicable: SupportsPurge is not declared")
        assert isinstance(store, SupportsPurge)
        return store

    @pytest.fixture
    def make_many_expired(self, store: Store, new_key: MakeKey) -> MakeExpired:
        """Provide a function that writes expired records and answers how many.

        Override it where the database can take 20 000 at once.
        """

        def make() -> int:
            store.clock = SkewedClock(-3600)
            keys = [new_key() for _ in range(MANY)]
            together([partial(create_each, store, keys[part::4]) for part in range(4)])
            store.clock = time.time
            return MANY

        return make

    def test_purge_removes_an_expired_record(
        self, purging: SupportsPurge, store: Store, expired: Expired
    ) -> None:
        assert purging.purge() >= 1

    def test_purging_twice_finds_nothing_the_second_time(
        self, purging: SupportsPurge, expired: Expired
    ) -> None:
        purging.purge()
        assert purging.purge() == 0

    def test_purge_leaves_live_records(
        self, purging: SupportsPurge, store: Store, key: str, new_key: MakeKey, later: Later
    ) -> None:
        store.create(key, b"data", 60)
        store.create(new_key(), b"expired", 1)
        later(2.1)
        purging.purge()
        assert holds(store, key) == b"data"

    def test_purge_leaves_a_record_that_was_touched_in_time(
        self, purging: SupportsPurge, store: Store, key: str, later: Later
    ) -> None:
        store.create(key, b"data", 1)
        store.touch(key, 60)
        later(2.1)
        purging.purge()
        assert holds(store, key) == b"data"

    def test_purge_leaves_a_record_in_its_last_second(
        self, purging: SupportsPurge, store: Store, key: str
    ) -> None:
        store.create(key, b"data", 1)
        purging.purge()
        assert holds(store, key) == b"data"

    def test_purge_leaves_what_is_created_anew_meanwhile(
        self, purging: SupportsPurge, store: Store, new_key: MakeKey, later: Later
    ) -> None:
        keys = [new_key() for _ in range(ANEW)]
        create_each(store, keys)
        later(2.1)
        creating: Callable[[], object] = partial(create_each, store, keys[::-1], 60)
        interleaved(store, [purging.purge, creating])
        assert [holds(store, key) for key in keys] == [b"data"] * ANEW

    def test_a_purged_record_is_gone_for_every_verb(
        self, purging: SupportsPurge, store: Store, expired: Expired
    ) -> None:
        purging.purge()
        assert store.delete(expired.key) is Outcome.GONE
        assert store.update(expired.key, b"new", 60, expired.record) is Outcome.GONE

    @pytest.mark.row("D24")
    def test_no_request_waits_for_the_purge_of_many_records(
        self, purging: SupportsPurge, store: Store, key: str, make_many_expired: MakeExpired
    ) -> None:
        many, done = make_many_expired(), Event()
        store.create(key, b"0", 600)
        removed, slowest = together(
            [partial(purge, purging, done), partial(slowest_request, store, key, done)]
        )
        assert removed >= many
        assert slowest < LONGEST_WAIT


def create_each(store: Store, keys: list[str], ttl: int = 1) -> None:
    """Write records that live for a second, or longer."""
    for key in keys:
        store.create(key, b"data", ttl)


def purge(store: SupportsPurge, done: Event) -> float:
    """Purge, and say when it is done."""
    try:
        return store.purge()
    finally:
        done.set()


def slowest_request(store: Store, key: str, done: Event) -> float:
    """Load and update a record until the purge is done; answer the longest time that took."""
    slowest, number = 0.0, 0
    while not done.is_set() or not number:
        began, number = time.monotonic(), number + 1
        assert store.update(key, b"%d" % number, 600, loaded(store, key)) is Outcome.SAVED
        slowest = max(slowest, time.monotonic() - began)
    return slowest
