"""What a :class:`~flask_session_conformance.worker.Worker` can be told to do."""

from __future__ import annotations

from typing import Any

from flask import Flask
from flask_session import Session
from flask_session.store import Store

from .stores import counting


def make_app(config: dict[str, Any]) -> Flask:
    """Make an app whose sessions live where the configuration says."""
    app = Flask(__name__)
    app.config.update(config)
    Session(app)
    return app


def store_of(app: Flask) -> Store:
    """Answer the store behind an app."""
    store: Store = app.session_interface.store  # type: ignore[attr-defined]
    return store


def setup(app: Flask) -> None:
    """Make what the database needs."""
    store_of(app).setup()


def create_each(app: Flask, keys: list[str], ttl: int = 60) -> list[bool]:
    """Create a record under each key."""
    return [store_of(app).create(key, b"data", ttl) for key in keys]


def increment(app: Flask, key: str, times: int) -> None:
    """Add to the counter under a key."""
    counting.increment(store_of(app), key, times)


def is_live(app: Flask, key: str) -> bool:
    """Answer whether there is a record."""
    return store_of(app).load(key) is not None


def expires_at(app: Flask, key: str) -> float | None:
    """Answer the expiry that the store tells."""
    record = store_of(app).load(key)
    return record.expires_at if record else None
