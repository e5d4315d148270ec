"""Sessions on their way from one store to another, and from old formats to ours."""

from __future__ import annotations

import pickle
from collections.abc import Callable
from typing import Any

import msgspec
import pytest
from click.testing import Result
from flask import Flask, session
from flask_session import ConfigurationError, Outcome, Record, Session
from flask_session.memory import MemorySessionInterface, MemoryStore
from flask_session.moving import MAX_ROUNDS, Moved, Route
from flask_session.signals import session_rejected

NOW = 1_764_000_000.0


class HookedStore(MemoryStore):
    """Calls somebody before a verb."""

    def __init__(self) -> None:
        super().__init__()
        self.before: dict[str, Callable[[], Any]] = {}
        self.clock = lambda: NOW

    def _interrupt(self, verb: str) -> None:
        if verb in self.before:
            self.before.pop(verb)()

    def load(self, key: str) -> Record | None:
        self._interrupt("load")
        return super().load(key)

    def create(self, key: str, data: bytes, ttl: int) -> bool:
        self._interrupt("create")
        return super().create(key, data, ttl)

    def delete(self, key: str, expected: Record | None = None) -> Outcome:
        self._interrupt("delete")
        return super().delete(key, expected)


def msgpack_of(user: str) -> bytes:
    return msgspec.msgpack.encode({"user": user})


@pytest.fixture
def old() -> HookedStore:
    return HookedStore()


@pytest.fixture
def new() -> HookedStore:
    return HookedStore()


@pytest.fixture
def route(old: HookedStore, new: HookedStore) -> Route:
    return Route(old, new, "old:", "new:", idle=900)


def app_on(new: MemoryStore, old: MemoryStore | None = None, **config: Any) -> Flask:
    app = Flask("moving")
    app.config.update(SECRET_KEY="key", SESSION_TYPE="memory", SESSION_MEMORY=new, TESTING=True)
    app.config.update(SESSION_USE_SIGNER=False, SESSION_KEY_PREFIX="new:", **config)
    if old is not None:
        app.config["SESSION_MIGRATE_FROM"] = {
            "SESSION_TYPE": "memory",
            "SESSION_MEMORY": old,
            "SESSION_KEY_PREFIX": "old:",
        }
    Session(app)

    @app.get("/")
    def show() -> dict[str, Any]:
        return dict(session)

    @app.get("/logout")
    def logout() -> str:
        session.clear()
        return ""

    return app


def test_a_record_is_moved_with_its_remaining_lifetime(route: Route) -> None:
    route.old.create("old:a", b"data", 120)
    assert route.move("old:a") is Moved.MOVED
    record = route.new.load("new:a")
    assert record is not None
    assert (record.data, record.expires_at) == (b"data", NOW + 120)
    assert route.old.load("old:a") is None


def test_what_the_new_store_has_is_never_overwritten(route: Route) -> None:
    route.old.create("old:a", b"older", 120)
    route.new.create("new:a", b"newer", 120)
    assert route.move("old:a") is Moved.THERE
    record = route.new.load("new:a")
    assert record is not None
    assert record.data == b"newer"
    assert route.old.load("old:a") is None


def test_a_change_in_the_old_store_meanwhile_is_carried_over(
    route: Route, old: HookedStore
) -> None:
    old.create("old:a", b"first", 120)
    old.before["delete"] = lambda: old.update("old:a", b"second", 60, Record(b"first"))
    assert route.move("old:a") is Moved.MOVED
    record = route.new.load("new:a")
    assert record is not None
    assert (record.data, record.expires_at) == (b"second", NOW + 60)


def test_a_record_that_keeps_changing_is_left(route: Route, old: HookedStore) -> None:
    old.create("old:a", b"0", 120)

    def change() -> None:
        record = old.load("old:a")
        assert record is not None
        old.update("old:a", record.data + b"+", 120, record)
        old.before["delete"] = change

    old.before["delete"] = change
    assert route.move("old:a") is Moved.LEFT
    record = old.load("old:a")
    assert record is not None
    assert len(record.data) == MAX_ROUNDS + 1


def test_two_movers_move_once(route: Route, new: HookedStore) -> None:
    route.old.create("old:a", b"data", 120)
    new.before["create"] = lambda: route.move("old:a")
    assert route.move("old:a") in (Moved.THERE, Moved.GONE)
    record = route.new.load("new:a")
    assert record is not None
    assert record.data == b"data"


def test_a_session_moves_at_its_first_look(old: MemoryStore, new: MemoryStore) -> None:
    old.create("old:" + "s" * 43, msgspec.msgpack.encode({"user": "alice"}), 500)
    client = app_on(new, old).test_client()
    client.set_cookie("session", "s" * 43)
    assert client.get("/").json == {"user": "alice"}
    assert old.load("old:" + "s" * 43) is None
    assert client.get("/").json == {"user": "alice"}


def test_a_request_that_another_one_overtakes_finds_the_session_too(
    old: HookedStore, new: HookedStore
) -> None:
    """Visitors of files that moved to Redis were logged out for one request, in the suite."""
    key, data = "s" * 43, msgpack_of("alice")
    old.create("old:" + key, data, 500)
    app = app_on(new, old)
    first, second = app.test_client(), app.test_client()
    first.set_cookie("session", key)
    second.set_cookie("session", key)
    old.before["load"] = lambda: second.get("/")
    assert first.get("/").json == {"user": "alice"}


