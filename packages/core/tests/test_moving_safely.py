"""Moving and rewriting lose no session and no lifetime, whatever comes in between."""

from __future__ import annotations

import pickle
from collections.abc import Iterator
from typing import Any

import msgspec
import pytest
from flask import Flask
from flask_session import Record
from flask_session.errors import UnreadableRecord
from flask_session.migration.moving import Moved, Route

from packages.core.tests.moves import (
    NOW,
    HookedStore,
    SilentStore,
    app_on,
    filled,
    logged_in,
    msgpack_of,
    run,
)


def interrupt() -> None:
    raise KeyboardInterrupt


def test_an_interrupted_run_under_the_same_prefix_is_completed_by_the_next(
    old: HookedStore, new: HookedStore
) -> None:
    # The one that was in both stores stayed in the old one, at each further run.
    filled(old, 3)
    app = app_on(new, old, SESSION_KEY_PREFIX="old:")
    old.before["delete"] = interrupt
    assert run(app).exit_code == 1
    assert run(app).exit_code == 0
    assert (len(list(old.keys(""))), len(list(new.keys("")))) == (0, 3)


def test_a_change_in_the_new_store_counts_more_than_one_in_the_old(
    old: HookedStore, new: HookedStore
) -> None:
    old.create("old:a", b"first", 120)

    def change_both() -> None:
        old.update("old:a", b"of an old worker", 120, Record(b"first"))
        new.update("new:a", b"of a new worker", 120, Record(b"first"))

    old.before["delete"] = change_both
    assert Route(old, new, "old:", "new:", idle=900).move("old:a") is Moved.MOVED
    assert new.load("new:a") == Record(b"of a new worker", expires_at=NOW + 120)


class Lagging(HookedStore):
    """The app's own store, read by a handle that is behind."""

    def __init__(self, primary: HookedStore) -> None:
        super().__init__()
        self._records = primary._records
        self.behind = dict(primary._records)

    def load(self, key: str) -> Record | None:
        return primary_of(self.behind).load(key)


def primary_of(records: dict[str, Any]) -> HookedStore:
    store = HookedStore()
    store._records = records
    return store


def test_the_only_copy_is_put_back_where_two_stores_turn_out_to_be_one(new: HookedStore) -> None:
    # The marker that tells was not seen through the handle that is behind.
    filled(new, 3)
    app = app_on(new, Lagging(new), SESSION_KEY_PREFIX="old:")
    result = run(app)
    assert (result.exit_code, "nothing was lost" in result.output) == (1, True)
    assert len(list(new.keys("old:"))) == 3


class ListKeeper(HookedStore):
    """Holds something else than records, as Redis may."""

    def load(self, key: str) -> Record | None:
        record = super().load(key)
        if record is not None and record.data == b"list":
            raise UnreadableRecord("the key holds another type than a string")
        return record


@pytest.mark.parametrize("arguments", [("--dry-run",), ()])
def test_what_is_no_record_in_the_new_store_replaces_none(
    old: HookedStore, arguments: tuple[str, ...]
) -> None:
    # The session was deleted from the old store, its only copy.
    new = ListKeeper()
    new.create(f"new:{0:043}", b"list", 100)
    filled(old, 1)
    result = run(app_on(new, old), *arguments)
    assert (result.exit_code, "1 unreadable" in result.output) == (1, True)
    assert len(list(old.keys(""))) == 1


class ListingStore(SilentStore):
    """Tells the expiry in a listing, too."""

    def keys(self, prefix: str) -> Iterator[tuple[str, float | None]]:
        found = [(key, at) for key, (_, at) in self._records.items() if key.startswith(prefix)]
        return iter(found)


def test_a_session_renewed_since_it_was_listed_keeps_its_lifetime(new: HookedStore) -> None:
    # A batch takes a while; its last sessions were given what they had when it began.
    old, key = ListingStore(), "old:" + "s" * 43
    old.create(key, msgpack_of("alice"), 5)
    new.before["delete"] = lambda: old.before.update(load=lambda: old.touch(key, 3600))
    assert run(app_on(new, old)).exit_code == 0
    assert list(new.keys("")) == [("new:" + "s" * 43, NOW + 3600)]


def test_a_session_renewed_since_it_was_listed_is_reencoded_with_its_lifetime() -> None:
    store, key = ListingStore(), "new:" + "s" * 43
    store.create(key, pickle.dumps({"user": "alice"}), 5)
    store.before["load"] = lambda: store.touch(key, 3600)
    assert "1 reencoded" in run(app_on(store), "--reencode").output
    assert list(store.keys("")) == [(key, NOW + 3600)]


@pytest.mark.parametrize("arguments", [("--reencode", "--dry-run"), ("--reencode",)])
def test_what_would_be_too_large_in_the_other_format_stays_as_it_is(
    new: HookedStore, arguments: tuple[str, ...]
) -> None:
    # It was written, and counted as no session from then on.
    key, data = "new:" + "s" * 43, msgspec.msgpack.encode({"image": b"\xff" * 100})
    new.create(key, data, 50)
    new.max_bytes = len(data)
    result = run(app_on(new, SESSION_SERIALIZATION_FORMAT="json"), *arguments)
    assert (result.exit_code, "1 left" in result.output) == (1, True)
    assert new.load(key) == Record(data, expires_at=NOW + 50)


@pytest.mark.parametrize("reencodes", [True, False])
def test_a_session_that_was_logged_out_a_moment_ago_is_no_failure(
    old: HookedStore, new: HookedStore, reencodes: bool
) -> None:
    # It counted as one that cannot be read, and the command exited with 1.
    filled(old, 1)
    logged_in(app_on(new, old)).get("/logout")
    former = {"SESSION_TYPE": "memory", "SESSION_MEMORY": new, "SESSION_KEY_PREFIX": "new:"}
    further = app_on(HookedStore(), SESSION_MIGRATE_FROM=former)
    result = run(app_on(new), "--reencode") if reencodes else run(further)
    assert (result.exit_code, result.output.split()) == (0, ["1", "gone"])


def test_cleaning_up_goes_through_both_stores(old: HookedStore, new: HookedStore) -> None:
    filled(old, 2)
    filled(new, 1)
    app = app_on(new, old)
    old.clock = new.clock = lambda: NOW + 5000
    assert run_cleanup(app) == "3 expired sessions removed.\n"


def test_where_no_store_cleans_up_there_is_nothing_to_do() -> None:
    # It said that 0 were removed.
    app = app_on(SweptStore(), SweptStore())
    assert run_cleanup(app).startswith("Nothing to do")


class SweptStore(HookedStore):
    """Leaves expired records to its database."""

    purge = None  # type: ignore[assignment]


def run_cleanup(app: Flask) -> str:
    return app.test_cli_runner().invoke(args=["session", "cleanup"]).output


def test_a_dry_run_counts_what_would_be_reencoded(new: HookedStore) -> None:
    new.create("new:" + "p" * 43, pickle.dumps({"pair": (1, 2)}), 77)
    result = run(app_on(new), "--reencode", "--dry-run")
    assert (result.exit_code, "1 reencoded" in result.output) == (0, True)
    record = new.load("new:" + "p" * 43)
    assert record is not None
    assert record.data == pickle.dumps({"pair": (1, 2)})


def test_setup_sets_up_the_new_store(old: HookedStore, new: HookedStore) -> None:
    new.setup = lambda: new.create("table", b"", 1)  # type: ignore[assignment,method-assign]
    app_on(new, old).test_cli_runner().invoke(args=["session", "setup"])
    assert "table" in new._records
