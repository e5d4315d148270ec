"""Requests that delete their record by the hook of 0.8, to end the session or to renew its id."""

from __future__ import annotations

import secrets
from collections.abc import Callable
from datetime import timedelta
from threading import Thread
from typing import Any

import pytest
from flask import Flask, session
from flask.testing import FlaskClient
from flask_session.base import ServerSideSession
from flask_session.memory import MemorySessionInterface
from flask_session.signals import session_lost
from flask_session_conformance.hearing import heard

from packages.core.tests import moves
from packages.core.tests.counting import Rows, app_with, cookie_of


class AsIn08(MemorySessionInterface):
    """Carries the lines of Flask-Session 0.8, which deleted the record to renew the id."""

    def regenerate(self, session: ServerSideSession) -> None:
        if session:
            self._delete_session(self._get_store_id(session.sid))
            session.sid = self._generate_sid(self.sid_length)
            session.modified = True


def test_an_id_renewed_in_the_way_of_0_8_keeps_the_session() -> None:
    client = app_with(AsIn08).test_client()
    client.get("/count")
    before = cookie_of(client)
    client.get("/renew")
    assert client.get("/").json == {"_permanent": True, "n": 1}
    thief = client.application.test_client()
    thief.set_cookie("session", before)
    assert thief.get("/").json == {"_permanent": True}


class OwnRowsAsIn08(Rows):
    """Brings all its storage, and the lines of 0.8 as well."""

    regenerate = AsIn08.regenerate


def test_so_does_one_whose_storage_is_all_its_own() -> None:
    # The log-in was lost: the record was gone before it could be handed over.
    client = app_with(OwnRowsAsIn08).test_client()
    client.get("/count")
    before = cookie_of(client)
    client.get("/renew")
    assert client.get("/").json == {"_permanent": True, "n": 1}
    interface: Any = client.application.session_interface
    assert (len(interface.rows), cookie_of(client) != before) == (1, True)


def test_storage_of_its_own_deletes_at_once_what_no_request_uses() -> None:
    client = app_with(OwnRowsAsIn08).test_client()
    client.get("/count")
    interface: Any = client.application.session_interface
    (key,) = interface.rows
    interface._delete_session(key)
    assert interface.rows == {}


def test_a_session_that_the_request_deletes_by_the_hook_does_not_come_back() -> None:
    app = app_with(MemorySessionInterface)
    interface: Any = app.session_interface

    @app.get("/end")
    def end() -> str:
        interface._delete_session(interface._get_store_id(session.sid))  # type: ignore[attr-defined]
        session["late"] = 1
        return ""

    client = app.test_client()
    client.get("/count")
    client.get("/end")
    assert client.get("/").json == {"_permanent": True}


def app_that_deletes_by_the_client() -> Flask:
    app = app_with(MemorySessionInterface)
    interface: Any = app.session_interface

    @app.get("/replace/<how>")
    def replace(how: str) -> str:
        current: Any = session
        old = interface._get_store_id(current.sid)
        if "clear" in how:
            session.clear()
        if "assign" in how:
            current.sid = secrets.token_urlsafe(32)
        if "renew" in how:
            current.regenerate()
        interface.store.delete(old)  # as redis.delete(prefix + sid)
        session["user"] = "alice"
        return ""

    return app


def test_a_session_that_is_replaced_by_hand_is_begun() -> None:
    # The log-in was lost: its change belonged to a record that was gone.
    client = app_that_deletes_by_the_client().test_client()
    client.get("/count")
    before = cookie_of(client)
    client.get("/replace/clear-assign")
    assert client.get("/").json == {"_permanent": True, "user": "alice"}
    assert cookie_of(client) != before


@pytest.mark.parametrize("how", ["assign", "renew", "clear-renew", "clear"])
def test_nothing_else_comes_back_that_ended_by_other_means(how: str) -> None:
    client = app_that_deletes_by_the_client().test_client()
    client.get("/count")
    with heard(session_lost) as lost:
        client.get(f"/replace/{how}")
    assert (client.get("/").json, len(lost)) == ({"_permanent": True}, 1)


Between = list[Callable[[FlaskClient], Any]]


@pytest.fixture
def between() -> Between:
    """Hold what happens after the request has loaded its session and before it renews it."""
    return []


@pytest.fixture
def app(between: Between) -> Flask:
    app = app_with(AsIn08)
    interface: Any = app.session_interface

    @app.get("/renew-late")
    def renew_late() -> str:
        session.get("n")
        other = app.test_client()
        other.set_cookie("session", before)
        for act in between:
            act(other)
        interface.regenerate(session)
        return ""

    @app.get("/put")
    def put() -> str:
        session["b"] = 1
        return ""

    @app.get("/move")
    def move() -> str:
        session.regenerate()  # type: ignore[attr-defined]
        return ""

    @app.get("/end")
    def end() -> str:
        interface._delete_session(interface._get_store_id(session.sid))  # type: ignore[attr-defined]
        return ""

    @app.get("/clear")
    def clear() -> str:
        session.clear()
        return ""

    client = app.test_client()
    client.get("/count")
    before = cookie_of(client)
    app.extensions["visitor"] = client
    return app


@pytest.mark.row("C4")
def test_what_another_request_writes_before_is_kept(app: Flask, between: Between) -> None:
    between.append(lambda other: other.get("/put"))
    client = app.extensions["visitor"]
    client.get("/renew-late")
    assert client.get("/").json == {"_permanent": True, "n": 1, "b": 1}


@pytest.mark.row("C1")
def test_a_session_that_ended_under_another_id_meanwhile_stays_ended(
    app: Flask, between: Between
) -> None:
    between.append(lambda other: (other.get("/move"), other.get("/clear")))
    client = app.extensions["visitor"]
    with heard(session_lost) as lost:
        client.get("/renew-late")
    assert (client.get("/").json, len(lost)) == ({"_permanent": True}, 1)


def test_it_ends_also_where_the_app_stores_nothing(app: Flask) -> None:
    interface: Any = app.session_interface
    interface.should_set_storage = lambda app, session: False
    client = app.extensions["visitor"]
    client.get("/end")
    assert interface.store._records == {}


def moving(kind: type[MemorySessionInterface]) -> Any:
    app = moves.app_on(moves.HookedStore(), moves.HookedStore())
    app.session_interface = interface = kind.from_app(app)

    @app.get("/login")
    def login() -> str:
        session["user"] = "alice"
        interface.regenerate(session)  # type: ignore[arg-type]
        return ""

    return app


def test_a_log_in_is_kept_while_sessions_move() -> None:
    # What the deletion left in the new store refused the mark.
    client = moving(AsIn08).test_client()
    client.get("/login")
    assert client.get("/login").status_code == 200
    assert client.get("/").json == {"_permanent": True, "user": "alice"}


def test_what_was_deleted_by_hand_can_be_stored_again_while_sessions_move() -> None:
    # It tried for a minute, on one CPU, until what the deletion had left expired.
    interface = moving(MemorySessionInterface).session_interface
    key = "new:" + "s" * 43
    interface._upsert_session(timedelta(60), {"a": 1}, key)
    interface._delete_session(key)
    again = Thread(target=interface._upsert_session, args=(timedelta(60), {"a": 2}, key))
    again.daemon = True
    again.start()
    again.join(5)
    assert interface._retrieve_session_data(key) == {"a": 2}
