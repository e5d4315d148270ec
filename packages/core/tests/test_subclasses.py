"""Subclasses and assignments as public code made them for Flask-Session 0.8."""

from __future__ import annotations

from itertools import count
from types import SimpleNamespace
from typing import Any

import pytest
from flask import Flask, Request, session
from flask.sessions import SessionInterface
from flask.testing import FlaskClient
from flask_login import user_logged_in
from flask_session import Session, SessionClosed, StoreUnavailable
from flask_session.base import ServerSideSession
from flask_session.memory import MemorySessionInterface, MemoryStore
from flask_session.store import Record

from packages.core.tests.apps import app_with, new_app


class OwnCookies(Request):
    """Reads its cookies from elsewhere, as a gateway's request does."""

    @property
    def cookies(self) -> Any:
        return {"session": self.headers["X-Session"]}


def test_a_request_that_reads_cookies_in_its_own_way_is_asked_for_them() -> None:
    app = new_app()
    app.request_class = OwnCookies
    app_with(MemorySessionInterface(app, use_signer=False), app)
    client, headers = app.test_client(use_cookies=False), {"X-Session": "x" * 43}
    sid = client.get("/set/a/1", headers=headers).text
    assert client.get("/", headers={"X-Session": sid}).json == {"_permanent": True, "a": "1"}


def test_a_stand_in_for_a_request_opens_a_session() -> None:
    app = new_app()
    interface: Any = MemorySessionInterface(app, use_signer=False)
    sid = app_with(interface, app).test_client().get("/set/a/1").text
    stand_in = SimpleNamespace(cookies={"session": sid})
    assert dict(interface.open_session(app, stand_in)) == {"_permanent": True, "a": "1"}


def test_a_stand_in_for_a_response_saves_a_session() -> None:
    # In a handler of a WebSocket; 0.8 used its ``vary``, ``set_cookie`` and ``delete_cookie`` only.
    app = new_app()
    interface: Any = MemorySessionInterface(app, use_signer=False)
    app_with(interface, app)
    made = interface.open_session(app, SimpleNamespace(cookies={}))
    made["a"] = 1
    with app.app_context():
        interface.save_session(app, made, SimpleNamespace())
        stand_in = SimpleNamespace(cookies={"session": made.sid})
        again = interface.open_session(app, stand_in)
        assert dict(again) == {"_permanent": True, "a": 1}
        again.clear()
        interface.save_session(app, again, SimpleNamespace())
    assert interface.store._records == {}


class NumberedIds(MemorySessionInterface):
    numbers = count(1)

    def _generate_sid(self, session_id_length: int) -> str:
        return f"visitor:{next(self.numbers)}"


def test_an_id_too_long_for_a_key_of_the_store_is_not_looked_up() -> None:
    # Ids of another form may be longer: with a long prefix they came to more than 250 characters.
    looked_up = []

    class Watching(MemoryStore):
        def load(self, key: str) -> Record | None:
            looked_up.append(len(key))
            return super().load(key)

    app = new_app()
    client = app_with(NumberedIds(app, Watching(), "p" * 120), app).test_client()
    for length in (130, 131):
        client.set_cookie("session", "x" * length)
        client.get("/")
    assert looked_up == [250]


def test_one_that_overrides_only_the_making_of_ids() -> None:
    app = new_app()
    client = app_with(NumberedIds(app), app).test_client()
    assert client.get("/set/a/1").text == "visitor:1"
    assert client.get("/").json == {"_permanent": True, "a": "1"}


class AbsoluteLifetime(MemorySessionInterface):
    """Ends a session an hour after it began, as people built it on open_session."""

    def open_session(self, app: Flask, request: Request) -> ServerSideSession:
        opened = super().open_session(app, request)
        began = opened.setdefault("began", self.clock())
        if self.clock() - began > 3600:
            opened.clear()
            opened["began"] = self.clock()
        return opened


def test_one_with_an_absolute_lifetime_of_its_own() -> None:
    app = new_app()
    interface = AbsoluteLifetime(app)
    now = [1_764_000_000.0]
    interface.clock = lambda: now[0]
    client = app_with(interface, app).test_client()
    client.get("/set/a/1")
    now[0] += 3599
    assert shown(client)["a"] == "1"
    now[0] += 2
    assert "a" not in shown(client)


