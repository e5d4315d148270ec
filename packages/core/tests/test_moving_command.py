"""``flask session migrate``, ``--reencode`` and ``setup``."""

from __future__ import annotations

import pickle
from collections.abc import Iterator
from typing import Any

import msgspec
import pytest
from flask_session import Record

from packages.core.tests.moves import (
    NOW,
    EndlessStore,
    HookedStore,
    app_on,
    filled,
    logged_in,
    msgpack_of,
    run,
)


def test_the_command_moves_everything(old: HookedStore, new: HookedStore) -> None:
    filled(old, 25)
    result = run(app_on(new, old), "--batch", "10")
    assert (result.exit_code, "25 moved" in result.output) == (0, True)
    expected = {(f"new:{each:043}", NOW + 1000 + each) for each in range(25)}
    assert set(new.keys("new:")) == expected
    assert list(old.keys("old:")) == []


def test_a_dry_run_writes_nothing(old: HookedStore, new: HookedStore) -> None:
    filled(old, 3)
    result = run(app_on(new, old), "--dry-run")
    assert (result.exit_code, "3 moved" in result.output) == (0, True)
    assert (len(list(old.keys(""))), len(list(new.keys("")))) == (3, 0)


def test_an_interrupted_run_is_completed_by_the_next(old: HookedStore, new: HookedStore) -> None:
    filled(old, 5)

    def kill() -> None:
        raise KeyboardInterrupt

    old.before["delete"] = kill
    app = app_on(new, old)
    assert run(app).exit_code != 0
    assert run(app).exit_code == 0
    assert (len(list(old.keys(""))), len(list(new.keys("")))) == (0, 5)


def test_unreadable_records_stay_are_counted_and_named_by_no_id(
    old: HookedStore, new: HookedStore
) -> None:
    filled(old, 2)
    old.create("old:" + "x" * 43, b"\xc1 garbage", 100)
    result = run(app_on(new, old))
    assert (result.exit_code, "1 unreadable" in result.output) == (1, True)
    assert "x" * 43 not in result.output
    assert old.load("old:" + "x" * 43) is not None


def test_what_is_too_large_for_the_new_store_is_left_and_named(
    old: HookedStore, new: HookedStore
) -> None:
    filled(old, 2)
    new.max_bytes = 100
    old.create("old:" + "x" * 43, msgpack_of("a" * 100), 100)
    for arguments in (["--dry-run"], []):
        result = run(app_on(new, old), *arguments)
        assert (result.exit_code, "1 left" in result.output) == (1, True)
        assert ("2 moved" in result.output, "x" * 43 in result.output) == (True, False)
    assert [key for key, _ in old.keys("old:")] == ["old:" + "x" * 43]


def test_a_store_that_fails_stops_the_command_which_can_be_run_again(
    old: HookedStore, new: HookedStore
) -> None:
    filled(old, 3)

    def fail() -> None:
        raise ConnectionError(f"no answer for old:{1:043}")

    old.before["delete"] = fail
    app = app_on(new, old)
    result = run(app)
    assert (result.exit_code, type(result.exception)) == (1, SystemExit)
    assert "the store failed (ConnectionError)" in result.output
    assert f"{1:043}" not in result.output
    assert (run(app).exit_code, len(list(new.keys("new:")))) == (0, 3)


def test_the_error_that_stops_the_command_tells_which_store_it_is_of(
    old: HookedStore, new: HookedStore
) -> None:
    class ServerError(Exception):
        pass

    ServerError.__module__ = "database.errors"

    def fail() -> None:
        raise ServerError

    filled(old, 1)
    old.errors, old.before["load"] = (ServerError,), fail
    output = run(app_on(new, old)).output
    assert "(database.errors." in output
    assert "'flask session setup' says more" in output


def test_a_lifetime_that_is_too_long_is_refused_with_the_limit(new: HookedStore) -> None:
    assert "from 1s to 400d" in run(app_on(new), "--null-expiry", "500d").output


@pytest.mark.parametrize("size", ["0", "-1"])
def test_a_batch_has_at_least_one_session(old: HookedStore, new: HookedStore, size: str) -> None:
    filled(old, 1)
    assert run(app_on(new, old), "--batch", size).exit_code == 2


def test_rows_without_expiry_can_be_given_one_before_they_are_moved(new: HookedStore) -> None:
    result = run(app_on(new, EndlessStore()), "--null-expiry", "1h")
    assert "1 sessions without expiry got one." in result.output
    assert list(new.keys("")) == [("new:" + "e" * 43, NOW + 3600)]


@pytest.mark.parametrize("span", ["1s", "400d"])
def test_the_shortest_and_the_longest_lifetime_can_be_given(span: str) -> None:
    assert run(app_on(EndlessStore()), "--null-expiry", span).exit_code == 0


def test_null_expiry_alone_rewrites_no_session() -> None:
    # Workers of 0.4 and 0.5 overwrite what they cannot read with an empty session.
    store, key = EndlessStore(), "old:" + "p" * 43
    store.create(key, pickle.dumps({"user": "alice"}), 77)
    result = run(app_on(store), "--null-expiry", "1h")
    assert (result.exit_code, result.output) == (0, "1 sessions without expiry got one.\n")
    assert store.load(key).data == pickle.dumps({"user": "alice"})  # type: ignore[union-attr]


