"""An app that counts the visits of a session, and sessions kept in a dict by the hooks of 0.8."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from flask import Flask, session
from flask.testing import FlaskClient
from flask_session.base import ServerSideSession, ServerSideSessionInterface

from packages.core.tests.apps import add_show


class Rows(ServerSideSessionInterface):
    """Brings all its storage."""

    def __init__(self, *arguments: Any, **named: Any) -> None:
        self.rows: dict[str, dict[str, Any]] = {}
        super().__init__(*arguments, **named)

    def _retrieve_session_data(self, store_id: str) -> dict[str, Any] | None:
        return self.rows.get(store_id)

    def _upsert_session(
        self, session_lifetime: timedelta, session: ServerSideSession, store_id: str
    ) -> None:
        self.rows[store_id] = dict(session)

    def _delete_session(self, store_id: str) -> None:
        self.rows.pop(store_id, None)


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
