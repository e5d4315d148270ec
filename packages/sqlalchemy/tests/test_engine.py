"""Engines of our own making."""

from __future__ import annotations

import sqlite3
from functools import partial
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from flask_session.store import Record
from flask_session_conformance.threads import together
from flask_session_sqlalchemy import SqlAlchemyStore
from flask_session_sqlalchemy.engine import build, is_in_memory, is_ours
from sqlalchemy import Engine, Table
from sqlalchemy.dialects import registry
from sqlalchemy.dialects.mysql.pymysql import MySQLDialect_pymysql

from packages.sqlalchemy.tests.databases import KEY, Execute, ask, cut_connections, on_mariadb

on_sqlite = pytest.mark.parametrize("database", ["sqlite"], indirect=True)


class Forgetful(MySQLDialect_pymysql):
    """Takes the place of a driver whose failures do not say that the connection is dead."""

    driver = "forgetful"
    supports_statement_cache = True

    def is_disconnect(self, e: object, connection: object, cursor: object) -> bool:
        return False

    def do_ping(self, dbapi_connection: Any) -> Any:
        try:
            return super().do_ping(dbapi_connection)
        except self.loaded_dbapi.Error:
            return False


registry.register("mysql.forgetful", __name__, "Forgetful")


def test_an_engine_of_ours_is_known(engine: Engine, url: str) -> None:
    theirs = sa.create_engine(url)
    assert is_ours(engine)
    assert not is_ours(theirs)


def test_each_statement_is_a_transaction(engine: Engine, execute: Execute, table_name: str) -> None:
    execute(f"CREATE TABLE {table_name} (id INTEGER)")
    with engine.connect() as connection:
        connection.exec_driver_sql(f"INSERT INTO {table_name} VALUES (1)")
        assert execute(f"SELECT count(*) FROM {table_name}") == [(1,)]


@on_sqlite
def test_a_file_uses_the_write_ahead_log(url: str) -> None:
    assert ask(url, "PRAGMA journal_mode") == "wal"


@on_sqlite
def test_a_file_that_is_being_written_keeps_its_journal(url: str, tmp_path: Path) -> None:
    theirs = sqlite3.connect(tmp_path / "sessions.db", isolation_level=None)
    theirs.execute("BEGIN IMMEDIATE")
    assert ask(url, "PRAGMA journal_mode") == "delete"
    theirs.close()


@on_sqlite
def test_the_busy_timeout_in_the_url_wins(url: str) -> None:
    assert ask(f"{url}?timeout=7", "PRAGMA busy_timeout") == 7000


@on_sqlite
def test_the_busy_timeout_in_connect_args_wins(url: str) -> None:
    assert ask(url, "PRAGMA busy_timeout", {"connect_args": {"timeout": 7}}) == 7000


@on_mariadb
@pytest.mark.parametrize("verb", ["load", "touch", "update"])
def test_a_driver_that_we_do_not_know_gets_over_lost_connections(
    url: str, table: Table, verb: str
) -> None:
    # With mysqlconnector a worker answered 503 for ever: nothing told SQLAlchemy of the loss.
    verbs: dict[str, tuple[Any, ...]] = {
        "load": (),
        "touch": (60,),
        "update": (b"2", 60, Record(b"1")),
    }
    store = SqlAlchemyStore(build(url.replace("+pymysql", "+forgetful")), table)
    store.create(KEY, b"1", 60)
    cut_connections(url)
    assert getattr(store, verb)(KEY, *verbs[verb])
    store.close()


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("sqlite://", True),
        ("sqlite:///:memory:", True),
        ("sqlite:///file:x?mode=memory&cache=shared&uri=true", True),
        ("sqlite:///file:x?mode=ro&uri=true", False),
        ("sqlite:///sessions.db", False),
        ("postgresql+psycopg://localhost", False),
    ],
)
def test_a_database_in_memory_is_recognised(url: str, expected: bool) -> None:
    assert is_in_memory(sa.make_url(url)) is expected


@pytest.mark.parametrize("url", ["sqlite://", "sqlite:///file:x?mode=memory&uri=true"])
def test_threads_share_a_database_in_memory(url: str) -> None:
    store = SqlAlchemyStore(build(url))
    together([partial(store.create, f"session:{me}", b"data", 60) for me in range(8)])
    assert len(list(store.keys("session:"))) == 8
    store.close()
