"""Many threads at one record: one winner, no lost update, no resurrection."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from threading import Event

from flask_session.store import Outcome, Store

from ..threads import interleaved, together
from .base import MakeKey, StoreSuite, holds, loaded
from .counting import counted, increment

THREADS = 8
INCREMENTS = 12
ROUNDS = 12
BOTH_WAYS = [False, True]


class Races(StoreSuite):
    """What holds between threads that share one store, for every store."""

    def test_one_of_eight_threads_creates_a_record(self, store: Store, new_key: MakeKey) -> None:
        for at_lines in BOTH_WAYS * ROUNDS:
            key = new_key()
            writers = [partial(store.create, key, b"%d" % me, 60) for me in range(THREADS)]
            answers = interleaved(store, writers, at_lines=at_lines)
            assert answers.count(True) == 1
            assert holds(store, key) == b"%d" % answers.index(True)

    def test_one_of_eight_threads_deletes_a_record(self, store: Store, new_key: MakeKey) -> None:
        for at_lines in BOTH_WAYS * ROUNDS:
            key = new_key()
            store.create(key, b"data", 60)
            answers = interleaved(store, [partial(store.delete, key)] * THREADS, at_lines=at_lines)
            assert answers.count(Outcome.DELETED) == 1
            assert answers.count(Outcome.GONE) == THREADS - 1

    def test_one_of_eight_threads_replaces_the_expected_record(
        self, store: Store, new_key: MakeKey
    ) -> None:
        for at_lines in BOTH_WAYS * ROUNDS:
            key = new_key()
            store.create(key, b"old", 60)
            expected = loaded(store, key)
            writers = [
                partial(store.update, key, b"%d" % me, 60, expected) for me in range(THREADS)
            ]
            answers = interleaved(store, writers, at_lines=at_lines)
            assert answers.count(Outcome.SAVED) == 1
            assert holds(store, key) == b"%d" % answers.index(Outcome.SAVED)

    def test_no_increment_of_eight_threads_is_lost(self, store: Store, key: str) -> None:
        store.create(key, b"0", 60)
        interleaved(store, [partial(increment, store, key, INCREMENTS)] * THREADS)
        assert counted(store, key) == THREADS * INCREMENTS

    def test_touches_lose_no_increment(self, store: Store, key: str) -> None:
        store.create(key, b"0", 60)
        toucher = partial(repeat, partial(store.touch, key, 60), INCREMENTS * 2)
        writer = partial(increment, store, key, INCREMENTS)
        interleaved(store, [writer] * 4 + [toucher] * 4)
        assert counted(store, key) == 4 * INCREMENTS

    def test_a_touch_never_brings_back_replaced_data(self, store: Store, key: str) -> None:
        store.create(key, b"0", 60)
        done = Event()
        touchers = [partial(repeat, partial(store.touch, key, 60), INCREMENTS)] * 3

        def write() -> None:
            number = 0
            while not done.is_set():
                number += 1
                store.update(key, b"%d" % number, 60, loaded(store, key))
                assert holds(store, key) == b"%d" % number

        def touch() -> None:
            try:
                interleaved(store, touchers)
            finally:
                done.set()

        together([write, touch])

    def test_a_touch_never_brings_back_a_deleted_record(
        self, store: Store, new_key: MakeKey
    ) -> None:
        for at_lines in BOTH_WAYS * ROUNDS:
            key = new_key()
            store.create(key, b"data", 60)
            toucher = partial(repeat, partial(store.touch, key, 60), 3)
            jobs: list[Callable[[], object]] = [partial(store.delete, key), *[toucher] * 3]
            interleaved(store, jobs, at_lines=at_lines)
            assert not store.touch(key, 60)
            assert store.load(key) is None

    def test_an_update_never_brings_back_a_deleted_record(
        self, store: Store, new_key: MakeKey
    ) -> None:
        for at_lines in BOTH_WAYS * ROUNDS:
            key = new_key()
            store.create(key, b"old", 60)
            writer = partial(store.update, key, b"new", 60, loaded(store, key))
            interleaved(store, [partial(store.delete, key), writer], at_lines=at_lines)
            assert store.load(key) is None

    def test_of_an_update_and_a_delete_of_one_expected_record_one_wins(
        self, store: Store, new_key: MakeKey
    ) -> None:
        for at_lines in BOTH_WAYS * ROUNDS:
            key = new_key()
            store.create(key, b"old", 60)
            expected = loaded(store, key)
            saved, deleted = interleaved(
                store,
                [
                    partial(store.update, key, b"new", 60, expected),
                    partial(store.delete, key, expected),
                ],
                at_lines=at_lines,
            )
            assert (saved, deleted) in (
                (Outcome.SAVED, Outcome.CONFLICT),
                (Outcome.GONE, Outcome.DELETED),
            )
            assert holds(store, key) == (b"new" if saved is Outcome.SAVED else None)

    def test_threads_with_keys_of_their_own_do_not_disturb_each_other(
        self, store: Store, new_key: MakeKey
    ) -> None:
        keys = [new_key() for _ in range(THREADS)]
        for key in keys:
            store.create(key, b"0", 60)
        interleaved(store, [partial(increment, store, key, INCREMENTS) for key in keys])
        assert [counted(store, key) for key in keys] == [INCREMENTS] * THREADS


def repeat(action: Callable[[], object], times: int) -> None:
    """Do something several times."""
    for _ in range(times):
        action()