def shown(client: FlaskClient) -> Any:
    return client.get("/").json


def test_the_attributes_outside_code_reads_are_there() -> None:
    app = new_app(SESSION_TYPE="memory", SESSION_KEY_PREFIX="p:", SESSION_ID_LENGTH=20)
    Session(app)
    interface: Any = app.session_interface
    assert interface.app is app
    assert (interface.key_prefix, interface.permanent, interface.sid_length) == ("p:", True, 20)
    assert interface.session_class(sid="x" * 20).sid == "x" * 20
    assert (interface.has_same_site_capability, interface.ttl) == (True, True)
    assert interface.cleanup_n_requests is None
    assert interface._get_store_id("abc") == "p:abc"
    assert interface.serializer.decode(interface.serializer.encode({"a": 1})) == {"a": 1}


def test_a_throw_away_response_saves_and_raises() -> None:
    """Flask-SocketIO saves with a response that nobody sends."""
    app = new_app(SESSION_TYPE="memory")
    Session(app)
    with app.request_context(app.test_request_context().request.environ):
        session["a"] = 1
        current = session._get_current_object()  # type: ignore[attr-defined]
        app.session_interface.save_session(app, current, app.response_class())
        assert len(list(app.session_interface.store.keys(""))) == 1  # type: ignore[attr-defined]
        app.session_interface.store.update = fail  # type: ignore[attr-defined]
        session["b"] = 2
        with pytest.raises(StoreUnavailable):
            app.session_interface.save_session(app, current, app.response_class())


def fail(*_: Any) -> None:
    raise ConnectionError("down")


def test_regenerate_on_the_interface_renews_the_id() -> None:
    app = new_app()
    interface = MemorySessionInterface(app)
    store = interface.store
    assert isinstance(store, MemoryStore)
    client = app_with(interface, app).test_client()

    @app.get("/login")
    def login() -> str:
        session.clear()
        session["user"] = "bob"
        interface.regenerate(session)  # type: ignore[arg-type]
        return str(session.sid)  # type: ignore[attr-defined]

    old, new = client.get("/set/a/1").text, client.get("/login").text
    assert old != new
    assert client.get("/").json == {"_permanent": True, "user": "bob"}


def test_a_class_that_was_given_a_regenerate_which_calls_the_interface(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    # Each called the other, until the recursion was too deep: 500.
    def regenerate(self: ServerSideSession) -> None:
        self["renewed"] = True
        app.session_interface.regenerate(self)  # type: ignore[attr-defined]

    monkeypatch.setattr(ServerSideSession, "regenerate", regenerate)
    app = new_app()
    client = app_with(MemorySessionInterface(app), app).test_client()

    @app.get("/renew")
    def renew() -> str:
        session.regenerate()  # type: ignore[attr-defined]
        return str(session.sid)  # type: ignore[attr-defined]

    old, new = client.get("/set/a/1").text, client.get("/renew").text
    assert old != new
    assert client.get("/").json == {"_permanent": True, "a": "1", "renewed": True}


def test_a_change_by_who_goes_on_after_the_answer_raises_in_testing() -> None:
    app = new_app()
    app.session_interface = MemorySessionInterface(app)
    with app.test_request_context():
        app.process_response(app.response_class())
        with pytest.raises(SessionClosed):
            session["late"] = 1


class Delegate(SessionInterface):
    """Passes on to another interface, and knows nothing of renewals."""

    def __init__(self, to: SessionInterface) -> None:
        self.open_session = to.open_session  # type: ignore[method-assign]
        self.save_session = to.save_session  # type: ignore[method-assign]


@pytest.mark.row("A5")
def test_a_login_renews_the_id_behind_an_interface_that_passes_on_to_ours() -> None:
    app = new_app()
    client = app_with(MemorySessionInterface(app), app).test_client()
    app.session_interface = Delegate(app.session_interface)
    app.add_url_rule("/login", view_func=lambda: str(user_logged_in.send(app)))
    before = client.get("/set/cart/1").text
    assert client.get("/login").status_code == 200
    assert client.get("/set/cart/2").text != before
