"""A failed save is the answer where there is one, and an exception for whoever saves otherwise."""

from __future__ import annotations

import time
from _thread import start_new_thread
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from functools import wraps
from typing import Any

import pytest
from flask import Flask, Request, Response, copy_current_request_context, request, session
from flask.sessions import SessionInterface
from flask_session import StoreUnavailable
from flask_session.interface import ServerSideSessionInterface
from flask_session.memory import MemoryStore

from packages.core.tests.counting import cookie_of


class Full(MemoryStore):
    """Takes no new records."""

    errors = (OSError,)

    def create(self, key: str, data: bytes, ttl: int) -> bool:
        raise OSError("no space left")


def app_with(kind: type[ServerSideSessionInterface] = ServerSideSessionInterface) -> Flask:
    app = Flask(__name__)
    app.config.update(SECRET_KEY="key")
    app.session_interface = kind(app, store=Full())

    @app.get("/")
    def change() -> str:
        session["number"] = 1
        return "ok"

    return app


class Delegate(SessionInterface):
    """Passes on to another interface, as one does that keeps some sessions elsewhere."""

    def __init__(self, to: Any) -> None:
        self.to = to

    def open_session(self, app: Flask, request: Request) -> Any:
        return self.to.open_session(app, request)

    def save_session(self, app: Flask, session: Any, response: Response) -> None:
        self.to.save_session(app, session, response)


def traced(function: Callable[..., Any]) -> Callable[..., Any]:
    @wraps(function)
    def trace(*arguments: Any) -> Any:
        return function(*arguments)

    return trace


class Traced(ServerSideSessionInterface):
    @traced
    def save_session(self, *arguments: Any) -> None:
        super().save_session(*arguments)


def test_flask_answers_the_failure() -> None:
    assert app_with().test_client().get("/").status_code == 503


def test_it_does_with_an_override_and_a_decorator_in_between() -> None:
    assert app_with(Traced).test_client().get("/").status_code == 503


def test_it_does_with_an_interface_that_passes_on_to_ours() -> None:
    app = app_with()
    app.session_interface = Delegate(app.session_interface)
    assert app.test_client().get("/").status_code == 503


def test_it_does_where_process_response_is_overridden() -> None:
    class Site(Flask):
        def process_response(self, response: Response) -> Response:
            return super().process_response(response)

    app = app_with()
    app.__class__ = Site
    assert app.test_client().get("/").status_code == 503


def test_a_response_processed_by_hand_becomes_the_failure() -> None:
    app = app_with()
    with app.test_request_context():
        session["number"] = 1
        answer = app.process_response(app.response_class())
    assert answer.status_code == 503


def test_saving_for_a_response_that_nobody_sends_raises() -> None:
    """As Flask-SocketIO does after each event, with the session of the request's context."""
    app = app_with()
    with app.test_request_context():
        session["number"] = 1
        of_the_context: Any = session._get_current_object()  # type: ignore[attr-defined]
        with pytest.raises(StoreUnavailable):
            app.session_interface.save_session(app, of_the_context, app.response_class())


def test_a_transaction_raises_even_while_flask_makes_an_answer() -> None:
    app = app_with()
    seen: list[str] = []

    @app.after_request
    def use_a_client(response: Response) -> Response:
        session.clear()
        try:
            with app.test_client().session_transaction() as other:
                other["number"] = 2
        except StoreUnavailable:
            seen.append("raised")
        return response

    assert app.test_client().get("/").status_code == 200
    assert seen == ["raised"]


def test_a_session_saved_in_a_view_is_saved_once_more_with_its_later_changes() -> None:
    app = Flask(__name__)
    app.config.update(SECRET_KEY="key", TESTING=True)
    app.session_interface = ServerSideSessionInterface(app, store=MemoryStore())

    @app.get("/")
    def save_in_between() -> str:
        session["number"] = 1
        of_the_context: Any = session._get_current_object()  # type: ignore[attr-defined]
        app.session_interface.save_session(app, of_the_context, app.response_class())
        session["number"] = 2
        return "ok"

    client = app.test_client()
    assert client.get("/").status_code == 200
    with client.session_transaction() as stored:
        assert stored["number"] == 2


def test_what_follows_a_log_out_that_was_saved_in_a_view_is_a_new_session() -> None:
    app = Flask(__name__)
    app.config.update(SECRET_KEY="key", TESTING=True, SESSION_ABSOLUTE_LIFETIME=100)
    app.permanent_session_lifetime = timedelta(seconds=90)
    store = MemoryStore()
    interface = app.session_interface = ServerSideSessionInterface(app, store=store)
    now = interface.clock()

    @app.get("/in")
    def log_in() -> str:
        session["user"] = "alice"
        return "ok"

    @app.get("/again")
    def log_in_again() -> str:
        del session["user"]
        of_the_context: Any = session._get_current_object()  # type: ignore[attr-defined]
        interface.save_session(app, of_the_context, app.response_class())
        session["user"] = "bob"
        return "ok"

    client = app.test_client()
    client.get("/in")
    before = client.get_cookie("session")
    interface.clock = lambda: now + 60
    assert client.get("/again").status_code == 200
    after = client.get_cookie("session")
    assert before is not None
    assert after is not None
    assert before.value.partition(".")[0] != after.value.partition(".")[0]
    interface.clock = lambda: now + 120
    with client.session_transaction() as stored:
        assert dict(stored) == {"user": "bob", "_permanent": True}


@pytest.mark.row("A5")
def test_a_renewal_saved_from_another_thread_renews() -> None:
    # An ``async`` view that saves: the log-in was stored under the old id, which others may know.
    app = Flask(__name__)
    app.config.update(SECRET_KEY="key", TESTING=True)
    interface = app.session_interface = ServerSideSessionInterface(app, store=MemoryStore())

    @app.get("/set")
    def set_() -> str:
        session["cart"] = 1
        return ""

    @app.get("/login")
    def login() -> str:
        def work() -> None:
            session["user"] = "bob"
            session.regenerate()  # type: ignore[attr-defined]
            interface.save_session(app, session, app.response_class())  # type: ignore[arg-type]

        with ThreadPoolExecutor(1) as pool:
            pool.submit(copy_current_request_context(work)).result()
        return ""

    client, thief = app.test_client(), app.test_client()
    client.get("/set")
    thief.set_cookie("session", cookie_of(client))
    client.get("/login")
    with thief.session_transaction() as known:
        assert "user" not in known
    with client.session_transaction() as known:
        assert known["user"] == "bob"


def test_saving_is_possible_as_the_first_function_of_a_stack() -> None:
    app = Flask(__name__)
    app.config.update(SECRET_KEY="key", TESTING=True)
    interface = app.session_interface = ServerSideSessionInterface(app, store=MemoryStore())
    with app.test_request_context():
        opened: Any = interface.open_session(app, request)
        opened["number"] = 1
    start_new_thread(interface.save_session, (app, opened, app.response_class()))
    deadline = time.monotonic() + 5
    while not interface.store._records and time.monotonic() < deadline:  # type: ignore[attr-defined]
        time.sleep(0.01)
    assert len(interface.store._records) == 1  # type: ignore[attr-defined]
