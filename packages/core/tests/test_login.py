"""With Flask-Login: what is a login, and what gets a new id by it."""

from __future__ import annotations

import time
from threading import Barrier
from typing import Any

import flask_login
import pytest
from flask import Flask, Request, request, session
from flask.testing import FlaskClient
from flask_session.base import ServerSideSession
from flask_session.memory import MemorySessionInterface
from flask_session.signals import session_lost
from flask_session_conformance.hearing import heard
from flask_session_conformance.threads import together
from werkzeug.test import EnvironBuilder

from packages.core.tests.counting import app_with, cookie_of

# Flask-Login 0.6.3 calls utcnow() for the cookie that remembers.
pytestmark = pytest.mark.filterwarnings("ignore:datetime.datetime.utcnow:DeprecationWarning")


class Member(flask_login.UserMixin):  # type: ignore[misc]
    id = "alice"


def with_logins(app: Flask) -> Flask:
    manager = flask_login.LoginManager(app)
    manager.user_loader(lambda name: Member())

    @app.get("/login")
    def login() -> str:
        flask_login.login_user(Member(), remember=True)
        return ""

    @app.get("/who")
    def who() -> str:
        return str(flask_login.current_user.get_id())

    @app.get("/fresh")
    def fresh() -> str:
        flask_login.confirm_login()
        flask_login.login_user(Member())
        return ""

    return app


@pytest.fixture
def app() -> Flask:
    return with_logins(app_with(MemorySessionInterface))


def remembered(app: Flask) -> FlaskClient:
    """Answer a browser that was closed: it has the cookie that remembers, and no session."""
    client = app.test_client()
    client.get("/login")
    client.delete_cookie("session")
    return client


@pytest.mark.row("A5")
@pytest.mark.parametrize("protection", [None, "basic", "strong"])
def test_a_login_by_the_cookie_that_remembers_renews_the_id(app: Flask, protection: Any) -> None:
    app.login_manager.session_protection = protection  # type: ignore[attr-defined]
    attacker, victim = app.test_client(), remembered(app)
    attacker.get("/count")
    victim.set_cookie("session", cookie_of(attacker))
    assert victim.get("/who").text == "alice"
    assert attacker.get("/who").text == "None"
    assert victim.get("/").json["n"] == 1  # type: ignore[index]


def test_who_is_logged_in_already_keeps_the_id(app: Flask) -> None:
    client = app.test_client()
    client.get("/login")
    sid = cookie_of(client).partition(".")[0]
    client.get("/login")
    assert cookie_of(client).partition(".")[0] == sid


@pytest.mark.row("A5")
def test_a_login_that_makes_a_remembered_one_fresh_renews_the_id(app: Flask) -> None:
    client = remembered(app)
    client.get("/who")
    thief = app.test_client()
    thief.set_cookie("session", cookie_of(client))
    client.get("/login")
    assert thief.get("/who").text == "None"


@pytest.mark.row("C5")
def test_apps_that_log_in_in_each_request_lose_no_change(app: Flask) -> None:
    meeting = Barrier(2)

    @app.before_request
    def log_in() -> None:
        flask_login.login_user(Member())

    @app.get("/put/<key>")
    def put(key: str) -> str:
        session[key] = 1
        meeting.wait(5)
        return ""

    first = app.test_client()
    first.get("/who")

    def request(key: str) -> None:
        client = app.test_client()
        client.set_cookie("session", cookie_of(first))
        client.get(f"/put/{key}")

    together([lambda: request("a"), lambda: request("b")])
    assert {"a", "b"} <= set(first.get("/").json or ())


@pytest.mark.row("C4")
@pytest.mark.parametrize("upgrade", [{}, {"Sec-WebSocket-Key": "x"}], ids=["socketio", "sock"])
def test_a_login_that_no_answer_tells_of_keeps_the_id(app: Flask, upgrade: dict[str, str]) -> None:
    # In a handler of a WebSocket the session was moved to an id that nobody got to know.
    client = app.test_client()
    client.get("/count")
    headers = {"Cookie": f"session={cookie_of(client)}"}
    headers.update(upgrade)
    with app.request_context(EnvironBuilder("/", headers=headers.items()).get_environ()):
        if not upgrade:
            request.namespace = "/chat"  # type: ignore[attr-defined]
        flask_login.login_user(Member())
        app.session_interface.save_session(app, session, app.response_class())
    assert (client.get("/who").text, client.get("/count").text) == ("alice", "2")


