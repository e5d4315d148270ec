"""Sessions on their way from one store to another, and from old formats to ours."""

from __future__ import annotations

import pickle
from datetime import timedelta
from typing import Any, ClassVar

import msgspec
import pytest
from flask import session
from flask_session import ConfigurationError, Record
from flask_session.base import ServerSideSession
from flask_session.memory import MemorySessionInterface, MemoryStore
from flask_session.migration.moving import MAX_ROUNDS, Moved, MovingStore, Route
from flask_session.signals import session_rejected

from packages.core.tests.counting import Rows, cookie_of
from packages.core.tests.moves import NOW, HookedStore, SilentStore, app_on, msgpack_of


@pytest.fixture
def route(old: HookedStore, new: HookedStore) -> Route:
    return Route(old, new, "old:", "new:", idle=900)


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


def test_what_a_moving_store_is_told_reaches_the_stores(route: Route, new: HookedStore) -> None:
    moving, closed = MovingStore(route), list[int]()
    assert moving.create("new:k", msgpack_of("alice"), 500)
    moving.clock = lambda: NOW + 100
    assert moving.touch("new:k", 500)
    assert (new.load("new:k").expires_at, route.old.clock()) == (NOW + 600, NOW + 100)  # type: ignore[union-attr]
    route.old.close = route.new.close = lambda: closed.append(1)  # type: ignore[method-assign]
    moving.close()
    assert closed == [1, 1]


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


def test_a_log_out_that_the_old_store_refuses_is_none(old: HookedStore, new: HookedStore) -> None:
    # It was answered 200 the second time, and the session came back a minute later.
    old.errors = (OSError,)
    old.create("old:" + "s" * 43, msgpack_of("alice"), 500)
    client = app_on(new, old).test_client()
    client.set_cookie("session", "s" * 43)
    for path in ("/", "/logout", "/logout"):
        old.before["delete"] = fail
        assert client.get(path).status_code == 503
    old.before.clear()
    assert client.get("/").json == {"user": "alice"}
    assert client.get("/logout").status_code == 200
    new.clock = lambda: NOW + 61
    assert client.get("/").json == {"_permanent": True}


def fail() -> None:
    raise OSError("this store is read only")


def test_the_hooks_of_0_8_reach_both_stores(old: HookedStore, new: HookedStore) -> None:
    for sid in ("a" * 43, "b" * 43):
        old.create("old:" + sid, msgpack_of("alice"), 500)
    interface: Any = app_on(new, old).session_interface
    assert interface._retrieve_session_data("new:" + "a" * 43) == {"user": "alice"}
    interface._delete_session("new:" + "b" * 43)
    assert [key for key, _ in old.keys("")] == []


def test_a_session_ended_by_the_hook_while_it_moves_stays_ended(
    old: HookedStore, new: HookedStore
) -> None:
    # Whoever was about to move it created it again.
    old.create("old:" + "s" * 43, msgpack_of("alice"), 500)
    app = app_on(new, old)
    interface: Any = app.session_interface
    client = app.test_client()
    client.set_cookie("session", "s" * 43)
    new.before["create"] = lambda: interface._delete_session("new:" + "s" * 43)
    client.get("/")
    assert client.get("/").json == {"_permanent": True}


class Hidden(Rows):
    """Keeps sessions under keys that hide the id, and notes the ids."""

    sids: ClassVar[list[str]] = []

    def _get_store_id(self, sid: str) -> str:
        return self.key_prefix + sid[::-1]

    def _upsert_session(
        self, session_lifetime: timedelta, session: ServerSideSession, store_id: str
    ) -> None:
        super()._upsert_session(session_lifetime, session, store_id)
        self.sids.append(session.sid)


def test_hooks_are_told_the_id_while_sessions_move(old: HookedStore) -> None:
    app = app_on(MemoryStore(), old)
    app.session_interface = Hidden(app)
    app.add_url_rule("/set", view_func=lambda: session.update(a=1) or "")
    client = app.test_client()
    client.get("/set")
    assert Hidden.sids == [cookie_of(client).partition(".")[0]]


def test_a_wrong_description_is_an_error_at_start(new: MemoryStore) -> None:
    with pytest.raises(ConfigurationError, match="SESSION_MIGRATE_FROM"):
        app_on(new, SESSION_MIGRATE_FROM="redis://localhost")


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


def test_a_session_that_moves_at_its_first_look_keeps_its_lifetime(new: HookedStore) -> None:
    old = SilentStore()
    old.create("old:" + "s" * 43, msgpack_of("alice"), 500)
    client = app_on(new, old, SESSION_REFRESH_EACH_REQUEST=False).test_client()
    client.set_cookie("session", "s" * 43)
    assert client.get("/").json == {"user": "alice"}
    assert list(new.keys("")) == [("new:" + "s" * 43, NOW + 500)]


def test_an_interface_set_by_hand_moves_sessions_too(new: HookedStore) -> None:
    old = HookedStore()
    old.create("old:" + "s" * 43, msgpack_of("alice"), 500)
    app = app_on(new, old, SESSION_REFRESH_EACH_REQUEST=False)
    app.session_interface = MemorySessionInterface(app, new, "new:", use_signer=False)
    client = app.test_client()
    client.set_cookie("session", "s" * 43)
    assert client.get("/").json == {"user": "alice"}
    assert list(new.keys("")) == [("new:" + "s" * 43, NOW + 500)]


def test_pickles_are_no_sessions_if_the_app_says_so(new: HookedStore) -> None:
    new.create("new:" + "p" * 43, pickle.dumps({"user": "alice"}), 77)
    client = app_on(new, SESSION_LEGACY_PICKLE="clear").test_client()
    client.set_cookie("session", "p" * 43)
    assert client.get("/").json == {"_permanent": True}
