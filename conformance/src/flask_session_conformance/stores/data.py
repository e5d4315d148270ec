"""Bytes come back as they were, under exactly the key they were written under."""

from __future__ import annotations

import string

import pytest
from flask_session.store import Outcome, Store

from .base import MakeKey, StoreSuite, first_difference, holds, loaded

SAMPLES = {
    "every byte value": bytes(range(256)) * 5,
    "every byte value backwards": bytes(range(255, -1, -1)),
    "zeros": bytes(1000),
    "nothing": b"",
    "a number": b"123",
    "a line end": b"data\r\nEND\r\nget x\r\n",
    "text of another encoding": "é".encode("latin-1"),
    "a compressed stream's head": b"\x1f\x8b\x08\x00\x78\x9c",
    "a pickle's head": b"\x80\x04\x95.",
    "a hundred kilobytes": bytes(range(256)) * 400,
}
LONGEST_KEY = 250


class DataFacts(StoreSuite):
    """What may be stored, and under which keys."""

    @pytest.mark.parametrize("sample", SAMPLES)
    def test_created_data_comes_back_byte_for_byte(
        self, store: Store, key: str, sample: str
    ) -> None:
        store.create(key, SAMPLES[sample], 60)
        assert first_difference(holds(store, key), SAMPLES[sample]) is None

    @pytest.mark.parametrize("sample", SAMPLES)
    def test_updated_data_comes_back_byte_for_byte(
        self, store: Store, key: str, sample: str
    ) -> None:
        store.create(key, b"old", 60)
        store.update(key, SAMPLES[sample], 60, loaded(store, key))
        assert first_difference(holds(store, key), SAMPLES[sample]) is None

    @pytest.mark.parametrize("sample", SAMPLES)
    def test_data_is_recognised_as_the_expected(self, store: Store, key: str, sample: str) -> None:
        store.create(key, SAMPLES[sample], 60)
        assert store.update(key, b"new", 60, loaded(store, key)) is Outcome.SAVED

    @pytest.mark.parametrize("sample", SAMPLES)
    def test_a_difference_in_the_last_byte_is_a_conflict(
        self, store: Store, key: str, sample: str
    ) -> None:
        store.create(key, SAMPLES[sample] + b"1", 60)
        stale = loaded(store, key)
        store.update(key, SAMPLES[sample] + b"2", 60, stale)
        assert store.delete(key, stale) is Outcome.CONFLICT
        assert store.update(key, b"mine", 60, stale) is Outcome.CONFLICT

    def test_an_empty_record_is_a_record(self, store: Store, key: str) -> None:
        store.create(key, b"", 60)
        assert store.create(key, b"data", 60) is False

    def test_an_empty_record_can_be_deleted_as_expected(self, store: Store, key: str) -> None:
        store.create(key, b"", 60)
        assert store.delete(key, loaded(store, key)) is Outcome.DELETED

    def test_an_empty_record_is_not_what_replaced_it(self, store: Store, key: str) -> None:
        store.create(key, b"", 60)
        empty = loaded(store, key)
        store.update(key, b"theirs", 60, empty)
        assert store.delete(key, empty) is Outcome.CONFLICT
        assert store.update(key, b"mine", 60, empty) is Outcome.CONFLICT

    @pytest.mark.row("B4")
    def test_max_bytes_can_be_created(self, store: Store, key: str) -> None:
        data = b"\xff" * store.max_bytes
        store.create(key, data, 60)
        assert first_difference(holds(store, key), data) is None

    @pytest.mark.row("B4")
    def test_max_bytes_can_be_updated(self, store: Store, key: str) -> None:
        store.create(key, b"\x00" * store.max_bytes, 60)
        data = b"\xff" * store.max_bytes
        assert store.update(key, data, 60, loaded(store, key)) is Outcome.SAVED
        assert first_difference(holds(store, key), data) is None

    @pytest.mark.row("B4")
    def test_max_bytes_fit_under_the_longest_key(self, store: Store, new_key: MakeKey) -> None:
        key = longest(new_key)
        assert store.create(key, b"\xff" * store.max_bytes, 60) is True

    def test_max_bytes_is_a_positive_number(self, store: Store) -> None:
        assert isinstance(store.max_bytes, int)
        assert store.max_bytes > 0

    @pytest.mark.row("A4")
    def test_the_case_of_a_key_matters_to_load(self, store: Store, new_key: MakeKey) -> None:
        store.create(new_key("abcXYZ"), b"data", 60)
        assert store.load(new_key("ABCxyz")) is None

    @pytest.mark.row("A4")
    def test_keys_that_differ_in_case_are_two_records(self, store: Store, new_key: MakeKey) -> None:
        lower, upper = new_key("abc"), new_key("ABC")
        assert [store.create(lower, b"l", 60), store.create(upper, b"u", 60)] == [True, True]
        assert [holds(store, lower), holds(store, upper)] == [b"l", b"u"]

    @pytest.mark.row("A4")
    def test_the_case_of_a_key_matters_to_delete(self, store: Store, new_key: MakeKey) -> None:
        store.create(new_key("abc"), b"data", 60)
        assert store.delete(new_key("ABC")) is Outcome.GONE

    def test_a_key_of_250_bytes_works_with_every_verb(self, store: Store, new_key: MakeKey) -> None:
        key = longest(new_key)
        assert store.create(key, b"old", 60) is True
        assert store.update(key, b"new", 60, loaded(store, key)) is Outcome.SAVED
        assert store.touch(key, 60) is True
        assert store.delete(key) is Outcome.DELETED

    def test_long_keys_that_differ_in_the_last_byte_are_two_records(
        self, store: Store, new_key: MakeKey
    ) -> None:
        first, second = longest(new_key, "a"), longest(new_key, "b")
        store.create(first, b"first", 60)
        assert store.load(second) is None

    @pytest.mark.parametrize("character", sorted(set(string.punctuation)))
    def test_a_key_may_contain(self, store: Store, new_key: MakeKey, character: str) -> None:
        key, other = new_key(f"a{character}b{character}"), new_key("axbx")
        store.create(key, b"data", 60)
        assert holds(store, key) == b"data"
        assert store.load(other) is None


def longest(new_key: MakeKey, last: str = "k") -> str:
    """Make a key of 250 bytes."""
    room = LONGEST_KEY - len(new_key("-")) + 1
    return new_key("k" * (room - 1) + last)
