"""PgBouncer between the app and PostgreSQL: each statement goes to another connection."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from typing import Any

import psycopg
import pytest
from flask_session.store import Outcome
from flask_session_conformance.plugin import GetServer
from flask_session_conformance.servers import Server, start
from flask_session_conformance.stores.base import loaded
from flask_session_conformance.threads import together
from flask_session_sqlalchemy import SqlAlchemyStore
from flask_session_sqlalchemy.engine import build
from flask_session_sqlalchemy.postgresql import ImpatientConnection
from sqlalchemy import Table

IGNORING = "ignore_startup_parameters = options, extra_float_digits"
pytestmark = pytest.mark.parametrize("database", ["postgresql"], indirect=True)


@pytest.fixture(params=["", IGNORING], ids=["refuses our options", "ignores them"])
def pgbouncer(server: GetServer, request: pytest.FixtureRequest) -> Iterator[Server]:
    host, port = server("postgresql").address_inside.split(":")
    behind = f"session = host={host} port={port} user=session password=session"
    with start("pgbouncer", request.param, "[databases]", behind) as started:
        yield started


@pytest.mark.parametrize("way", ["url", "creator", "listener"])
def test_every_statement_is_the_one_that_was_meant(
    pgbouncer: Server, table: Table, database: str, way: str
) -> None:
    # What one connection had prepared was another statement on the next: sessions were deleted.
    def connect(*_: object) -> Any:
        return psycopg.connect(pgbouncer.url.replace("+psycopg", ""))

    options = {"creator": connect} if way == "creator" else {}
    listeners = [connect] if way == "listener" else []
    store = SqlAlchemyStore(build(pgbouncer.url, options, listeners), table)
    store.setup()
    together([partial(live_twenty_times, store, f"session:{me}") for me in range(8)])
    assert list(store.keys("session:")) == []
    store.close()


@pytest.mark.parametrize("query", ["", "?prepare_threshold=none"])
def test_what_we_set_does_not_reach_the_next_client(
    pgbouncer: Server, database: str, query: str
) -> None:
    engine = build(f"{pgbouncer.url}{query}")
    for _ in range(3):
        with engine.connect() as one, engine.connect() as other:
            limits = {each.exec_driver_sql("SHOW lock_timeout").scalar() for each in (one, other)}
        assert limits == {"0"}
        engine.dispose()


def test_a_connection_is_made_at_the_first_attempt(
    pgbouncer: Server, database: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    attempts, connect = list[Any](), ImpatientConnection.connect

    def counted(*arguments: Any, **keywords: Any) -> Any:
        attempts.append(keywords)
        return connect(*arguments, **keywords)

    monkeypatch.setattr(ImpatientConnection, "connect", counted)
    engine = build(pgbouncer.url)
    engine.connect().close()
    engine.dispose()
    assert len(attempts) == 1


def live_twenty_times(store: SqlAlchemyStore, key: str) -> None:
    for _ in range(20):
        assert store.create(key, b"1", 60)
        assert store.update(key, b"2", 60, loaded(store, key)) is Outcome.SAVED
        assert store.touch(key, 60)
        assert loaded(store, key).data == b"2"
        assert store.delete(key) is Outcome.DELETED
        assert store.load(key) is None
