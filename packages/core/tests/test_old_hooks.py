"""Hooks of Flask-Session 0.8 that subclasses override: signing, cleaning up, opening by hand.

What each test expects is what Flask-Session 0.8.0 does with the same subclass.
"""

from __future__ import annotations

from contextlib import suppress
from datetime import timedelta
from typing import Any

import pytest
from flask import Flask, Request, Response, session
from flask.testing import FlaskClient
from flask_session.base import ServerSideSession, ServerSideSessionInterface
from flask_session.memory import MemorySessionInterface, MemoryStore
from itsdangerous import BadSignature, Signer


def app_with(kind: type[ServerSideSessionInterface], **arguments: Any) -> Flask:
    """Make an app as people did that assign ``session_interface`` without ``Session(app)``."""
    app = Flask("hooks")
    app.config.update(SECRET_KEY="key", TESTING=True)
    app.session_interface = kind(app, **arguments)

    @app.get("/count")
    def count() -> str:
        session["n"] = session.get("n", 0) + 1
        return str(session["n"])

    @app.get("/")
    def show() -> dict[str, Any]:
        return dict(session)

    @app.get("/logout")
    def logout() -> str:
        session.clear()
        return ""

    @app.get("/renew")
    def renew() -> str:
        app.session_interface.regenerate(session)  # type: ignore[attr-defined]
        return ""

    return app


def cookie_of(client: FlaskClient) -> str:
    cookie = client.get_cookie("session")
    assert cookie is not None
    return cookie.value


class Reversed(MemorySessionInterface):
    """Signs on top of 0.8's own signature."""

    def _sign(self, app: Flask, sid: str) -> str:
        return super()._sign(app, sid)[::-1]

    def _unsign(self, app: Flask, sid: str) -> str:
        return super()._unsign(app, sid[::-1])


class OtherKey(MemorySessionInterface):
    """Signs with a key that is not SECRET_KEY."""

    def _get_signer(self, app: Flask) -> Signer:
        return Signer("another key", salt="another salt")


def test_the_cookie_is_what_an_own_sign_makes_of_it() -> None:
    client = app_with(Reversed, use_signer=True).test_client()
    client.get("/count")
    sid = Signer("key", salt="flask-session", key_derivation="hmac").unsign(cookie_of(client)[::-1])
    assert len(sid) == 43
    assert client.get("/count").text == "2"


def test_the_cookie_is_signed_with_the_signer_of_the_subclass() -> None:
    client = app_with(OtherKey, use_signer=True).test_client()
    client.get("/count")
    assert len(Signer("another key", salt="another salt").unsign(cookie_of(client))) == 43
    assert client.get("/count").text == "2"


def test_a_signer_of_its_own_needs_no_secret_key() -> None:
    app = Flask("hooks")
    assert OtherKey(app, use_signer=True).use_signer is True


@pytest.mark.parametrize("kind", [Reversed, OtherKey])
def test_a_cookie_that_an_own_signer_does_not_accept_opens_nothing(kind: Any) -> None:
    app = app_with(kind, use_signer=True)
    client = app.test_client()
    client.get("/count")
    accepted = cookie_of(client)
    sid = app.session_interface._unsign(app, accepted)  # type: ignore[attr-defined]
    ordinary = Signer("key", salt="flask-session", key_derivation="hmac").sign(sid).decode()
    for forged in (sid, ordinary, accepted + "x", f"é{accepted}"):
        client.set_cookie("session", forged)
        assert client.get("/").json == {"_permanent": True}, forged


def test_an_own_signer_is_not_asked_where_the_signer_is_off() -> None:
    client = app_with(Reversed, use_signer=False).test_client()
    client.get("/count")
    assert len(cookie_of(client)) == 43


@pytest.mark.parametrize("mode", [None, True, "0.8"])
def test_outside_code_can_take_a_cookie_apart_and_make_one(mode: Any) -> None:
    app = app_with(MemorySessionInterface, use_signer=mode)
    interface: Any = app.session_interface
    client = app.test_client()
    client.get("/count")
    sid = interface._unsign(app, cookie_of(client))
    assert interface.store.load(f"session:{sid}") is not None
    client.set_cookie("session", interface._sign(app, sid))
    assert client.get("/count").text == "2"
    with pytest.raises(BadSignature):
        interface._unsign(app, sid + ".forged")


class Sweeper(MemorySessionInterface):
    """Cleans up in its own way."""

    ttl = False
    sweeps = 0

    def _delete_expired_sessions(self) -> None:
        self.sweeps += 1
        super()._delete_expired_sessions()


@pytest.mark.parametrize("command", [["session_cleanup"], ["session", "cleanup"]])
def test_the_commands_clean_up_in_the_way_of_the_subclass(command: list[str]) -> None:
    app = app_with(Sweeper)
    interface: Any = app.session_interface
    interface.store.create("session:old", b"data", 1)
    interface.clock = lambda: 4e9
    result = app.test_cli_runner().invoke(args=command)
    assert (result.exit_code, interface.sweeps, interface.store._records) == (0, 1, {})


def test_the_old_command_says_nothing() -> None:
    assert app_with(Sweeper).test_cli_runner().invoke(args=["session_cleanup"]).output == ""


class OwnTable(ServerSideSessionInterface):
    """Brings all its storage, as for a database without expiry."""

    ttl = False

    def __init__(self, *arguments: Any, **named: Any) -> None:
        self.rows: dict[str, dict[str, Any]] = {}
        self.sweeps = 0
        super().__init__(*arguments, **named)

    def _retrieve_session_data(self, store_id: str) -> dict[str, Any] | None:
        return self.rows.get(store_id)

    def _upsert_session(
        self, session_lifetime: timedelta, session: ServerSideSession, store_id: str
    ) -> None:
        self.rows[store_id] = dict(session)

    def _delete_session(self, store_id: str) -> None:
        del self.rows[store_id]

    def _delete_expired_sessions(self) -> None:
        self.sweeps += 1


