"""The clients that can keep sessions: built from a URL, or handed in and checked at the start."""

from __future__ import annotations

from typing import Any
from urllib.parse import parse_qs

from flask_session.clients import ENCODED_PASSWORD, fallback, refused, without_secrets
from flask_session.config import wrong
from pymongo import MongoClient

KEY = "SESSION_MONGODB"
REMEDY = "Set it to a URL (mongodb:// or mongodb+srv://) or to a pymongo.MongoClient(...)."
LOOK_AT = f"look at its port, its database, its options and {ENCODED_PASSWORD}"
LOCALHOST = "mongodb://localhost:27017/"
# pymongo waits 30 seconds for a server by default, and for an answer without end.
# https://www.mongodb.com/docs/languages/python/pymongo-driver/current/connect/connection-options/
OPTIONS: dict[str, Any] = {
    "serverSelectionTimeoutMS": 1000,
    "connectTimeoutMS": 1000,
    "socketTimeoutMS": 1000,
    "waitQueueTimeoutMS": 1000,
    "retryReads": False,
    "retryWrites": False,
}


def connect(client: MongoClient[Any] | str | None) -> MongoClient[Any]:
    """Answer a client that is fit for sessions, without connecting to the server.

    ``None`` is localhost, with a warning, as in Flask-Session 0.8. Raises ConfigurationError.
    """
    if client is None:
        client = fallback(KEY, LOCALHOST)
    if isinstance(client, str):
        client = build(client)
    check(client)
    return client


def build(url: str) -> MongoClient[Any]:
    """Make a client that gives up after one second and never repeats a command on its own.

    Options in the URL win: ``mongodb://db/?socketTimeoutMS=3000&w=majority``. The client connects
    when it is first used, so that an application may fork before.
    """
    given = {option.lower() for option in parse_qs(url.partition("?")[2])}
    options = {key: value for key, value in OPTIONS.items() if key.lower() not in given}
    try:
        return MongoClient(url, connect=False, **options)
    except Exception as error:
        problem = f"not a URL of a MongoDB server ({type(error).__name__}): {LOOK_AT}"
        raise wrong(KEY, without_secrets(url), problem, REMEDY) from None


def check(client: Any) -> None:
    """Refuse a client with which a session could not be kept or would be lost unnoticed."""
    if not isinstance(client, MongoClient):
        problem = "is asynchronous" if "Async" in type(client).__name__ else "cannot be used"
        raise refused(KEY, client, f"this client {problem}", REMEDY)
    if not client.write_concern.acknowledged:
        problem = "this client does not wait for the server to confirm a write"
        raise refused(KEY, client, problem, "Make it without w=0.")
