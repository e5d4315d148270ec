"""An app with sessions in a database, and ways to its parts."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import sqlalchemy as sa
from flask import Flask, session
from flask_session_sqlalchemy import (
    SqlAlchemySessionInterface,
    SqlAlchemyStore,
)

MakeApp = Callable[..., Flask]


def count() -> str:
    session["visits"] = session.get("visits", 0) + 1
    return str(session["visits"])


def close(app: Flask) -> None:
    interface = app.session_interface
    if isinstance(interface, SqlAlchemySessionInterface):
        interface.store.close()
        if isinstance(interface.client, sa.Engine):
            interface.client.dispose()
    if "sqlalchemy" in app.extensions:
        with app.app_context():
            for engine in app.extensions["sqlalchemy"].engines.values():
                engine.dispose()


def visits(app: Flask) -> list[str]:
    """Answer what two requests of a browser see."""
    with app.test_client() as client:
        return [client.get("/").text, client.get("/").text]


def interface_of(app: Flask) -> SqlAlchemySessionInterface:
    assert isinstance(app.session_interface, SqlAlchemySessionInterface)
    return app.session_interface


def engine_of(app: Flask) -> sa.Engine:
    store = interface_of(app).store
    assert isinstance(store, SqlAlchemyStore)
    return store.database.engine


def at(tmp_path: Path, name: str = "app.db") -> str:
    return f"sqlite:///{tmp_path / name}"
