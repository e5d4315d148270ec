"""Load, create, update and delete: one caller, no time passing."""

from __future__ import annotations

import pytest
from flask_session.errors import UnreadableRecord
from flask_session.store import Outcome, Store

from .base import MakeKey, MakeStore, PutForeignValue, StoreSuite, holds, loaded


class Verbs(StoreSuite):
    """What each verb answers and writes."""

    def test_load_answers_none_for_a_key_nobody_wrote(self, store: Store, key: str) -> None:
        assert store.load(key) is None

    def test_load_answers_what_create_wrote(self, store: Store, key: str) -> None:
        store.create(key, b"data", 60)
        assert holds(store, key) == b"data"

    def test_load_answers_plain_bytes(self, store: Store, key: str) -> None:
        store.create(key, b"data", 60)
        assert type(loaded(store, key).data) is bytes

    def test_loading_twice_answers_the_same_data(self, store: Store, key: str) -> None:
        store.create(key, b"data", 60)
        assert loaded(store, key).data == loaded(store, key).data

    def test_another_handle_loads_what_this_one_created(
        self, store: Store, make_store: MakeStore, key: str
    ) -> None:
        store.create(key, b"data", 60)
        assert holds(make_store(), key) == b"data"

    def test_loading_a_foreign_value_raises_unreadable_record(
        self, store: Store, put_foreign_value: PutForeignValue, key: str
    ) -> None:
        put_foreign_value(key)
        with pytest.raises(UnreadableRecord):
            store.load(key)

    def test_create_answers_true_for_a_free_key(self, store: Store, key: str) -> None:
        assert store.create(key, b"data", 60) is True

    def test_create_answers_false_for_a_taken_key(self, store: Store, key: str) -> None:
        store.create(key, b"first", 60)
        assert store.create(key, b"second", 60) is False

    def test_create_leaves_a_taken_record_as_it_is(self, store: Store, key: str) -> None:
        store.create(key, b"first", 60)
        store.create(key, b"second", 60)
        assert holds(store, key) == b"first"

    def test_create_answers_true_after_delete(self, store: Store, key: str) -> None:
        store.create(key, b"first", 60)
        store.delete(key)
        assert store.create(key, b"second", 60) is True
        assert holds(store, key) == b"second"

    def test_update_answers_saved_for_the_expected_record(self, store: Store, key: str) -> None:
        store.create(key, b"old", 60)
        assert store.update(key, b"new", 60, loaded(store, key)) is Outcome.SAVED

    def test_update_replaces_the_data(self, store: Store, key: str) -> None:
        store.create(key, b"old", 60)
        store.update(key, b"new and longer", 60, loaded(store, key))
        assert holds(store, key) == b"new and longer"

    def test_updates_follow_one_another(self, store: Store, key: str) -> None:
        store.create(key, b"0", 60)
        for number in (b"1", b"2", b"3"):
            assert store.update(key, number, 60, loaded(store, key)) is Outcome.SAVED
        assert holds(store, key) == b"3"

    def test_update_answers_conflict_for_a_replaced_record(self, store: Store, key: str) -> None:
        store.create(key, b"old", 60)
        stale = loaded(store, key)
        store.update(key, b"theirs", 60, loaded(store, key))
        assert store.update(key, b"mine", 60, stale) is Outcome.CONFLICT

    def test_a_conflict_of_update_writes_nothing(self, store: Store, key: str) -> None:
        store.create(key, b"old", 60)
        stale = loaded(store, key)
        store.update(key, b"theirs", 60, loaded(store, key))
        store.update(key, b"mine", 60, stale)
        assert holds(store, key) == b"theirs"

    def test_update_sees_what_another_handle_wrote(
        self, store: Store, make_store: MakeStore, key: str
    ) -> None:
        other = make_store()
        store.create(key, b"old", 60)
        stale = loaded(store, key)
        other.update(key, b"theirs", 60, loaded(other, key))
        assert store.update(key, b"mine", 60, stale) is Outcome.CONFLICT

    def test_a_repeated_update_is_saved_because_the_record_is_already_ours(
        self, store: Store, key: str
    ) -> None:
        store.create(key, b"old", 60)
        expected = loaded(store, key)
        store.update(key, b"new", 60, expected)
        assert store.update(key, b"new", 60, expected) is Outcome.SAVED

    def test_update_with_equal_data_is_saved(self, store: Store, key: str) -> None:
        store.create(key, b"same", 60)
        assert store.update(key, b"same", 60, loaded(store, key)) is Outcome.SAVED

    def test_update_answers_gone_for_a_deleted_record(self, store: Store, key: str) -> None:
        store.create(key, b"old", 60)
        expected = loaded(store, key)
        store.delete(key)
        assert store.update(key, b"new", 60, expected) is Outcome.GONE

    def test_update_never_creates(self, store: Store, key: str) -> None:
        store.create(key, b"old", 60)
        expected = loaded(store, key)
        store.delete(key)
        store.update(key, b"new", 60, expected)
        assert store.load(key) is None

    def test_a_record_created_anew_is_not_the_expected_one(self, store: Store, key: str) -> None:
        store.create(key, b"first life", 60)
        expected = loaded(store, key)
        store.delete(key)
        store.create(key, b"second life", 60)
        assert store.update(key, b"mine", 60, expected) is Outcome.CONFLICT

    def test_delete_answers_deleted_for_a_live_record(self, store: Store, key: str) -> None:
        store.create(key, b"data", 60)
        assert store.delete(key) is Outcome.DELETED

    def test_delete_removes_the_record(self, store: Store, key: str) -> None:
        store.create(key, b"data", 60)
        store.delete(key)
        assert store.load(key) is None

    def test_delete_answers_gone_for_a_key_nobody_wrote(self, store: Store, key: str) -> None:
        assert store.delete(key) is Outcome.GONE

    def test_deleting_twice_answers_gone(self, store: Store, key: str) -> None:
        store.create(key, b"data", 60)
        store.delete(key)
        assert store.delete(key) is Outcome.GONE

    def test_delete_removes_the_expected_record(self, store: Store, key: str) -> None:
        store.create(key, b"data", 60)
        assert store.delete(key, loaded(store, key)) is Outcome.DELETED
        assert store.load(key) is None

    def test_delete_answers_conflict_for_a_replaced_record(self, store: Store, key: str) -> None:
        store.create(key, b"old", 60)
        stale = loaded(store, key)
        store.update(key, b"new", 60, loaded(store, key))
        assert store.delete(key, stale) is Outcome.CONFLICT

    def test_a_conflict_of_delete_leaves_the_record(self, store: Store, key: str) -> None:
        store.create(key, b"old", 60)
        stale = loaded(store, key)
        store.update(key, b"new", 60, loaded(store, key))
        store.delete(key, stale)
        assert holds(store, key) == b"new"

    def test_delete_of_an_expected_record_that_is_gone_answers_gone(
        self, store: Store, key: str
    ) -> None:
        store.create(key, b"data", 60)
        expected = loaded(store, key)
        store.delete(key)
        assert store.delete(key, expected) is Outcome.GONE

    def test_two_keys_do_not_disturb_each_other(
        self, store: Store, key: str, new_key: MakeKey
    ) -> None:
        other = new_key()
        store.create(key, b"mine", 60)
        store.create(other, b"theirs", 60)
        store.delete(key)
        assert holds(store, other) == b"theirs"
