"""Stores in which a test can intervene, and an app that moves from one to the other."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import msgspec
from click.testing import Result
from flask import Flask
from flask.testing import FlaskClient
from flask_session import Outcome, Record, Session
from flask_session.memory import MemoryStore

from packages.core.tests.apps import add_show

NOW = 1_764_000_000.0


class HookedStore(MemoryStore):
    """Calls somebody before a verb."""

    def __init__(self) -> None:
        super().__init__()
        self.before: dict[str, Callable[[], Any]] = {}
        self.clock = lambda: NOW

    def _interrupt(self, verb: str) -> None:
        if verb in self.before:
            self.before.pop(verb)()

    def load(self, key: str) -> Record | None:
        self._interrupt("load")
        return super().load(key)

    def create(self, key: str, data: bytes, ttl: int) -> bool:
        self._interrupt("create")
        return super().create(key, data, ttl)

    def delete(self, key: str, expected: Record | None = None) -> Outcome:
        self._interrupt("delete")
        return super().delete(key, expected)


class SilentStore(HookedStore):
    """Does not tell the expiry with the record, as Redis; it can be asked for it."""

    def load(self, key: str) -> Record | None:
        record = super().load(key)
        return None if record is None else Record(record.data)

    def expires_at(self, key: str) -> float | None:
        return self._records[key][1]


class EndlessStore(HookedStore):
    """Has records without an expiry, as tables of 0.6 had."""

    def limit_endless(self, ttl: int) -> int:
        self.create("old:" + "e" * 43, msgpack_of("alice"), ttl)
        return 1


def msgpack_of(user: str) -> bytes:
    return msgspec.msgpack.encode({"user": user})


def app_on(new: MemoryStore, old: MemoryStore | None = None, **config: Any) -> Flask:
    app = Flask("moving")
    app.config.update(SECRET_KEY="key", SESSION_TYPE="memory", SESSION_MEMORY=new, TESTING=True)
    app.config.update({"SESSION_USE_SIGNER": False, "SESSION_KEY_PREFIX": "new:", **config})
    if old is not None:
        app.config["SESSION_MIGRATE_FROM"] = {
            "SESSION_TYPE": "memory",
            "SESSION_MEMORY": old,
            "SESSION_KEY_PREFIX": "old:",
        }
    Session(app)
    return add_show(app)


def run(app: Flask, *arguments: str) -> Result:
    """Run ``flask session migrate``."""
    return app.test_cli_runner().invoke(args=["session", "migrate", *arguments])


def filled(store: MemoryStore, number: int) -> None:
    """Store so many sessions under the old prefix, each for a second longer."""
    for each in range(number):
        store.create(f"old:{each:043}", msgspec.msgpack.encode({"n": each}), 1000 + each)


def logged_in(app: Flask) -> FlaskClient:
    """Provide the browser of session number 0."""
    client = app.test_client()
    client.set_cookie("session", f"{0:043}")
    return client
