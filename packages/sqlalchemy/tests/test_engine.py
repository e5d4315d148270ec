"""Engines of our own making."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import psycopg
import pytest
import sqlalchemy as sa
from flask_session.store import Record
from flask_session_conformance.threads import together
from flask_session_sqlalchemy import SqlAlchemyStore
from flask_session_sqlalchemy import engine as module
from flask_session_sqlalchemy.engine import build, is_in_memory, is_ours, limit_locks
from flask_session_sqlalchemy.postgresql import prepare_nothing_behind_a_pooler
from sqlalchemy import Engine, Table
from sqlalchemy.dialects import registry
from sqlalchemy.dialects.mysql.pymysql import MySQLDialect_pymysql
from sqlalchemy.dialects.postgresql.psycopg import PGDialect_psycopg

from packages.sqlalchemy.tests.databases import KEY, cut_connections

Execute = Callable[[str], list[Any]]
on_sqlite = pytest.mark.parametrize("database", ["sqlite"], indirect=True)
on_postgresql = pytest.mark.parametrize("database", ["postgresql"], indirect=True)
on_mariadb = pytest.mark.parametrize("database", ["mariadb"], indirect=True)


class Second(PGDialect_psycopg):
    """Takes the place of psycopg2, which is not installed."""

    driver = "psycopg2"
    supports_statement_cache = True


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


registry.register("postgresql.second", __name__, "Second")
registry.register("mysql.forgetful", __name__, "Forgetful")


def ask(url: str, statement: str, options: dict[str, Any] | None = None) -> Any:
    """Answer one value from a new engine."""
    engine = build(url, options)
    with engine.connect() as connection:
        value = connection.exec_driver_sql(statement).scalar()
    engine.dispose()
    return value


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


@on_postgresql
@pytest.mark.parametrize("driver", ["psycopg", "second"])
@pytest.mark.parametrize("query", ["", "?prepare_threshold=none"])
def test_locks_are_waited_for_less_than_a_second_on_postgresql(
    url: str, driver: str, query: str
) -> None:
    given = url.replace("+psycopg", f"+{driver}")
    assert ask(f"{given}{query}", "SHOW lock_timeout") == "900ms"


@on_postgresql
@pytest.mark.parametrize("driver", ["psycopg", "second"])
def test_what_proxies_refuse_is_not_asked_for(url: str, driver: str) -> None:
    # RDS Proxy refused it in words that we did not know. Where PgBouncer refused it, each new
    # connection was tried twice, and threads with one dictionary (SQLAlchemy 2.0.43) got in the
    # way of each other: seven of eight first requests were answered with 503.
    told = list[Any]()
    given = url.replace("+psycopg", f"+{driver}")
    engine = build(given, listeners=[lambda *arguments: told.append(arguments[3])])
    engine.connect().close()
    engine.dispose()
    assert [set(each) & {"connect_timeout", "options"} for each in told] == [{"connect_timeout"}]


@on_postgresql
@pytest.mark.parametrize("driver", ["psycopg", "second"])
def test_options_of_the_environment_hold(
    url: str, driver: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    # libpq ignores them once it is given others: the old table in the app's schema was not found.
    given = url.replace("+psycopg", f"+{driver}")
    monkeypatch.setenv("PGOPTIONS", "-c search_path=pg_catalog")
    assert ask(given, "SHOW search_path") == "pg_catalog"
    assert ask(given, "SHOW lock_timeout") == "900ms"


@on_postgresql
@pytest.mark.parametrize("said", ["-c lock_timeout=5s", "--Lock-Timeout=5s"])
def test_a_limit_for_locks_in_the_environment_wins(
    url: str, said: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PGOPTIONS", said)
    assert ask(url, "SHOW lock_timeout") == "5s"


@on_postgresql
@pytest.mark.parametrize(
    ("statement", "limit"), [("SET lock_timeout = '5s'", "5s"), ("SELECT 1", "900ms")]
)
def test_a_creator_may_set_the_limit_for_locks(url: str, statement: str, limit: str) -> None:
    def creator() -> Any:
        connection = psycopg.connect(url.replace("+psycopg", ""), autocommit=True)
        connection.execute(statement.encode())
        return connection

    assert ask(url, "SHOW lock_timeout", {"creator": creator}) == limit


@on_postgresql
def test_where_nobody_may_ask_nothing_is_prepared(
    url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "LOCK_TIMEOUT", "SELECT permission_denied(%s)")
    with psycopg.connect(url.replace("+psycopg", "")) as connection:
        prepare_nothing_behind_a_pooler(connection, None)
        assert connection.prepare_threshold is None
        assert connection.execute("SELECT 1").fetchone() == (1,)


@on_postgresql
@pytest.mark.parametrize(
    ("statement", "failure"),
    [
        ("SELECT pg_terminate_backend(pg_backend_pid()), %s", psycopg.OperationalError),
        (42, TypeError),  # as what an app's alarm raises, it says nothing of the connection
    ],
)
def test_a_connection_on_which_the_question_fails_is_closed(
    url: str, statement: object, failure: type[Exception], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "LOCK_TIMEOUT", statement)
    connection = psycopg.connect(url.replace("+psycopg", ""))
    with pytest.raises(failure):
        limit_locks(connection, None)
    assert connection.closed


@on_postgresql
def test_options_in_the_url_win(url: str) -> None:
    assert ask(f"{url}?options=-c%20lock_timeout%3D5s", "SHOW lock_timeout") == "5s"


@on_postgresql
@pytest.mark.parametrize("where", ["url", "connect_args"])
def test_other_options_leave_the_limit_for_locks(url: str, where: str) -> None:
    # Without it a change that was answered with 503 was stored once the lock was free.
    given, options = (f"{url}?options=-csearch_path%3Dpg_catalog", None)
    if where == "connect_args":
        given, options = url, {"connect_args": {"options": "-csearch_path=pg_catalog"}}
    assert ask(given, "SHOW lock_timeout", options) == "900ms"
    assert ask(given, "SHOW search_path", options) == "pg_catalog"


@on_postgresql
@pytest.mark.parametrize(
    ("query", "value"),
    [("", 5), ("?prepare_threshold=none", None), ("?prepare_threshold=7", 7)],
)
def test_statements_are_prepared_unless_the_url_says_otherwise(
    url: str, query: str, value: Any
) -> None:
    engine = build(f"{url}{query}")
    with engine.connect() as connection:
        driver: Any = connection.connection.driver_connection
        assert driver.prepare_threshold == value
    engine.dispose()


@on_mariadb
def test_locks_are_waited_for_less_than_a_second_on_mariadb(url: str) -> None:
    assert ask(url, "SELECT @@innodb_lock_wait_timeout + @@lock_wait_timeout") == 2
    assert float(ask(url, "SELECT @@max_statement_time")) == 0.9


@on_mariadb
@pytest.mark.parametrize("where", ["url", "connect_args"])
def test_an_answer_may_take_as_long_as_the_app_says(url: str, where: str) -> None:
    given, options = (f"{url}?read_timeout=3", None)
    if where == "connect_args":
        given, options = url, {"connect_args": {"read_timeout": 3}}
    assert float(ask(given, "SELECT @@max_statement_time", options)) == 0
    assert ask(given, "SELECT @@innodb_lock_wait_timeout", options) == 1


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
