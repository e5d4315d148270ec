"""Subclasses that override the storage hooks of Flask-Session 0.8, all of them or one."""

from __future__ import annotations

import pickle
import time
from datetime import timedelta
from itertools import count
from typing import Any

import pytest
from flask import Flask, request, session
from flask_session import StoreUnavailable
from flask_session.base import ServerSideSession, ServerSideSessionInterface
from flask_session.memory import MemorySessionInterface
from flask_session.signals import session_rejected
from flask_session_conformance.hearing import heard

from packages.core.tests.apps import Salted, app_with, new_app


class OwnStorage(ServerSideSessionInterface):
    """As CKAN's: positional arguments, three hooks, a client of its own."""

    def __init__(self, app: Flask, prefix: str, signer: bool, permanent: bool) -> None:
        self.kept: dict[str, tuple[bytes, float]] = {}
        self.lifetimes: list[timedelta] = []
        super().__init__(app, prefix, signer, permanent)

    def _retrieve_session_data(self, store_id: str) -> dict[str, Any] | None:
        data, _ = self.kept.get(store_id, (None, 0))
        return None if data is None else self.serializer.decode(data)

    def _upsert_session(
        self, session_lifetime: timedelta, session: ServerSideSession, store_id: str
    ) -> None:
        self.lifetimes.append(session_lifetime)
        expiry = time.time() + session_lifetime.total_seconds()
        self.kept[store_id] = (self.serializer.encode(session), expiry)

    def _delete_session(self, store_id: str) -> None:
        del self.kept[store_id]


def test_one_that_overrides_the_storage_hooks_gets_all_reads_and_writes() -> None:
    app = new_app()
    interface = OwnStorage(app, "own:", False, True)
    client = app_with(interface, app).test_client()
    sid = client.get("/set/a/1").text
    client.get("/set/b/2")
    assert list(interface.kept) == [f"own:{sid}"]
    assert client.get("/").json == {"_permanent": True, "a": "1", "b": "2"}
    assert set(interface.lifetimes) == {timedelta(days=31)}
    client.get("/logout")
    assert interface.kept == {}


def test_the_session_handed_to_the_hook_has_its_id_whatever_the_key() -> None:
    class OwnKeys(OwnStorage):
        def _get_store_id(self, sid: str) -> str:
            return "own:" + sid[::-1]

        def _upsert_session(
            self, session_lifetime: timedelta, session: ServerSideSession, store_id: str
        ) -> None:
            seen.append((session.sid, store_id, type(store_id)))
            super()._upsert_session(session_lifetime, session, store_id)

    app, seen = new_app(), list[Any]()
    client = app_with(OwnKeys(app, "own:", False, True), app).test_client()
    sid = client.get("/set/a/1").text
    client.get("/set/b/2")
    assert seen == [(sid, "own:" + sid[::-1], str)] * 2


def test_its_store_says_that_it_is_not_atomic() -> None:
    assert OwnStorage(new_app(), "own:", False, True).store.atomic is False


def test_a_failure_of_its_client_is_a_503() -> None:
    class Broken(OwnStorage):
        def _retrieve_session_data(self, store_id: str) -> dict[str, Any] | None:
            raise ConnectionError("down")

    app = new_app()
    client = app_with(Broken(app, "own:", False, True), app).test_client()
    client.set_cookie("session", "x" * 43)
    assert client.get("/").status_code == StoreUnavailable.code


def test_one_that_overrides_nothing_and_has_no_store_is_refused() -> None:
    with pytest.raises(TypeError, match="_retrieve_session_data"):
        ServerSideSessionInterface(new_app())


class Audited(MemorySessionInterface):
    """Overrides one hook around the backend's own, and counts."""

    deleted = 0

    def _delete_session(self, store_id: str) -> None:
        type(self).deleted += 1
        super()._delete_session(store_id)


def test_one_that_extends_a_single_hook_of_a_backend() -> None:
    app = new_app()
    client = app_with(Audited(app), app).test_client()
    client.get("/set/a/1")
    assert client.get("/").json == {"_permanent": True, "a": "1"}
    client.get("/logout")
    assert Audited.deleted == 1


def test_what_own_storage_answers_and_no_record_can_hold_is_no_session() -> None:
    class Anything(OwnStorage):
        def _retrieve_session_data(self, store_id: str) -> dict[str, Any] | None:
            return {"number": 1j}

    app = new_app(SESSION_USE_SIGNER=False)
    client = app_with(Anything(app, "own:", False, True), app).test_client()
    client.set_cookie("session", "p" * 43)
    with heard(session_rejected) as rejected:
        assert client.get("/").json == {"_permanent": True}
    assert len(rejected) == 1


def test_own_storage_reads_no_pickles_if_the_app_says_so() -> None:
    app = new_app(SESSION_USE_SIGNER=False, SESSION_LEGACY_PICKLE="clear")
    interface = OwnStorage(app, "own:", False, True)
    interface.kept["own:" + "p" * 43] = (pickle.dumps({"user": "alice"}), 0)
    client = app_with(interface, app).test_client()
    client.set_cookie("session", "p" * 43)
    assert client.get("/").json == {"_permanent": True}


