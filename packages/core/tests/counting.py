"""An app that counts the visits of a session."""

from __future__ import annotations

from typing import Any

from flask import Flask, session
from flask.testing import FlaskClient
from flask_session.base import ServerSideSessionInterface

from packages.core.tests.apps import add_show


def app_with(kind: type[ServerSideSessionInterface], **arguments: Any) -> Flask:
    """Make an app as people did that assign ``session_interface`` without ``Session(app)``."""
    app = Flask("hooks")
    app.config.update(SECRET_KEY="key", TESTING=True)
    app.session_interface = kind(app, **arguments)

    @app.get("/count")
    def count() -> str:
        session["n"] = session.get("n", 0) + 1
        return str(session["n"])

    @app.get("/renew")
    def renew() -> str:
        app.session_interface.regenerate(session)  # type: ignore[attr-defined]
        return ""

    return add_show(app)


def cookie_of(client: FlaskClient) -> str:
    cookie = client.get_cookie("session")
    assert cookie is not None
    return cookie.value