def test_reencoding_turns_pickles_into_our_format_in_place(new: HookedStore) -> None:
    new.create("new:" + "p" * 43, pickle.dumps({"pair": (1, 2)}), 77)
    new.create("new:" + "q" * 43, msgspec.msgpack.encode({"n": 1}), 77)
    result = run(app_on(new), "--reencode")
    assert result.exit_code == 0
    assert "1 reencoded" in result.output
    assert "1 unchanged" in result.output
    record = new.load("new:" + "p" * 43)
    assert record is not None
    assert (record.data[:1], record.expires_at) == (b"\x81", NOW + 77)


def test_a_listing_that_finds_nothing_says_so(new: HookedStore) -> None:
    result = run(app_on(new), "--reencode")
    assert (result.exit_code, result.output) == (0, "There are no sessions under this prefix.\n")


def test_setup_says_that_the_store_is_away() -> None:
    class Away(HookedStore):
        errors: tuple[type[Exception], ...] = (OSError,)

        def load(self, key: str) -> Record | None:
            raise OSError("refused")

    runner = app_on(Away()).test_cli_runner()
    result = runner.invoke(args=["session", "setup"])
    assert (result.exit_code, "ready" in result.output) == (1, False)


def test_setup_says_that_the_store_is_ready(new: HookedStore) -> None:
    result = app_on(new).test_cli_runner().invoke(args=["session", "setup"])
    assert (result.exit_code, result.output) == (0, "The store is ready.\n")


def test_without_a_former_store_the_command_says_what_to_do(new: HookedStore) -> None:
    result = run(app_on(new))
    assert (result.exit_code, "SESSION_MIGRATE_FROM" in result.output) == (2, True)


@pytest.mark.parametrize("value", ["31", "0d", "401d", "forever"])
def test_a_wrong_lifetime_is_a_usage_error(new: HookedStore, value: str) -> None:
    assert "such as 90s" in run(app_on(new), "--reencode", "--null-expiry", value).output


def test_a_store_whose_records_all_expire_refuses_null_expiry(new: HookedStore) -> None:
    result = run(app_on(new), "--reencode", "--null-expiry", "31d")
    assert (result.exit_code, "every record" in result.output) == (1, True)


def test_sessions_are_not_moved_to_where_they_are(old: HookedStore) -> None:
    # Each of them was found there already, and then deleted as the old one.
    filled(old, 3)
    app = app_on(old, old, SESSION_KEY_PREFIX="old:")
    result = run(app)
    assert (result.exit_code, "SESSION_MIGRATE_FROM" in result.output) == (1, True)
    assert len(list(old.keys(""))) == 3
    assert logged_in(app).get("/").json == {"n": 0}


@pytest.mark.parametrize("prefix", ["old:new:", "old:x"])
def test_under_a_longer_prefix_of_the_same_store_they_move_once(
    old: HookedStore, prefix: str
) -> None:
    filled(old, 3)
    app = app_on(old, old, SESSION_KEY_PREFIX=prefix)
    for _ in range(2):
        assert run(app).exit_code == 0
        assert {key for key, _ in old.keys("")} == {f"{prefix}{each:043}" for each in range(3)}


@pytest.mark.parametrize("arguments", [(), ("--reencode",)])
def test_what_else_an_app_keeps_under_the_prefix_stays_as_it_is(
    old: HookedStore, new: HookedStore, arguments: tuple[str, ...]
) -> None:
    source = new if arguments else old
    source.create("product:1", msgpack_of("not a session"), 100)
    former = {"SESSION_TYPE": "memory", "SESSION_MEMORY": old, "SESSION_KEY_PREFIX": ""}
    settings: dict[str, Any] = {"SESSION_KEY_PREFIX": "", "SESSION_SERIALIZATION_FORMAT": "json"}
    app = app_on(new, SESSION_MIGRATE_FROM=former, **settings)
    assert run(app, *arguments).exit_code == 0
    assert source.load("product:1") == Record(msgpack_of("not a session"), expires_at=NOW + 100)


def test_a_request_does_not_lose_a_session_that_is_where_it_should_go(old: HookedStore) -> None:
    # Found in the "new" store while it was moved, it was deleted from the "old" one: its only copy.
    app, key = app_on(old, old, SESSION_KEY_PREFIX="old:"), f"old:{0:043}"
    arrives = lambda: filled(old, 1)  # noqa: E731 - between the looks into the two stores
    old.before["load"] = lambda: old.before.update(load=arrives)
    assert logged_in(app).get("/").json == {"n": 0}
    assert old.load(key) is not None


def test_what_is_no_terminal_gets_the_result_alone(old: HookedStore, new: HookedStore) -> None:
    filled(old, 2)
    assert run(app_on(new, old)).output.split() == ["2", "moved"]


def test_only_a_complete_listing_finds_no_sessions(new: HookedStore) -> None:
    class Away(HookedStore):
        def keys(self, prefix: str) -> Iterator[tuple[str, float | None]]:
            raise OSError("refused")

    output = run(app_on(new, Away())).output
    assert ("failed (OSError)" in output, "no sessions" in output) == (True, False)