def test_one_with_its_own_storage_and_bytes_that_differ_each_time() -> None:
    class Encrypting(OwnStorage):
        serializer = Salted()

        def _retrieve_session_data(self, store_id: str) -> dict[str, Any] | None:
            data, _ = self.kept.get(store_id, (None, 0))
            return None if data is None else self.serializer.loads(data)

        def _upsert_session(
            self, session_lifetime: timedelta, session: ServerSideSession, store_id: str
        ) -> None:
            self.kept[store_id] = (self.serializer.dumps(dict(session)), 0)

    app = new_app(SESSION_TOUCH_INTERVAL=0)
    client = app_with(Encrypting(app, "own:", False, True), app).test_client()
    client.get("/set/a/1")
    assert client.get("/set/b/2").status_code == 200
    assert "Set-Cookie" in client.get("/").headers
    assert client.get("/").json == {"_permanent": True, "a": "1", "b": "2"}
    client.get("/logout")
    assert client.get("/").json == {"_permanent": True}


class Choosy(OwnStorage):
    """Stores sessions of members only, and looks who it is."""

    def _upsert_session(
        self, session_lifetime: timedelta, session: ServerSideSession, store_id: str
    ) -> None:
        if session["user"]:
            super()._upsert_session(session_lifetime, session, store_id)


@pytest.mark.row("A5")
def test_a_renewed_id_opens_nothing_whatever_the_hook_stores() -> None:
    # The mark was handed to the hook, which failed or did not store it: the old id stayed open.
    app = new_app(SESSION_USE_SIGNER=False)
    app.session_interface = interface = Choosy(app, "own:", False, True)
    app.add_url_rule("/renew", view_func=lambda: session.regenerate() or session.sid)  # type: ignore[attr-defined]
    client = app_with(interface, app).test_client()
    old = client.get("/set/user/alice").text
    new = client.get("/renew").text
    assert list(interface.kept) == [f"own:{new}"]
    assert new != old
    assert client.get("/").json == {"_permanent": True, "user": "alice"}


def test_a_hook_that_answers_something_else_each_time_can_be_written_to() -> None:
    class Stamping(OwnStorage):
        def _retrieve_session_data(self, store_id: str) -> dict[str, Any] | None:
            found = super()._retrieve_session_data(store_id)
            return None if found is None else {**found, "seen": next(numbers)}

    app, numbers = new_app(), count()
    interface = Stamping(app, "own:", False, True)
    client = app_with(interface, app).test_client()
    client.get("/set/a/1")
    assert client.get("/set/b/2").status_code == 200
    assert client.get("/logout").status_code == 200
    assert interface.kept == {}


def overlapping(first: str, second: str) -> tuple[int, Any, OwnStorage]:
    """Request ``first``, and ``second`` while it has looked; answer how it ended, and what is kept.

    The session has an item beforehand.
    """
    app = new_app()
    interface = OwnStorage(app, "own:", False, True)
    client = app_with(interface, app).test_client()
    app.add_url_rule("/remove", view_func=lambda: session.pop("a"))

    @app.before_request
    def let_another_pass() -> None:
        if "waits" in request.args:
            session.get("a")
            client.get(second)

    client.get("/set/a/1")
    status = client.get(first, query_string="waits").status_code
    return status, client.get("/").json, interface


def test_two_requests_at_once_lose_no_change_in_own_storage() -> None:
    status, items, _ = overlapping("/set/b/2", "/set/c/3")
    assert (status, items) == (200, {"_permanent": True, "a": "1", "b": "2", "c": "3"})


def test_a_touch_stores_once_more_what_is_there_in_own_storage() -> None:
    interface = OwnStorage(new_app(), "own:", False, True)
    assert interface.store.create("own:k", interface.serializer.encode({"a": 1}), 500)
    assert interface.store.touch("own:k", 900)
    assert interface.lifetimes == [timedelta(seconds=500), timedelta(seconds=900)]
    assert not interface.store.touch("own:other", 900)


@pytest.mark.parametrize("first", ["/set/b/2", "/logout"])
def test_a_log_out_meanwhile_is_not_undone_in_own_storage(first: str) -> None:
    status, items, interface = overlapping(first, "/logout")
    assert (status, items, interface.kept) == (200, {"_permanent": True}, {})


def test_who_removes_the_last_item_keeps_what_another_request_adds_in_own_storage() -> None:
    status, items, _ = overlapping("/remove", "/set/c/3")
    assert (status, items) == (200, {"_permanent": True, "c": "3"})


def test_a_log_out_ends_what_another_request_changes_in_own_storage() -> None:
    status, _, interface = overlapping("/logout", "/set/c/3")
    assert (status, interface.kept) == (200, {})
