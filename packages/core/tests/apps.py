"""An app with views that set an item, show all, and log out; and a serializer of its own."""

from __future__ import annotations

import json
import secrets
from collections.abc import Mapping
from typing import Any

from flask import Flask, session
from flask_session import Session
from flask_session.base import ServerSideSessionInterface
from flask_session.memory import MemoryStore


def add_views(app: Flask) -> Flask:
    @app.get("/set/<key>/<value>")
    def set_(key: str, value: str) -> str:
        session[key] = value
        return str(session.sid)  # type: ignore[attr-defined]

    return add_show(app)


def add_show(app: Flask) -> Flask:
    """Add the views that show all and that log out."""

    @app.get("/")
    def show() -> dict[str, Any]:
        return dict(session)

    @app.get("/logout")
    def logout() -> str:
        session.clear()
        return ""

    return app


def app_on(store: MemoryStore, **config: Any) -> Flask:
    """Make an app with its sessions in a store, and a view that sets an item to 1."""
    app = new_app(SESSION_TYPE="memory", SESSION_MEMORY=store, **config)
    Session(app)

    @app.get("/set/<key>")
    def set_(key: str) -> str:
        session[key] = 1
        return ""

    return add_show(app)


def app_with(interface: ServerSideSessionInterface, app: Flask) -> Flask:
    app.session_interface = interface
    return add_views(app)


def new_app(**config: Any) -> Flask:
    app = Flask("subclasses")
    app.config.update({"SECRET_KEY": "key", "TESTING": True, **config})
    return app


def start(**config: Any) -> Flask:
    """Start an app with these settings, some of which may be wrong."""
    app = Flask("settings")
    app.config.update({"SESSION_TYPE": "memory", "SECRET_KEY": "key"} | config)
    Session(app)
    return app


class Salted:
    """Encodes the same in another way each time, as encryption does."""

    def dumps(self, session: Mapping[str, Any]) -> bytes:
        return json.dumps({"salt": secrets.token_hex(4), **session}).encode()

    def loads(self, data: bytes) -> dict[str, Any]:
        items = json.loads(data)
        del items["salt"]
        return items  # type: ignore[no-any-return]
