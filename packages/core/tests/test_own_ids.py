"""Ids and signatures of an app's own making, in a cookie and back."""

from __future__ import annotations

import json
from itertools import count
from typing import Any

import pytest
from flask import Flask, Request
from flask_session.base import ServerSideSession
from flask_session.memory import MemorySessionInterface
from itsdangerous import BadSignature

from packages.core.tests.counting import app_with


def counted(app: Flask, times: int = 3) -> list[str]:
    client = app.test_client()
    return [client.get("/count").text for _ in range(times)]


@pytest.mark.parametrize("start", ["a,b", "a;b", 'a"b', "a\\b", "{a}", "x" * 230])
def test_ids_that_a_cookie_has_to_escape_come_back(start: str) -> None:
    # Each request began a new session, without a word.
    class Own(MemorySessionInterface):
        numbers = count()

        def _generate_sid(self, session_id_length: int) -> str:
            return f"{start}{next(self.numbers)}"

    assert counted(app_with(Own, use_signer=False)) == ["1", "2", "3"]


@pytest.mark.parametrize("sid", ["a b", "é", "x" * 243])
def test_an_id_of_which_no_key_can_be_made_is_an_error(sid: str) -> None:
    class Own(MemorySessionInterface):
        def _generate_sid(self, session_id_length: int) -> str:
            return sid

    app = app_with(Own)
    app.testing = True
    with pytest.raises(ValueError, match="_generate_sid: not a session id"):
        app.test_client().get("/count")


def test_an_interface_may_be_given_a_function_that_makes_ids() -> None:
    app, numbers = app_with(MemorySessionInterface), count()
    app.session_interface._generate_sid = lambda length: f"user:{next(numbers)}"  # type: ignore[attr-defined]
    assert counted(app) == ["1", "2", "3"]


class Written(MemorySessionInterface):
    """Signs as it likes, in JSON and at length."""

    def _sign(self, app: Flask, sid: str) -> str:
        return json.dumps({"sid": sid, "signature": "x" * 700})

    def _unsign(self, app: Flask, sid: str) -> str:
        try:
            return str(json.loads(sid)["sid"])
        except ValueError:
            raise BadSignature("not ours") from None


def test_a_signed_id_of_any_form_comes_back() -> None:
    assert counted(app_with(Written, use_signer=True)) == ["1", "2", "3"]


class Asked(MemorySessionInterface):
    """Takes the id from the address, as apps for API clients did."""

    def open_session(self, app: Flask, request: Request) -> ServerSideSession:
        return self.session_class(sid=request.args["sid"], permanent=True)


def test_an_id_sets_no_attribute_of_the_cookie() -> None:
    # Whoever can have somebody follow a link chose the domain of his cookie.
    client = app_with(Asked, use_signer=False).test_client()
    answer = client.get("/count", query_string={"sid": "abc; Domain=.example.com"})
    value, *attributes = answer.headers["Set-Cookie"].split("; ")
    assert value == r'session="abc\073 Domain=.example.com"'
    assert not [each for each in attributes if each.startswith("Domain")]


def test_what_reads_a_cookie_by_hand_gets_the_id() -> None:
    class Own(MemorySessionInterface):
        def open_session(self, app: Flask, request: Request) -> Any:
            sid = request.cookies.get("session", "a;b")
            data = self._retrieve_session_data(self._get_store_id(sid))
            return self.session_class(data or {}, sid=sid, permanent=True)

    assert counted(app_with(Own, use_signer=False)) == ["1", "2", "3"]