def test_a_session_that_no_answer_tells_of_is_not_begun(app: Flask) -> None:
    # Each event of a socket that was open at the log-out left a record that nobody could reach.
    with app.request_context(EnvironBuilder("/").get_environ()), heard(session_lost) as lost:
        request.namespace = "/chat"  # type: ignore[attr-defined]
        session["seen"] = True
        app.session_interface.save_session(app, session, app.response_class())
    assert (app.session_interface.store._records, len(lost)) == ({}, 1)  # type: ignore[attr-defined]


@pytest.mark.parametrize("headers", [{}, {"Upgrade": "websocket"}], ids=["namespace", "upgrade"])
def test_an_app_may_have_a_namespace_and_a_proxy_that_says_upgrade(
    app: Flask, headers: dict[str, str]
) -> None:
    @app.before_request
    def choose_a_tenant() -> None:
        request.namespace = "tenant"  # type: ignore[attr-defined]

    client = app.test_client()
    assert [client.get("/count", headers=headers).text for _ in range(2)] == ["1", "2"]


@pytest.mark.row("A5")
def test_a_login_that_is_confirmed_renews_the_id(app: Flask) -> None:
    @app.get("/confirm")
    def confirm() -> str:
        flask_login.confirm_login()
        return ""

    client = remembered(app)
    client.get("/who")
    before = cookie_of(client)
    client.get("/confirm")
    assert cookie_of(client).partition(".")[0] != before.partition(".")[0]


@pytest.mark.row("C4")
def test_a_request_that_a_login_overtook_does_not_log_out(app: Flask) -> None:
    # It carried the old cookie, flashed "please log in", and got a cookie for that.
    client, late = app.test_client(), app.test_client()
    client.get("/count")
    late.set_cookie("session", cookie_of(client))
    client.get("/login")
    with heard(session_lost) as lost:
        answer = late.get("/count")
    assert (answer.text, answer.headers.getlist("Set-Cookie")) == ("1", [])
    assert len(lost) == 1


@pytest.mark.row("C4")
def test_a_request_that_a_login_overtook_does_not_log_in_by_what_remembers(app: Flask) -> None:
    # A page and its script set out together; the script's second session replaced the page's.
    page = remembered(app)
    page.get("/count")
    script = app.test_client()
    for name in ("session", "remember_token"):
        script.set_cookie(name, page.get_cookie(name).value)  # type: ignore[union-attr]
    page.get("/who")
    answer = script.get("/who")
    assert answer.text == "alice"
    assert not [each for each in answer.headers.getlist("Set-Cookie") if "session=" in each]


@pytest.mark.row("A5")
def test_a_receiver_that_looks_while_the_session_is_opened_logs_nobody_in(app: Flask) -> None:
    # The login went into the session that was found, under the id that an attacker knows.
    attacker, victim = app.test_client(), remembered(app)
    attacker.get("/count")
    victim.set_cookie("session", cookie_of(attacker))
    store, load = app.session_interface.store, app.session_interface.store.load  # type: ignore[attr-defined]

    def look_and_load(key: str) -> Any:
        flask_login.current_user.get_id()  # as a filter of the driver's log does
        return load(key)

    store.load = look_and_load
    assert victim.get("/count").status_code == 200
    del store.load
    assert attacker.get("/who").text == "None"


@pytest.mark.row("C4")
@pytest.mark.parametrize(("seconds", "path"), [(6, "/count"), (0, "/login")])
def test_who_never_got_the_new_cookie_can_go_on(app: Flask, seconds: int, path: str) -> None:
    client, other = app.test_client(), app.test_client()
    client.get("/count")
    other.set_cookie("session", cookie_of(client))
    client.get("/login")
    app.session_interface.clock = lambda: time.time() + seconds  # type: ignore[attr-defined]
    answer = other.get(path)
    assert [each for each in answer.headers.getlist("Set-Cookie") if each.startswith("session=")]
    other.delete_cookie("remember_token")
    assert other.get("/who").text == ("alice" if path == "/login" else "None")


class SometimesByHand(MemorySessionInterface):
    def open_session(self, app: Flask, request: Request) -> ServerSideSession:
        if "by_hand" in request.args:
            return self.session_class(sid="x" * 43, permanent=True)
        return super().open_session(app, request)


def test_who_logs_in_with_a_session_made_by_hand_gets_a_new_id() -> None:
    app = with_logins(app_with(SometimesByHand))
    client = app.test_client()
    assert client.get("/login?by_hand=1").status_code == 200
    assert client.get("/who").text == "alice"
    assert "x" * 43 not in cookie_of(client)