def test_a_log_out_ends_it_in_both(old: HookedStore, new: HookedStore) -> None:
    data = msgspec.msgpack.encode({"user": "alice"})
    old.create("old:" + "s" * 43, data, 500)
    new.create("new:" + "s" * 43, data, 500)
    client = app_on(new, old).test_client()
    client.set_cookie("session", "s" * 43)
    assert client.get("/logout").status_code == 200
    assert (client.get("/").json, old.load("old:" + "s" * 43)) == ({"_permanent": True}, None)


def test_a_late_mover_cannot_revive_a_log_out(old: HookedStore, new: HookedStore) -> None:
    key, data = "s" * 43, msgspec.msgpack.encode({"user": "alice"})
    old.create("old:" + key, data, 500)
    app = app_on(new, old)
    first, late = app.test_client(), app.test_client()
    first.set_cookie("session", key)
    late.set_cookie("session", key)
    new.before["create"] = lambda: first.get("/logout")
    assert late.get("/").json == {"_permanent": True}
    assert first.get("/").json == {"_permanent": True}


def test_a_wrong_description_is_an_error_at_start(new: MemoryStore) -> None:
    with pytest.raises(ConfigurationError, match="SESSION_MIGRATE_FROM"):
        app_on(new, SESSION_MIGRATE_FROM="redis://localhost")


def run(app: Flask, *arguments: str) -> Result:
    return app.test_cli_runner().invoke(args=["session", "migrate", *arguments])


def filled(store: MemoryStore, number: int) -> None:
    for each in range(number):
        store.create(f"old:{each:043}", msgspec.msgpack.encode({"n": each}), 1000 + each)


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


def test_a_visitor_whose_session_is_too_large_for_the_new_store_starts_anew(
    old: HookedStore, new: HookedStore
) -> None:
    new.max_bytes = 100
    old.create("old:" + "x" * 43, msgpack_of("a" * 100), 100)
    client, seen = app_on(new, old).test_client(), list[str]()

    def note(sender: object, reason: str, **_: Any) -> None:
        seen.append(reason)

    client.set_cookie("session", "x" * 43)
    with session_rejected.connected_to(note):
        assert client.get("/").json == {"_permanent": True}
    assert seen == ["the record is too large for the new store"]


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
    assert "stopped by ConnectionError" in result.output
    assert f"{1:043}" not in result.output
    assert (run(app).exit_code, len(list(new.keys("new:")))) == (0, 3)


@pytest.mark.parametrize("size", ["0", "-1"])
def test_a_batch_has_at_least_one_session(old: HookedStore, new: HookedStore, size: str) -> None:
    filled(old, 1)
    assert run(app_on(new, old), "--batch", size).exit_code == 2


class EndlessStore(HookedStore):
    """Has records without an expiry, as tables of 0.6 had."""

    def limit_endless(self, ttl: int) -> int:
        self.create("old:" + "e" * 43, msgpack_of("alice"), ttl)
        return 1


def test_rows_without_expiry_can_be_given_one_before_they_are_moved(new: HookedStore) -> None:
    result = run(app_on(new, EndlessStore()), "--null-expiry", "1h")
    assert "1 sessions without expiry got one." in result.output
    assert list(new.keys("")) == [("new:" + "e" * 43, NOW + 3600)]


class SilentStore(HookedStore):
    """Does not tell the expiry with the record, as Redis; it can be asked for it."""

    def load(self, key: str) -> Record | None:
        record = super().load(key)
        return None if record is None else Record(record.data)

    def expires_at(self, key: str) -> float | None:
        return self._records[key][1]


def test_a_session_that_moves_at_its_first_look_keeps_its_lifetime(new: HookedStore) -> None:
    old = SilentStore()
    old.create("old:" + "s" * 43, msgpack_of("alice"), 500)
    client = app_on(new, old, SESSION_REFRESH_EACH_REQUEST=False).test_client()
    client.set_cookie("session", "s" * 43)
    assert client.get("/").json == {"user": "alice"}
    assert list(new.keys("")) == [("new:" + "s" * 43, NOW + 500)]


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


def test_an_interface_set_by_hand_moves_sessions_too(new: HookedStore) -> None:
    old = HookedStore()
    old.create("old:" + "s" * 43, msgpack_of("alice"), 500)
    app = app_on(new, old, SESSION_REFRESH_EACH_REQUEST=False)
    app.session_interface = MemorySessionInterface(app, new, "new:", use_signer=False)
    client = app.test_client()
    client.set_cookie("session", "s" * 43)
    assert client.get("/").json == {"user": "alice"}
    assert list(new.keys("")) == [("new:" + "s" * 43, NOW + 500)]


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


def test_pickles_are_no_sessions_if_the_app_says_so(new: HookedStore) -> None:
    new.create("new:" + "p" * 43, pickle.dumps({"user": "alice"}), 77)
    client = app_on(new, SESSION_LEGACY_PICKLE="clear").test_client()
    client.set_cookie("session", "p" * 43)
    assert client.get("/").json == {"_permanent": True}
