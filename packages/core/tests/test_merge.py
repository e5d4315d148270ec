"""The three-way merge, key by key."""

from __future__ import annotations

from flask_session.lifecycle.merge import Changes, merge
from msgspec import Raw

ONE, TWO, THREE = Raw(b"\x01"), Raw(b"\x02"), Raw(b"\x03")
LOADED = {"a": ONE, "b": ONE}


def changes(values: dict[str, Raw], *deleted: str, cleared: bool = False) -> Changes:
    return Changes(values, frozenset(deleted), cleared)


def test_changes_of_different_keys_both_stay() -> None:
    assert merge(LOADED, {"a": ONE, "b": TWO}, changes({"a": THREE})) == {"a": THREE, "b": TWO}


def test_of_two_changes_of_one_key_the_later_stays() -> None:
    assert merge(LOADED, {"a": TWO, "b": ONE}, changes({"a": THREE}))["a"] == THREE


def test_a_key_that_both_added_is_ours() -> None:
    assert merge(LOADED, {**LOADED, "c": TWO}, changes({"c": THREE}))["c"] == THREE


def test_what_they_deleted_stays_deleted_though_we_changed_it() -> None:
    assert merge(LOADED, {"b": ONE}, changes({"a": THREE})) == {"b": ONE}


def test_what_we_deleted_stays_deleted_though_they_changed_it() -> None:
    assert merge(LOADED, {"a": TWO, "b": ONE}, changes({}, "a")) == {"b": ONE}


def test_nothing_of_theirs_survives_a_clear() -> None:
    assert merge(LOADED, {"c": TWO}, changes({"d": ONE}, cleared=True)) == {"d": ONE}
