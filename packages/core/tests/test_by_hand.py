"""Subclasses that open a session by hand, and session classes of their own."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from flask import Flask, Response, session
from flask.testing import FlaskClient
from flask_session.base import ServerSideSession
from flask_session.memory import MemorySessionInterface, MemoryStore

from packages.core.tests.counting import app_with, cookie_of
from packages.core.tests.moves import NOW
from packages.core.tests.opening import ByHand, SignedByHand, SometimesByHand


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
    client.get("/count")
    former = cookie_of(client)
    client.get("/renew")
    renewed = cookie_of(client)
    assert renewed != former
    client.set_cookie("session", former)
    assert client.get("/count").text == "1"
    client.set_cookie("session", renewed)
    assert client.get("/count").text == "3"


def test_an_unchanged_session_opened_by_hand_is_not_written(
    by_hand: tuple[FlaskClient, Any],
) -> None:
    client, interface = by_hand
    client.get("/count")
    interface.store.update = interface.store.create = None
    assert client.get("/").status_code == 200


@pytest.mark.parametrize("method", ["pop", "clear"])
def test_what_is_removed_from_a_session_opened_by_hand_stays_removed(
    by_hand: tuple[FlaskClient, Any], method: str
) -> None:
    client, interface = by_hand
    app: Flask = interface.app

    @app.get("/remove")
    def remove() -> str:
        session.clear() if method == "clear" else session.pop("n")
        session["rest"] = 1
        return ""

    client.get("/count")
    client.get("/remove")
    assert client.get("/").json == {"_permanent": True, "rest": 1}


def remember_alice(client: FlaskClient, interface: Any) -> None:
    """Log in for 90 days, at ``NOW``, where the clock stays."""
    app: Flask = interface.app

    @app.get("/remember")
    def remember() -> str:
        session.update(user="alice", n=0)
        session.lifetime = timedelta(days=90)  # type: ignore[attr-defined]
        return ""

    interface.clock = lambda: NOW
    client.get("/remember")


def test_a_session_opened_by_hand_can_have_a_lifetime_of_its_own(
    by_hand: tuple[FlaskClient, Any],
) -> None:
    client, interface = by_hand
    remember_alice(client, interface)
    client.get("/count")
    assert [expiry for _, expiry in interface.store.keys("")] == [NOW + 90 * 86400]


def test_a_log_in_by_hand_has_the_lifetime_of_the_app_again(
    by_hand: tuple[FlaskClient, Any],
) -> None:
    client, interface = by_hand
    app: Flask = interface.app

    @app.get("/login")
    def log_in() -> str:
        session.clear()
        session["user"] = "bob"
        return ""

    remember_alice(client, interface)
    client.get("/login")
    assert [expiry for _, expiry in interface.store.keys("")] == [NOW + 31 * 86400]


def test_a_store_that_fails_under_a_session_opened_by_hand_is_a_503(
    by_hand: tuple[FlaskClient, Any],
) -> None:
    client, interface = by_hand

    def fail(*_: Any) -> None:
        raise ConnectionError("down")

    interface.store.create = fail
    assert client.get("/count").status_code == 503


def test_what_follows_a_log_out_by_hand_is_opened_by_the_cookie_it_gets() -> None:
    app = app_with(SometimesByHand)

    @app.get("/again")
    def log_in_again() -> str:
        session.clear()
        of_the_context: Any = session._get_current_object()  # type: ignore[attr-defined]
        app.session_interface.save_session(app, of_the_context, app.response_class())
        session["user"] = "bob"
        return ""

    client = app.test_client()
    client.get("/count?by_hand=1")
    client.get("/again?by_hand=1")
    assert client.get("/").json == {"_permanent": True, "user": "bob"}


def test_what_is_changed_by_hand_is_opened_by_the_cookie_it_has() -> None:
    client = app_with(SometimesByHand).test_client()
    for query, number in (("by_hand", "1"), ("by_hand", "2"), ("", "3")):
        assert client.get("/count", query_string=query).text == number


@pytest.mark.row("C5b")
def test_nothing_of_alice_gets_into_a_session_that_bob_opened_by_hand() -> None:
    app = app_with(SometimesByHand, use_signer=False)
    client = app.test_client()

    @app.get("/bob")
    def log_in() -> str:
        session.clear()
        session["user"] = "bob"
        return ""

    @app.get("/slow")
    def change_slowly() -> str:
        session.get("n")
        client.get("/bob?by_hand=1")
        session["private"] = "of alice"
        return ""

    client.get("/count")
    client.get("/slow")
    assert client.get("/").json == {"_permanent": True, "user": "bob"}


def test_an_interface_made_without_its_app_renews_ids(by_hand: tuple[FlaskClient, Any]) -> None:
    client, interface = by_hand
    client.get("/count")
    former, interface.app = cookie_of(client), None
    client.get("/renew")
    assert cookie_of(client) != former


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