def test_one_request_in_n_cleans_up_in_the_way_of_the_subclass() -> None:
    app = app_with(OwnTable, cleanup_n_requests=1)
    client = app.test_client()
    for _ in range(3):
        client.get("/")
    assert app.session_interface.sweeps == 3  # type: ignore[attr-defined]


def test_what_own_storage_keeps_stays_signed_and_counted() -> None:
    app = app_with(OwnTable)
    client = app.test_client()
    client.get("/count")
    client.get("/count")
    (row,) = app.session_interface.rows.values()  # type: ignore[attr-defined]
    assert (row["n"], row["_fs"]["s"]) == (2, True)


class ByHand(MemorySessionInterface):
    """Opens sessions by itself, also for an id in a header, as apps for API clients did."""

    def open_session(self, app: Flask, request: Request) -> ServerSideSession:
        sid = request.headers.get("X-Session") or request.cookies.get("session")
        data = self._retrieve_session_data(self._get_store_id(sid)) if sid else None
        if data is not None:
            return self.session_class(data, sid=sid)
        return self.session_class(sid=self._generate_sid(self.sid_length), permanent=self.permanent)


class SignedByHand(ByHand):
    """Reads a signed cookie by itself."""

    def open_session(self, app: Flask, request: Request) -> ServerSideSession:
        request.cookies = dict(request.cookies)  # type: ignore[assignment]
        with suppress(KeyError, BadSignature):
            request.cookies["session"] = self._unsign(app, request.cookies["session"])  # type: ignore[index]
        return super().open_session(app, request)


@pytest.fixture(params=["unset", "off", "on"])
def by_hand(request: pytest.FixtureRequest) -> tuple[FlaskClient, Any]:
    """Provide a browser at an app that opens sessions by itself, and the app's interface."""
    mode = {"unset": None, "off": False, "on": True}[request.param]
    app = app_with(SignedByHand if mode else ByHand, use_signer=mode)
    return app.test_client(), app.session_interface


def test_a_session_opened_by_hand_is_saved_under_its_id(by_hand: tuple[FlaskClient, Any]) -> None:
    client, interface = by_hand
    assert [client.get("/count").text for _ in range(3)] == ["1", "2", "3"]
    assert client.get("/").json == {"_permanent": True, "n": 3}
    sid = cookie_of(client).partition(".")[0]
    assert list(interface.store._records) == [f"session:{sid}"]
    other = interface.app.test_client()
    assert other.get("/count", headers={"X-Session": sid}).text == "4"


def test_a_session_opened_by_hand_is_deleted_when_it_is_emptied(
    by_hand: tuple[FlaskClient, Any],
) -> None:
    client, interface = by_hand
    client.get("/count")
    client.get("/logout")
    assert (interface.store._records, client.get_cookie("session")) == ({}, None)


def test_a_session_opened_by_hand_can_get_a_new_id(by_hand: tuple[FlaskClient, Any]) -> None:
    client, _ = by_hand
    client.get("/count")
    former = cookie_of(client)
    client.get("/renew")
    renewed = cookie_of(client)
    assert renewed != former
    client.set_cookie("session", former)
    assert client.get("/count").text == "1"
    client.set_cookie("session", renewed)
    assert client.get("/count").text == "2"


def test_an_unchanged_session_opened_by_hand_is_not_written(
    by_hand: tuple[FlaskClient, Any],
) -> None:
    client, interface = by_hand
    client.get("/count")
    interface.store.update = interface.store.create = None
    assert client.get("/").status_code == 200


def test_a_store_that_fails_under_a_session_opened_by_hand_is_a_503(
    by_hand: tuple[FlaskClient, Any],
) -> None:
    client, interface = by_hand

    def fail(*_: Any) -> None:
        raise ConnectionError("down")

    interface.store.create = fail
    assert client.get("/count").status_code == 503


class AllByHand(ByHand):
    """Saves by itself, too."""

    def save_session(  # type: ignore[override]
        self, app: Flask, session: ServerSideSession, response: Response
    ) -> None:
        store_id = self._get_store_id(session.sid)
        if session:
            self._upsert_session(app.permanent_session_lifetime, session, store_id)
            response.set_cookie("session", session.sid)
        elif session.modified:
            self._delete_session(store_id)
            response.delete_cookie("session")


def test_one_that_opens_and_saves_by_itself_works_as_it_did() -> None:
    app = app_with(AllByHand)
    client = app.test_client()
    assert [client.get("/count").text for _ in range(3)] == ["1", "2", "3"]
    client.get("/logout")
    assert client.get_cookie("session") is None


class Spoken(ServerSideSession):
    """Gives every session a language when it is made."""

    def __init__(
        self,
        initial: dict[str, Any] | None = None,
        sid: str | None = None,
        permanent: bool | None = None,
    ) -> None:
        super().__init__(initial, sid, permanent)
        self.setdefault("language", "en")


def test_what_the_constructor_of_a_session_class_sets_is_a_default() -> None:
    class Speaking(MemorySessionInterface):
        session_class = Spoken

    app = app_with(Speaking)
    client = app.test_client()
    assert client.get("/").json == {"_permanent": True, "language": "en"}
    with client.session_transaction() as stored:
        stored["language"] = "fr"
    assert client.get("/count").text == "1"
    assert client.get("/").json == {"_permanent": True, "language": "fr", "n": 1}
    assert isinstance(app.session_interface.store, MemoryStore)  # type: ignore[attr-defined]
