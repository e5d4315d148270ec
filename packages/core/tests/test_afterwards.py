"""What happens to a session after the view: other answers, teardown, and a test that looks."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from contextvars import copy_context
from threading import Thread

import pytest
from flask import (
    Flask,
    Response,
    copy_current_request_context,
    flash,
    get_flashed_messages,
    request_finished,
    session,
)
from flask_session import StoreUnavailable
from flask_session.memory import MemoryStore
from flask_session.store import Record

from packages.core.tests.apps import app_on


class Away(MemoryStore):
    """Fails at each load once ``is_away`` is set."""

    errors = (OSError,)
    is_away = False

    def load(self, key: str) -> Record | None:
        if self.is_away:
            raise OSError("away")
        return super().load(key)


@pytest.fixture
def store() -> Away:
    return Away()


@pytest.fixture
def app(store: Away) -> Flask:
    app = app_on(store, TESTING=False)

    @app.get("/nothing")
    def nothing() -> str:
        return "nothing"

    return app


def in_a_thread(response: Response) -> Response:
    """Change the session from another thread, as an ``async`` function does."""
    thread = Thread(target=copy_current_request_context(lambda: session.update(late=1)))
    thread.start()
    thread.join()
    return response


@pytest.mark.row("D3")
def test_an_asynchronous_function_that_writes_during_an_outage_does_not_fail_the_answer(
    app: Flask, store: Away
) -> None:
    app.after_request(in_a_thread)
    client = app.test_client()
    client.get("/set/a")
    store.is_away = True
    assert client.get("/").status_code == 503


@pytest.mark.row("D3")
def test_the_page_of_an_error_handler_that_writes_is_the_answer(app: Flask, store: Away) -> None:
    def handle(error: StoreUnavailable) -> Response:
        return in_a_thread(Response("away for a moment", 503))

    app.register_error_handler(StoreUnavailable, handle)
    client = app.test_client()
    client.get("/set/a")
    store.is_away = True
    assert client.get("/").text == "away for a moment"


@pytest.mark.row("D3")
@pytest.mark.parametrize("path", ["/", "/nothing"])
def test_a_teardown_function_that_looks_during_an_outage_does_not_leave_the_app(
    app: Flask, store: Away, path: str
) -> None:
    app.teardown_request(lambda error: session.get("a"))
    client = app.test_client()
    client.get("/set/a")
    store.is_away = True
    assert client.get(path).status_code == (503 if path == "/" else 200)


@pytest.mark.row("D3")
@pytest.mark.parametrize("path", ["/", "/nothing"])
def test_an_asynchronous_teardown_function_that_looks_does_not_either(
    app: Flask, store: Away, path: str
) -> None:
    def look(error: BaseException | None) -> None:
        with ThreadPoolExecutor(1) as pool:
            pool.submit(copy_context().run, session.get, "a").result()

    app.teardown_request(look)
    client = app.test_client()
    client.get("/set/a")
    store.is_away = True
    assert client.get(path).status_code == (503 if path == "/" else 200)


@pytest.mark.row("D3")
def test_a_log_out_that_pops_what_could_not_be_loaded_is_no_success(
    app: Flask, store: Away
) -> None:
    @app.before_request
    def count() -> None:
        with suppress(StoreUnavailable):
            session.get("visits")

    @app.get("/pop")
    def pop() -> str:
        session.pop("a", None)
        return "you are logged out"

    client = app.test_client()
    client.get("/set/a")
    store.is_away = True
    assert client.get("/pop").status_code == 503


def test_a_change_in_a_teardown_function_is_a_warning(app: Flask) -> None:
    app.debug = True
    app.teardown_request(lambda error: session.update(late=1))
    with pytest.warns(RuntimeWarning, match="the change is lost"):
        assert app.test_client().get("/set/a").status_code == 200


def test_a_test_may_ask_for_the_messages_of_a_request_that_is_over(app: Flask) -> None:
    app.testing = True

    @app.get("/save")
    def save() -> str:
        flash("saved")
        return ""

    with app.test_client() as client:
        client.get("/save")
        assert get_flashed_messages() == ["saved"]
        session["looked at"] = 1


def test_what_the_second_answer_changes_is_stored(app: Flask) -> None:
    errors = [RuntimeError("a receiver of the signal")]

    def fail_once(sender: object, **payload: object) -> None:
        while errors:
            raise errors.pop()

    def count(response: Response) -> Response:
        session["answers"] = session.get("answers", 0) + 1
        return response

    app.after_request(count)
    client = app.test_client()
    with request_finished.connected_to(fail_once):
        assert client.get("/set/a").status_code == 500
    assert client.get("/").json == {"_permanent": True, "a": 1, "answers": 2}
