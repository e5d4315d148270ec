"""Hooks of Flask-Session 0.8 that subclasses override: signing, cleaning up, opening by hand.

What each test expects is what Flask-Session 0.8.0 does with the same subclass.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from flask import Flask
from flask_session.base import ServerSideSession
from flask_session.memory import MemorySessionInterface
from itsdangerous import BadSignature, Signer

from packages.core.tests.counting import Rows, app_with, cookie_of


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


def test_outside_code_that_signs_is_told_that_there_is_no_key() -> None:
    app = Flask("hooks")
    with pytest.raises(KeyError, match="SECRET_KEY"):
        MemorySessionInterface(app)._sign(app, "s" * 43)


def test_a_hook_that_goes_on_to_one_of_ours_is_told_that_there_is_no_store() -> None:
    with pytest.raises(TypeError, match="OwnTable has no store"):
        super(Rows, OwnTable(Flask("hooks")))._retrieve_session_data("session:" + "s" * 43)


def test_what_outside_code_stores_is_stored_though_the_former_record_expires_meanwhile() -> None:
    interface = MemorySessionInterface(Flask("hooks"))
    create, tries = interface.store.create, list[str]()

    def expire_after_the_first_try(key: str, data: bytes, ttl: int) -> bool:
        tries.append(key)
        return len(tries) > 1 and create(key, data, ttl)

    interface.store.create = expire_after_the_first_try  # type: ignore[method-assign]
    interface._upsert_session(timedelta(hours=1), ServerSideSession({"a": 1}), "session:key")
    assert interface._retrieve_session_data("session:key") == {"a": 1}


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


@pytest.mark.parametrize(
    ("kind", "said"), [(Sweeper, "only the app knows"), (Rows, "Nothing to do")]
)
def test_the_command_says_who_cleans_up(kind: Any, said: str) -> None:
    assert said in app_with(kind).test_cli_runner().invoke(args=["session", "cleanup"]).output


def test_only_the_last_of_several_interfaces_cleans_up() -> None:
    app = app_with(OwnTable, cleanup_n_requests=1)
    first: Any = app.session_interface
    app.session_interface = last = OwnTable(app, cleanup_n_requests=1)
    app.test_client().get("/")
    assert (first.sweeps, last.sweeps) == (0, 1)


def test_the_old_command_says_nothing() -> None:
    assert app_with(Sweeper).test_cli_runner().invoke(args=["session_cleanup"]).output == ""


class OwnTable(Rows):
    """Brings all its storage, as for a database without expiry."""

    ttl = False
    sweeps = 0

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


def test_the_keys_of_own_storage_may_begin_with_anything() -> None:
    app = app_with(Rows, key_prefix="sessión of ")
    client = app.test_client()
    assert [client.get("/count").text for _ in range(2)] == ["1", "2"]
    assert [key[:11] for key in app.session_interface.rows] == ["sessión of "]  # type: ignore[attr-defined]
