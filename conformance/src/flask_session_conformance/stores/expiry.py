"""An expired record is no record, for every verb, whether or not anybody has swept it."""

from __future__ import annotations

from functools import partial

import pytest
from flask_session.store import Outcome, Store

from ..threads import interleaved
from .base import Expired, MakeKey, Outlive, StoreSuite, holds

ROUNDS = 48


@pytest.mark.row("F1")
class Expiry(StoreSuite):
    """What the verbs answer once the ``ttl`` is over."""

    def test_load_answers_none_for_an_expired_record(self, store: Store, expired: Expired) -> None:
        assert store.load(expired.key) is None

    def test_create_answers_true_over_an_expired_record(
        self, store: Store, expired: Expired
    ) -> None:
        assert store.create(expired.key, b"new", 60) is True

    def test_create_replaces_an_expired_record(self, store: Store, expired: Expired) -> None:
        store.create(expired.key, b"new", 60)
        assert holds(store, expired.key) == b"new"

    def test_create_over_an_expired_record_starts_a_new_ttl(
        self, store: Store, expired: Expired
    ) -> None:
        store.create(expired.key, b"new", 60)
        assert store.create(expired.key, b"again", 60) is False

    def test_one_of_eight_threads_creates_over_an_expired_record(
        self, store: Store, expired: Expired
    ) -> None:
        answers = interleaved(store, [lambda: store.create(expired.key, b"new", 60)] * 8)
        assert answers.count(True) == 1

    def test_a_look_leaves_what_is_created_over_an_expired_record_meanwhile(
        self, store: Store, new_key: MakeKey, outlive: Outlive
    ) -> None:
        keys = [new_key() for _ in range(ROUNDS)]
        assert all(store.create(key, b"expired", 1) for key in keys)
        outlive(keys[-1])
        for key in keys:
            looks = [partial(look_often, store, key)] * 4
            interleaved(store, [partial(store.create, key, b"new", 60), *looks])
        assert [holds(store, key) for key in keys] == [b"new"] * ROUNDS

    def test_update_answers_gone_for_an_expired_record(
        self, store: Store, expired: Expired
    ) -> None:
        assert store.update(expired.key, b"new", 60, expired.record) is Outcome.GONE

    def test_update_does_not_revive_an_expired_record(self, store: Store, expired: Expired) -> None:
        store.update(expired.key, b"new", 60, expired.record)
        assert store.load(expired.key) is None

    def test_a_repeated_update_of_an_expired_record_is_gone(
        self, store: Store, expired: Expired
    ) -> None:
        assert store.update(expired.key, b"expired", 60, expired.record) is Outcome.GONE

    def test_touch_answers_false_for_an_expired_record(
        self, store: Store, expired: Expired
    ) -> None:
        assert store.touch(expired.key, 60) is False

    def test_touch_does_not_revive_an_expired_record(self, store: Store, expired: Expired) -> None:
        store.touch(expired.key, 60)
        assert store.load(expired.key) is None

    def test_delete_answers_gone_for_an_expired_record(
        self, store: Store, expired: Expired
    ) -> None:
        assert store.delete(expired.key) is Outcome.GONE

    def test_delete_of_an_expected_record_that_has_expired_answers_gone(
        self, store: Store, expired: Expired
    ) -> None:
        assert store.delete(expired.key, expired.record) is Outcome.GONE

    def test_create_answers_true_after_deleting_an_expired_record(
        self, store: Store, expired: Expired
    ) -> None:
        store.delete(expired.key)
        assert store.create(expired.key, b"new", 60) is True


def look_often(store: Store, key: str) -> bool:
    """Load a record a few times, whatever is there."""
    return [store.load(key) for _ in range(4)][-1] is not None
