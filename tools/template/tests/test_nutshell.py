"""Nutshell in a Flask application."""

from __future__ import annotations

from typing import Any

import pytest
from flask import Flask, session
from flask_session import ConfigurationError, Session


def make_app(client: Any) -> Flask:
    app = Flask(__name__)
    app.config.update(SECRET_KEY="a key", SESSION_TYPE="nutshell", SESSION_NUTSHELL=client)
    Session(app)

    @app.get("/")
    def count() -> str:
        session["visits"] = session.get("visits", 0) + 1
        return str(session["visits"])

    return app


def test_the_session_is_kept_between_requests() -> None:
    browser = make_app({}).test_client()
    assert [browser.get("/").text for _ in range(3)] == ["1", "2", "3"]


def test_two_apps_with_one_client_share_their_sessions() -> None:
    records: dict[str, tuple[bytes, float]] = {}
    make_app(records).test_client().get("/")
    assert len(records) == 1


def test_a_wrong_client_is_an_error_at_the_start() -> None:
    with pytest.raises(ConfigurationError, match="SESSION_NUTSHELL"):
        make_app("not a dictionary")
