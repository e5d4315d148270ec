"""How people use the library, as type checkers see it; checked by ``make check``, never run.

An ``ignore`` marks a mistake that has to be found: without an error there, both checkers complain.
"""

# pyright: reportUnnecessaryTypeIgnoreComment=true

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import TYPE_CHECKING, Any, cast

from flask import Flask, session
from flask_session import (
    Outcome,
    Record,
    ServerSideSession,
    Session,
    SessionConflict,
    SessionTooLarge,
    Store,
    StoreUnavailable,
    SupportsKeys,
    SupportsPurge,
)
from flask_session import redis as former
from flask_session.interface import ServerSideSessionInterface
from flask_session.memory import MemoryStore
from flask_session.signals import session_lost
from flask_session_cachelib import CacheLibSessionInterface, FileSystemSessionInterface
from flask_session_memcached import MemcachedSessionInterface
from flask_session_mongodb import MongoDBSessionInterface
from flask_session_redis import RedisSession, RedisSessionInterface, RedisStore
from flask_session_sqlalchemy import SqlAlchemySessionInterface
from redis import Redis
from werkzeug.exceptions import HTTPException

if TYPE_CHECKING:
    from typing_extensions import assert_type


class DictStore(Store):
    """A store of somebody else's."""

    def __init__(self) -> None:
        self.records: dict[str, bytes] = {}

    def load(self, key: str) -> Record | None:
        data = self.records.get(key)
        return None if data is None else Record(data, version=1, expires_at=None)

    def create(self, key: str, data: bytes, ttl: int) -> bool:
        return self.records.setdefault(key, data) is data

    def update(self, key: str, data: bytes, ttl: int, expected: Record) -> Outcome:
        return Outcome.SAVED

    def touch(self, key: str, ttl: int) -> bool:
        return key in self.records

    def delete(self, key: str, expected: Record | None = None) -> Outcome:
        return Outcome.DELETED

    def purge(self) -> int:
        return 0

    def keys(self, prefix: str) -> Iterator[tuple[str, float | None]]:
        yield prefix, None


class UpsertStore(DictStore):
    """A store that breaks the contract in a way a type checker sees."""

    def update(self, key: str, data: bytes, ttl: int, expected: Record) -> bool:  # type: ignore[override]
        return True


class FormerPath(former.RedisSessionInterface):
    """A subclass by an import path of 0.7 and 0.8."""


class MyInterface(ServerSideSessionInterface):
    """A subclass written for Flask-Session 0.8."""

    def _generate_sid(self, session_id_length: int) -> str:
        return "x" * session_id_length

    def _upsert_session(
        self, session_lifetime: timedelta, session: ServerSideSession, store_id: str
    ) -> None:
        assert_type(session.sid, str)
        super()._upsert_session(session_lifetime, session, store_id)


def extension(app: Flask) -> None:
    assert_type(Session(app), Session)
    assert_type(Session().init_app(app), None)
    Session("app")  # type: ignore[arg-type]


def interfaces(app: Flask, client: Redis) -> None:
    RedisSessionInterface(app, client, "session:", True, False)
    RedisSessionInterface(app, "redis://localhost", use_signer="0.8")
    MemcachedSessionInterface(app, None, "session:")
    CacheLibSessionInterface(app, None, "session:")
    FileSystemSessionInterface(app)
    MongoDBSessionInterface(app, None, "session:")
    SqlAlchemySessionInterface(app, None, "session:")
    MyInterface(app, store=DictStore())
    MyInterface(app, store=UpsertStore())
    MyInterface(app, store={})  # type: ignore[arg-type]
    assert_type(MyInterface.from_app(app), MyInterface)
    assert_type(RedisSessionInterface.from_app(app), RedisSessionInterface)
    assert_type(RedisSessionInterface(app).store, Store)


def stores(store: Store, client: Redis) -> None:
    record = store.load("key")
    assert_type(record, "Record | None")
    if record is not None:
        assert_type(record.data, bytes)
        assert_type(record.expires_at, "float | None")
        assert_type(store.update("key", b"", 60, record), Outcome)
        record.data = b""  # type: ignore[misc]
    assert_type(store.create("key", b"data", 60), bool)
    assert_type(store.delete("key"), Outcome)
    store.create("key", "data", 60)  # type: ignore[arg-type]
    assert_type(RedisStore(client).load("key"), "Record | None")
    if isinstance(store, SupportsPurge):
        assert_type(store.purge(), int)
    if isinstance(store, SupportsKeys):
        assert_type(store.keys("session:"), "Iterator[tuple[str, float | None]]")
    purging: SupportsPurge = MemoryStore()
    purging.purge()


def sessions() -> None:
    current = cast(ServerSideSession, session)
    assert_type(current.sid, str)
    assert_type(current.new, bool)
    assert_type(current.permanent, bool)
    assert_type(current.lifetime, timedelta)
    assert_type(current.regenerate(), None)
    assert_type(current.copy(), "dict[Any, Any]")
    current.lifetime = timedelta(days=30)
    current["cart"] = ["apple"]
    assert_type(RedisSession({"a": 1}, "sid", True).sid, str)


def errors(
    unavailable: StoreUnavailable, conflict: SessionConflict, large: SessionTooLarge
) -> list[HTTPException]:
    assert_type(large.limit, int)
    return [unavailable, conflict, large]


def signals(app: Flask) -> None:
    @session_lost.connect_via(app)
    def lost(sender: Any, reference: str | None, **details: Any) -> None: ...
