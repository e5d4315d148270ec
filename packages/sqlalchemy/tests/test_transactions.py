"""Engines whose transactions the app begins in a way of its own: what we write is committed."""

from __future__ import annotations

import sqlite3
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import sqlalchemy as sa
from flask_session_sqlalchemy import SqlAlchemyStore
from flask_session_sqlalchemy.engine import build
from sqlalchemy import Engine, event

from packages.sqlalchemy.tests.databases import begin, by_events, never

Make = Callable[[str], Engine]


def by_argument(url: str) -> Engine:
    """Make one by the recipe that needs Python 3.12."""
    return sa.create_engine(url, connect_args={"autocommit": False})


since_3_12 = pytest.mark.skipif(
    sys.version_info < (3, 12), reason="not applicable: sqlite3 has no such argument"
)
WAYS = [
    pytest.param(by_events, id="events"),
    pytest.param(by_argument, id="argument", marks=since_3_12),
]


@pytest.fixture
def url(tmp_path: Path) -> str:
    return f"sqlite:///{tmp_path / 'sessions.db'}"


@pytest.fixture
def for_all() -> Iterator[None]:
    """Let the recipe be that of all engines, as apps with Flask-SQLAlchemy write it."""
    event.listen(Engine, "connect", never)
    event.listen(Engine, "begin", begin)
    yield
    event.remove(Engine, "connect", never)
    event.remove(Engine, "begin", begin)


def every_verb(store: SqlAlchemyStore, url: str) -> None:
    """Use each verb, and look from another connection at what came of it."""
    assert store.create("a", b"1", 60)
    found = store.load("a")
    assert found is not None
    store.update("a", b"2", 60, found)
    assert store.touch("a", 600)
    assert rows(url) == [b"2"]
    store.delete("a")
    assert rows(url) == []


def rows(url: str) -> list[bytes]:
    connection = sqlite3.connect(url.removeprefix("sqlite:///"), timeout=0)
    try:
        connection.execute("BEGIN IMMEDIATE")  # nobody else has a transaction open
        return [data for (data,) in connection.execute("SELECT data FROM sessions")]
    finally:
        connection.close()


@pytest.mark.parametrize("make", WAYS)
def test_what_an_engine_handed_in_writes_is_committed(url: str, make: Make) -> None:
    # Log-ins and log-outs were answered 200, and undone when the connection went back.
    engine = make(url)
    every_verb(SqlAlchemyStore(engine), url)
    engine.dispose()


@pytest.mark.usefixtures("for_all")
def test_the_recipe_for_all_engines_does_not_hold_ours_up(url: str) -> None:
    store = SqlAlchemyStore(build(url))
    every_verb(store, url)
    store.close()


@since_3_12
def test_the_argument_that_the_app_gives_does_not_reach_our_engine(url: str) -> None:
    store = SqlAlchemyStore(build(url, {"connect_args": {"autocommit": False}}))
    every_verb(store, url)
    store.close()


@pytest.mark.usefixtures("for_all")
def test_a_statement_that_fails_leaves_no_transaction(url: str) -> None:
    store = SqlAlchemyStore(build(url))
    assert store.create("a", b"1", 60)
    with store.database.engine.connect() as connection:
        connection.exec_driver_sql("CREATE TRIGGER no BEFORE DELETE ON sessions BEGIN "
                                   "SELECT RAISE(ABORT, 'no'); END")  # fmt: skip
        connection.commit()
    with pytest.raises(store.errors):
        store.delete("a")
    assert rows(url) == [b"1"]
    store.close()
