"""The field's standard example, verbatim, on a real Redis."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from types import ModuleType
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient

Load = Callable[[str], ModuleType]


def closing(app: Flask) -> Iterator[Flask]:
    app.testing = True
    yield app
    app.config["SESSION_REDIS"].close()


@pytest.fixture
def app(load_with_redis: Load) -> Iterator[Flask]:
    yield from closing(load_with_redis("standard/app.py").app)


@pytest.fixture
def client(app: Flask) -> FlaskClient:
    return app.test_client()


def stored(app: Flask) -> set[bytes]:
    """Answer the keys that Redis holds."""
    keys: set[bytes] = set(app.config["SESSION_REDIS"].keys("session:*"))
    return keys


def test_a_visitor_is_not_logged_in(client: FlaskClient) -> None:
    assert client.get("/").text == "You are not logged in"


def test_a_login_is_remembered(client: FlaskClient) -> None:
    client.post("/login", data={"username": "alice"})
    assert client.get("/").text == "Logged in as alice"


def test_two_visitors_are_told_apart(app: Flask, client: FlaskClient) -> None:
    client.post("/login", data={"username": "alice"})
    assert app.test_client().get("/").text == "You are not logged in"


def test_a_login_is_one_record_in_redis(app: Flask, client: FlaskClient) -> None:
    before = stored(app)
    client.post("/login", data={"username": "alice"})
    assert len(stored(app) - before) == 1


def test_the_cookie_ends_with_the_browser(client: FlaskClient) -> None:
    answer = client.post("/login", data={"username": "alice"})
    assert "Expires" not in answer.headers["Set-Cookie"]


def test_a_logout_is_the_end_of_record_and_cookie(app: Flask, client: FlaskClient) -> None:
    before = stored(app)
    client.post("/login", data={"username": "alice"})
    client.get("/logout")
    assert client.get("/").text == "You are not logged in"
    assert client.get_cookie("session") is None
    assert stored(app) == before


@pytest.fixture
def made(load_with_redis: Load) -> Iterator[Flask]:
    yield from closing(load_with_redis("standard/factory.py").create_app())


def test_a_factory_binds_the_extension_later(made: Flask) -> None:
    client = made.test_client()
    assert [client.get("/").text for _ in range(2)] == ["Visit number 1", "Visit number 2"]


@pytest.fixture
def login_app(load_with_redis: Load) -> Iterator[Flask]:
    yield from closing(load_with_redis("login/app.py").app)


def log_in(client: FlaskClient, password: str = "wonderland") -> Any:
    """Fill in the form, as a browser does: with the token that came with it."""
    found = re.search(r'name="csrf_token" type="hidden" value="([^"]+)"', client.get("/login").text)
    assert found
    return client.post(
        "/login", data={"name": "alice", "password": password, "csrf_token": found[1]}
    )


def test_flask_login_remembers_the_user(login_app: Flask) -> None:
    client = login_app.test_client()
    log_in(client)
    assert client.get("/").text == "Hello, alice"


def test_flask_login_turns_a_visitor_away(login_app: Flask) -> None:
    assert login_app.test_client().get("/").status_code == 302


def test_flask_login_logs_out(login_app: Flask) -> None:
    client = login_app.test_client()
    log_in(client)
    client.post("/logout")
    assert client.get("/").status_code == 302


def test_a_login_renews_the_session_id(login_app: Flask) -> None:
    client = login_app.test_client()
    client.get("/login")
    before = client.get_cookie("session")
    log_in(client)
    after = client.get_cookie("session")
    assert before
    assert after
    assert before.value.split(".")[0] != after.value.split(".")[0]


def test_flask_wtf_refuses_a_form_without_its_token(login_app: Flask) -> None:
    client = login_app.test_client()
    client.post("/login", data={"name": "alice", "password": "wonderland"})
    assert client.get("/").status_code == 302


def test_a_wrong_password_logs_nobody_in(login_app: Flask) -> None:
    client = login_app.test_client()
    log_in(client, "looking-glass")
    assert client.get("/").status_code == 302
