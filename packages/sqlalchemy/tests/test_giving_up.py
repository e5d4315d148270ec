"""Connections that nobody may use any more: interrupted, dead, or with a transaction left open."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from flask_session.store import Record
from flask_session_conformance.timelimits import TimeLimit
from flask_session_sqlalchemy import SqlAlchemyStore
from flask_session_sqlalchemy.engine import build
from sqlalchemy import Engine, Table, event

from packages.sqlalchemy.tests.databases import KEY, SERVERS, begin, by_events, connection_of

on_servers = pytest.mark.parametrize("database", SERVERS, indirect=True)


def interrupt(*_: object) -> None:
    raise TimeLimit


def test_a_connection_on_which_a_statement_was_interrupted_is_given_up(
    store: SqlAlchemyStore, engine: Engine
) -> None:
    # An answer that nobody had read became the next visitor's.
    store.create(KEY, b"data", 60)
    before = connection_of(engine)
    event.listen(engine, "after_cursor_execute", interrupt)
    with pytest.raises(TimeLimit):
        store.touch(KEY, 60)
    event.remove(engine, "after_cursor_execute", interrupt)
    assert connection_of(engine) != before
    assert data_of(store) == b"data"


def test_a_database_in_memory_outlives_an_interruption() -> None:
    engine = build("sqlite://")
    store = SqlAlchemyStore(engine)
    store.create(KEY, b"data", 60)
    event.listen(engine, "after_cursor_execute", interrupt)
    with pytest.raises(TimeLimit):
        store.touch(KEY, 60)
    event.remove(engine, "after_cursor_execute", interrupt)
    assert data_of(store) == b"data"
    engine.dispose()


@on_servers
def test_what_a_listener_begins_is_committed(url: str, table: Table) -> None:
    # psycopg2's own commit() does nothing in AUTOCOMMIT mode: log-ins were answered 200 and undone.
    engine = sa.create_engine(url, pool_size=1, max_overflow=0)
    event.listen(engine, "begin", begin)
    store = SqlAlchemyStore(engine, table)
    store.create(KEY, b"1", 60)
    store.update(KEY, b"2", 60, Record(b"1"))
    engine.dispose()  # what was not committed is gone
    assert data_of(store) == b"2"
    engine.dispose()


@pytest.fixture
def reader(tmp_path: Path) -> Iterator[sqlite3.Connection]:
    connection = sqlite3.connect(tmp_path / "sessions.db", isolation_level=None)
    yield connection
    connection.close()


def test_a_commit_that_meets_a_reader_is_a_declared_error(
    tmp_path: Path, reader: sqlite3.Connection
) -> None:
    engine = by_events(f"sqlite:///{tmp_path / 'sessions.db'}?timeout=0.05")
    store = SqlAlchemyStore(engine)
    store.create(KEY, b"1", 60)
    reader.execute("BEGIN")
    reader.execute("SELECT * FROM sessions").fetchone()
    with pytest.raises(store.errors, match="locked"):
        store.update(KEY, b"2", 60, Record(b"1"))
    reader.execute("ROLLBACK")
    assert data_of(store) == b"1"
    engine.dispose()


def data_of(store: SqlAlchemyStore) -> Any:
    found = store.load(KEY)
    return found and found.data
