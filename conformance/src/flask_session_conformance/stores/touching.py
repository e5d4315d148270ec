"""Renewing the lifetime: only the expiry moves, nothing comes to life."""

from __future__ import annotations

from functools import partial

from flask_session.store import Outcome, Store

from ..threads import interleaved
from .base import Expired, Later, MakeKey, MakeStore, Outlive, StoreSuite, holds, loaded

ROUNDS = 12


class Touching(StoreSuite):
    """What ``touch`` and ``touch_expected`` do; more of both is in the other modules."""

    def test_touch_answers_true_for_a_live_record(self, store: Store, key: str) -> None:
        store.create(key, b"data", 60)
        assert store.touch(key, 60) is True

    def test_touch_leaves_the_data(self, store: Store, key: str) -> None:
        store.create(key, b"data", 60)
        store.touch(key, 120)
        assert holds(store, key) == b"data"

    def test_touch_leaves_the_version(self, store: Store, key: str) -> None:
        store.create(key, b"data", 60)
        expected = loaded(store, key)
        store.touch(key, 120)
        assert store.update(key, b"new", 60, expected) is Outcome.SAVED

    def test_a_touched_record_can_be_deleted_by_its_earlier_version(
        self, store: Store, key: str
    ) -> None:
        store.create(key, b"data", 60)
        expected = loaded(store, key)
        store.touch(key, 120)
        assert store.delete(key, expected) is Outcome.DELETED

    def test_touch_answers_true_again_for_the_same_ttl(self, store: Store, key: str) -> None:
        store.create(key, b"data", 60)
        assert [store.touch(key, 60), store.touch(key, 60)] == [True, True]

    def test_touch_answers_false_for_a_key_nobody_wrote(self, store: Store, key: str) -> None:
        assert store.touch(key, 60) is False

    def test_touch_expected_answers_true_for_the_expected_record(
        self, store: Store, key: str
    ) -> None:
        store.create(key, b"data", 60)
        assert store.touch_expected(key, 90, loaded(store, key)) is True
        assert holds(store, key) == b"data"

    def test_touch_expected_answers_false_for_another_record(self, store: Store, key: str) -> None:
        store.create(key, b"first", 60)
        first = loaded(store, key)
        store.update(key, b"second", 60, first)
        assert store.touch_expected(key, 90, first) is False
        assert holds(store, key) == b"second"

    def test_touch_expected_answers_false_for_a_deleted_record(
        self, store: Store, key: str
    ) -> None:
        store.create(key, b"data", 60)
        record = loaded(store, key)
        store.delete(key)
        assert store.touch_expected(key, 90, record) is False
        assert store.load(key) is None

    def test_touch_never_creates(self, store: Store, key: str) -> None:
        store.create(key, b"data", 60)
        store.delete(key)
        store.touch(key, 60)
        assert store.load(key) is None

    def test_touch_expected_sees_what_another_handle_wrote(
        self, store: Store, make_store: MakeStore, key: str
    ) -> None:
        store.create(key, b"first", 60)
        first, other = loaded(store, key), make_store()
        other.update(key, b"second", 60, loaded(other, key))
        assert store.touch_expected(key, 90, first) is False

    def test_touch_expected_answers_true_again(self, store: Store, key: str) -> None:
        store.create(key, b"data", 60)
        answers = [store.touch_expected(key, 60, loaded(store, key)) for _ in range(2)]
        assert answers == [True, True]

    def test_touch_expected_works_on_an_empty_record(self, store: Store, key: str) -> None:
        store.create(key, b"", 60)
        assert store.touch_expected(key, 60, loaded(store, key)) is True

    def test_touch_expected_answers_false_for_a_record_created_anew(
        self, store: Store, key: str
    ) -> None:
        store.create(key, b"first life", 60)
        first = loaded(store, key)
        store.delete(key)
        store.create(key, b"second life", 60)
        assert store.touch_expected(key, 60, first) is False

    def test_touch_expected_lets_the_record_live_longer(
        self, store: Store, key: str, later: Later
    ) -> None:
        store.create(key, b"data", 1)
        store.touch_expected(key, 60, loaded(store, key))
        later(2.1)
        assert holds(store, key) == b"data"

    def test_touch_expected_may_shorten_the_life(
        self, store: Store, key: str, outlive: Outlive
    ) -> None:
        store.create(key, b"data", 60)
        store.touch_expected(key, 1, loaded(store, key))
        outlive(key)
        assert store.load(key) is None

    def test_touch_expected_answers_false_for_an_expired_record(
        self, store: Store, expired: Expired
    ) -> None:
        assert store.touch_expected(expired.key, 60, expired.record) is False
        assert store.load(expired.key) is None

    def test_an_update_wins_over_a_touch_of_the_expected_record_at_the_same_time(
        self, store: Store, new_key: MakeKey
    ) -> None:
        for _ in range(ROUNDS):
            key = new_key()
            store.create(key, b"old", 60)
            interleaved(store, [partial(write_at_last, store, key), partial(renew, store, key)])
            assert holds(store, key) == b"new"


def write_at_last(store: Store, key: str) -> None:
    """Update a record whatever else happens to it."""
    while store.update(key, b"new", 60, loaded(store, key)) is not Outcome.SAVED:
        pass


def renew(store: Store, key: str) -> None:
    """Touch the record that is there."""
    store.touch_expected(key, 60, loaded(store, key))
