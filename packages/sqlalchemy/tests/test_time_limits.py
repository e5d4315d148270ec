"""What the connections of engines of our own are told about waiting, and about preparing."""

from __future__ import annotations

from typing import Any

import psycopg
import pytest
from flask_session_sqlalchemy import engine as module
from flask_session_sqlalchemy.engine import build, limit_locks
from flask_session_sqlalchemy.postgresql import prepare_nothing_behind_a_pooler
from sqlalchemy.dialects import registry
from sqlalchemy.dialects.postgresql.psycopg import PGDialect_psycopg

from packages.sqlalchemy.tests.databases import ask, on_mariadb

on_postgresql = pytest.mark.parametrize("database", ["postgresql"], indirect=True)


class Second(PGDialect_psycopg):
    """Takes the place of psycopg2, which is not installed."""

    driver = "psycopg2"
    supports_statement_cache = True


registry.register("postgresql.second", __name__, "Second")


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
