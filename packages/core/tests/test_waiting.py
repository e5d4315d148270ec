"""What is made while a store waits for its server is what would be made afterwards."""

from __future__ import annotations

from collections.abc import Callable
from email.utils import parsedate_to_datetime
from typing import Any

import pytest
from flask import Flask, session
from flask.testing import FlaskClient
from flask_session.interface import ServerSideSessionInterface
from flask_session.memory import MemoryStore
from flask_session.store import Outcome, Record
from flask_session.waiting import offering, while_waiting
from flask_session.web.cookies import CookieCodec
from werkzeug.test import TestResponse

NOW = 1_800_000_000.0


class Slow(MemoryStore):
    """Waits as a store with a server does; ``first`` is done once, before the first answer."""

    def __init__(self, first: Callable[[], Any] = lambda: None) -> None:
        super().__init__()
        self.clock = lambda: NOW
        self.first = first
        self.log: list[str] = []

    def _wait(self) -> Any:
        self.log.append("sent")
        while_waiting()
        self.log.append("answered")
        first, self.first = self.first, lambda: None
        return first()

    def create(self, key: str, data: bytes, ttl: int) -> bool:
        return self._wait() is None and super().create(key, data, ttl)

    def update(self, key: str, data: bytes, ttl: int, expected: Record) -> Outcome:
        self._wait()
        return super().update(key, data, ttl, expected)

    def delete(self, key: str, expected: Record | None = None) -> Outcome:
        self._wait()
        return super().delete(key, expected)


def app_on(store: MemoryStore, kind: type[ServerSideSessionInterface] | None = None) -> Flask:
    app = Flask(__name__)
    app.config.update(SECRET_KEY="key", TESTING=True)
    app.session_interface = (kind or ServerSideSessionInterface)(app, store=store)

    @app.get("/set/<int:number>")
    def change(number: int) -> str:
        session["number"] = number
        return "ok"

    @app.get("/lifetime/<int:seconds>")
    def shorten(seconds: int) -> str:
        session.lifetime = seconds  # type: ignore[attr-defined]
        return "ok"

    @app.get("/number")
    def number() -> str:
        return str(session.get("number"))

    @app.get("/clear")
    def clear() -> str:
        session.clear()
        return "ok"

    return app


def cookie_of(answer: TestResponse) -> str:
    (cookie,) = answer.headers.getlist("Set-Cookie")
    return cookie


def test_the_cookie_is_made_between_a_command_and_its_answer() -> None:
    store = Slow()

    class Telling(ServerSideSessionInterface):
        def get_cookie_domain(self, app: Flask) -> str | None:
            store.log.append("cookie")
            return super().get_cookie_domain(app)

    client = app_on(store, Telling).test_client()
    client.get("/set/1")
    client.get("/set/2")
    assert store.log == ["sent", "cookie", "answered"] * 2


def test_nothing_is_signed_for_a_session_that_is_being_deleted(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    written: list[str] = []
    write = CookieCodec.write

    def noted(codec: CookieCodec, sid: str, now: float) -> str:
        written.append(sid)
        return write(codec, sid, now)

    monkeypatch.setattr(CookieCodec, "write", noted)
    client = app_on(Slow()).test_client()
    client.get("/set/1")
    assert len(written) == 1
    assert "Max-Age=0" in cookie_of(client.get("/clear"))
    assert len(written) == 1


@pytest.mark.parametrize("path", ["/set/2", "/clear", "/lifetime/60"])
def test_the_answer_is_that_of_a_store_that_does_not_wait(path: str) -> None:
    quick = MemoryStore()
    quick.clock = lambda: NOW
    answers = []
    for store in (quick, Slow()):
        client = app_on(store).test_client()
        client.get("/set/1")
        answers.append(client.get(path))
    headers = [
        [
            (name, value.partition(";")[2] if name == "Set-Cookie" else value)
            for name, value in found
        ]
        for found in (answer.headers for answer in answers)
    ]
    assert headers[0] == headers[1]


def test_a_save_that_fails_sends_nothing_of_it() -> None:
    def fail() -> None:
        raise ConnectionError

    store = Slow()
    client = app_on(store).test_client()
    client.get("/set/1")
    store.first = fail
    answer = client.get("/set/2")
    assert answer.status_code == 503
    assert "Set-Cookie" not in answer.headers
    assert answer.headers["Cache-Control"] == "no-store"
    assert answer.headers["Vary"] == "Cookie"


def test_an_id_that_was_taken_is_not_sent() -> None:
    client = app_on(Slow(lambda: "taken")).test_client()
    client.get("/set/7")
    assert client.get("/number").text == "7"


def test_a_lifetime_that_somebody_else_set_meanwhile_counts() -> None:
    store = Slow()
    app = app_on(store)
    client, other = app.test_client(), app.test_client()
    client.get("/set/1")
    share_cookie(client, other)
    store.first = lambda: other.get("/lifetime/60")
    expires = cookie_of(client.get("/set/2")).partition("Expires=")[2].partition(";")[0]
    assert parsedate_to_datetime(expires).timestamp() == NOW + 60
    assert other.get("/number").text == "2"


def share_cookie(one: FlaskClient, other: FlaskClient) -> None:
    cookie = one.get_cookie("session")
    assert cookie is not None
    other.set_cookie("session", cookie.value)


@pytest.mark.parametrize("store", [MemoryStore(), Slow()], ids=["quick", "slow"])
def test_the_error_of_a_hook_is_raised_after_saving(store: MemoryStore) -> None:
    class Wrong(ServerSideSessionInterface):
        def get_cookie_domain(self, app: Flask) -> str | None:
            raise OSError("not the store's")

    client = app_on(store, Wrong).test_client()
    with pytest.raises(OSError, match="not the store's"):
        client.get("/set/1")
    assert list(store.keys("session:"))


def test_work_is_done_once_and_only_within() -> None:
    done: list[str] = []

    def wait_twice() -> str:
        while_waiting()
        while_waiting()
        return "answer"

    assert offering(lambda: done.append("work"), wait_twice) == "answer"
    assert done == ["work"]
    offering(lambda: done.append("late"), lambda: None)
    while_waiting()
    assert done == ["work"]


def test_work_inside_of_work_is_that_of_the_inner_call() -> None:
    done: list[str] = []

    def inner() -> None:
        offering(lambda: done.append("inner"), while_waiting)
        while_waiting()

    offering(lambda: done.append("outer"), inner)
    assert done == ["inner", "outer"]
