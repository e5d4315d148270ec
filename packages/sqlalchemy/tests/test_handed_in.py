"""Engines of the app's own making, with connections that are not as ours are."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, suppress
from typing import Any

import pymysql
import pytest
import sqlalchemy as sa
from flask_session.store import Record
from flask_session_sqlalchemy import SqlAlchemyStore
from sqlalchemy import Engine, Table, event
from sqlalchemy.pool import StaticPool

from packages.sqlalchemy.tests.databases import KEY, SERVERS, cut_connections, on_mariadb

on_servers = pytest.mark.parametrize("database", SERVERS, indirect=True)
NOW = 1_800_000_000.25
Make = Callable[..., Engine]


@pytest.fixture
def make(url: str) -> Iterator[Make]:
    """Provide a function that makes an engine; no connection of it is in use in the end."""
    engines: list[Engine] = []

    def make(url: str = url, **options: Any) -> Engine:
        engines.append(sa.create_engine(url, **options))
        return engines[-1]

    yield make
    for engine in engines:
        assert engine.pool.checkedout() == 0  # type: ignore[attr-defined]
        engine.dispose()


@on_servers
def test_dead_connections_are_replaced(make: Make, table: Table, url: str) -> None:
    # pymysql's own error came out, which no store declares: a 500, and the connection was lost.
    engine = make(pool_size=3)
    store = SqlAlchemyStore(engine, table)
    store.create(KEY, b"data", 60)
    with ExitStack() as stack:
        for _ in range(3):
            stack.enter_context(engine.connect())
    cut_connections(url)
    assert store.touch(KEY, 60)


@on_servers
@pytest.mark.parametrize("options", [{}, {"execution_options": {"isolation_level": "AUTOCOMMIT"}}])
def test_a_connection_that_dies_before_it_goes_back_costs_none(
    make: Make, table: Table, url: str, options: dict[str, Any]
) -> None:
    # It was lost to the pool: after as many as that has, a 503 for ever, and for the app as well.
    engine = make(pool_size=1, max_overflow=0, pool_timeout=0.1, **options)
    store = SqlAlchemyStore(engine, table)
    store.create(KEY, b"data", 60)

    def cut(*_: object) -> None:
        cut_connections(url)

    event.listen(engine, "after_cursor_execute", cut)
    with suppress(*store.errors):
        store.touch(KEY, 60)
    event.remove(engine, "after_cursor_execute", cut)
    assert store.touch(KEY, 60)


@on_servers
def test_a_dead_connection_is_replaced_that_has_an_isolation_level(
    make: Make, table: Table, url: str
) -> None:
    # pymysql's own error came out of connecting: a 500 for each idle connection.
    engine = make(pool_size=1, execution_options={"isolation_level": "AUTOCOMMIT"})
    store = SqlAlchemyStore(engine, table)
    store.create(KEY, b"data", 60)
    cut_connections(url)
    assert store.touch(KEY, 60)


def test_threads_take_turns_on_a_connection_they_share() -> None:
    # One got the rows of another: with Flask-SQLAlchemy's database in memory, its session.
    engine, turns = sa.create_engine("sqlite://", poolclass=StaticPool), list[bool]()
    store = SqlAlchemyStore(engine)

    def try_in_another_thread(*_: object) -> None:
        take: Any = store.database._turn.acquire  # type: ignore[attr-defined]
        with ThreadPoolExecutor(1) as other:
            turns.append(other.submit(take, blocking=False).result())

    event.listen(engine, "before_cursor_execute", try_in_another_thread)
    store.create(KEY, b"data", 60)
    store.load(KEY)
    assert len(turns) > 2
    assert not any(turns)
    engine.dispose()


@on_servers
def test_a_transaction_that_a_listener_left_open_is_in_nobodys_way(
    make: Make, table: Table
) -> None:
    # psycopg does not switch to AUTOCOMMIT within a transaction: every request was a 503.
    engine = make()

    @event.listens_for(engine, "connect")
    def look(connection: Any, record: object) -> None:
        cursor = connection.cursor()
        cursor.execute("SELECT 1")
        cursor.close()

    store = SqlAlchemyStore(engine, table)
    assert store.create(KEY, b"data", 60)
    assert store.load(KEY) is not None


@on_mariadb
def test_a_touch_that_changes_nothing_finds_its_row(
    make: Make, url: str, table: Table, monkeypatch: pytest.MonkeyPatch
) -> None:
    # SQLAlchemy asks pymysql to count what is found; a function that connects may not.
    parts = sa.make_url(url)

    def connect() -> Any:
        return pymysql.connect(
            host=parts.host, port=parts.port or 0, user=parts.username,
            password=parts.password or "", database=parts.database,
        )  # fmt: skip

    monkeypatch.setattr(SqlAlchemyStore, "clock", lambda self: NOW)
    store = SqlAlchemyStore(make("mysql+pymysql://", creator=connect), table)
    assert store.create(KEY, b"data", 60)
    assert store.touch(KEY, 60)
    assert store.touch_expected(KEY, 60, Record(b"data"))
    assert not store.touch_expected(KEY, 60, Record(b"other"))
    assert not store.touch("session:bob", 60)
