"""Several processes at one record, in several time zones."""

from __future__ import annotations

from functools import partial

import pytest
from flask_session.store import Store

from ..backend import MakeWorker
from ..threads import together
from .base import MakeKey, StoreSuite, loaded, wait_until_gone
from .counting import counted

PROCESSES = 4
ROUNDS = 10
INCREMENTS = 20
TIME_ZONES = ("UTC", "Asia/Tokyo", "America/New_York")


class Processes(StoreSuite):
    """What holds between processes, for stores that more than one can reach."""

    @pytest.fixture
    def atomic_store(self, store: Store) -> Store:
        """Provide the store if it promises compare-and-set across processes."""
        if not store.atomic:
            pytest.skip("not applicable: the store declares that it is not atomic across processes")
        return store

    def test_one_of_four_processes_creates_a_record(
        self, atomic_store: Store, make_worker: MakeWorker, new_key: MakeKey
    ) -> None:
        keys = [new_key() for _ in range(ROUNDS)]
        workers = [make_worker() for _ in range(PROCESSES)]
        creators = [partial(worker.call, "create_each", keys=keys) for worker in workers]
        winners = [answers.count(True) for answers in zip(*together(creators), strict=True)]
        assert winners == [1] * ROUNDS

    @pytest.mark.promise("atomic update")
    def test_no_increment_of_four_processes_is_lost(
        self, atomic_store: Store, make_worker: MakeWorker, key: str
    ) -> None:
        atomic_store.create(key, b"0", 60)
        workers = [make_worker() for _ in range(PROCESSES)]
        together([partial(w.call, "increment", key=key, times=INCREMENTS) for w in workers])
        assert counted(atomic_store, key) == PROCESSES * INCREMENTS

    @pytest.mark.row("E9")
    def test_four_processes_can_set_the_store_up_at_once(self, make_worker: MakeWorker) -> None:
        workers = [make_worker() for _ in range(PROCESSES)]
        together([partial(worker.call, "setup") for worker in workers])

    @pytest.mark.row("F4")
    def test_workers_in_three_time_zones_see_the_same_live_record(
        self, store: Store, make_worker: MakeWorker, key: str
    ) -> None:
        make_worker("Asia/Tokyo").call("create_each", keys=[key], ttl=60)
        workers = [make_worker(zone) for zone in TIME_ZONES]
        assert [worker.call("is_live", key=key) for worker in workers] == [True] * 3
        assert store.load(key) is not None

    @pytest.mark.row("F4")
    def test_workers_in_three_time_zones_see_the_same_expired_record(
        self, store: Store, make_worker: MakeWorker, key: str
    ) -> None:
        workers = [make_worker(zone) for zone in TIME_ZONES]
        make_worker("America/New_York").call("create_each", keys=[key], ttl=1)
        wait_until_gone(store, key)
        assert [worker.call("is_live", key=key) for worker in workers] == [False] * 3

    @pytest.mark.row("F4")
    def test_workers_in_three_time_zones_tell_the_same_expiry(
        self, store: Store, make_worker: MakeWorker, key: str
    ) -> None:
        store.create(key, b"data", 3600)
        here = loaded(store, key).expires_at
        told = [make_worker(zone).call("expires_at", key=key) for zone in TIME_ZONES]
        assert told == [here if here is None else pytest.approx(here, abs=1)] * 3
