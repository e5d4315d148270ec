"""What a record notes of its session: which cookie opens it, and how long it lives."""

from __future__ import annotations

import math
from typing import Any

import pytest
from flask import Flask, session
from flask_session.memory import MemoryStore
from flask_session.store import Record

from packages.core.tests.apps import app_on
from packages.core.tests.counting import cookie_of
from packages.core.tests.moves import NOW, SilentStore, msgpack_of

SID = "s" * 43
KEY = f"session:{SID}"


@pytest.fixture
def store() -> MemoryStore:
    """Provide a store with a session as Flask-Session 0.8 wrote it."""
    store = MemoryStore()
    store.clock = lambda: NOW
    store.create(KEY, msgpack_of("alice"), 100)
    return store


def renewing(app: Flask) -> Flask:
    @app.get("/renew")
    def renew() -> str:
        session.regenerate()  # type: ignore[attr-defined]
        return ""

    return app


def test_the_unsigned_form_of_a_renewed_id_opens_nothing(store: MemoryStore) -> None:
    app = renewing(app_on(store))
    client, thief = app.test_client(), app.test_client()
    client.set_cookie("session", SID)
    client.get("/renew")
    thief.set_cookie("session", cookie_of(client).partition(".")[0])
    assert thief.get("/").json == {"_permanent": True}


def test_a_slow_reader_does_not_prolong_the_mark_of_a_renewal(store: MemoryStore) -> None:
    app = renewing(app_on(store, SESSION_TOUCH_INTERVAL=0))
    client, slow = app.test_client(), app.test_client()

    @app.get("/slow")
    def look_slowly() -> str:
        session.get("user")
        client.get("/renew")
        return ""

    for each in (client, slow):
        each.set_cookie("session", SID)
    slow.get("/slow")
    assert store._records[KEY][1] == NOW + 60


def looked_at(app: Flask) -> Any:
    context = app.test_request_context(headers={"Cookie": f"session={SID}"})
    looked: Any = app.session_interface.open_session(app, context.request)
    assert looked["user"] == "alice"
    return looked


def test_of_two_first_looks_the_later_does_not_restart_the_absolute_lifetime(
    store: MemoryStore,
) -> None:
    app = app_on(store, PERMANENT_SESSION_LIFETIME=3600, SESSION_ABSOLUTE_LIFETIME=3600)
    first = looked_at(app)
    store.clock = lambda: NOW + 60
    second = looked_at(app)
    for each in (first, second):
        each["changed"] = True
        app.session_interface.save_session(app, each, app.response_class())
    store.clock = lambda: NOW + 3601
    assert store.load(KEY) is None


class WholeSeconds(MemoryStore):
    """Keeps a record until the next whole second, and notes which are touched."""

    def __init__(self) -> None:
        super().__init__()
        self.clock = lambda: NOW + 0.25
        self.touched: list[str] = []

    def load(self, key: str) -> Record | None:
        record = super().load(key)
        if record is None or record.expires_at is None:
            return record
        return Record(record.data, expires_at=math.ceil(record.expires_at))

    def touch(self, key: str, ttl: int) -> bool:
        self.touched.append(key)
        return super().touch(key, ttl)


def test_a_look_right_after_a_write_does_not_touch_where_ticks_are_whole_seconds() -> None:
    store = WholeSeconds()
    client = app_on(store, SESSION_USE_SIGNER=False).test_client()
    client.get("/set/a")
    client.get("/")
    assert store.touched == []


def test_a_signed_cookie_tells_of_the_last_renewal_where_the_store_does_not() -> None:
    store = SilentStore()
    client = app_on(store).test_client()
    client.get("/set/a")
    store.touch = None  # type: ignore[assignment,method-assign]
    assert client.get("/").json == {"_permanent": True, "a": 1}
