"""What tests ask of a database, and of how long it takes."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import Any

import pytest
import sqlalchemy as sa
from flask_session_sqlalchemy.engine import build
from sqlalchemy import Engine, Table, event

Execute = Callable[[str], list[Any]]
PAST, FAR = datetime(2020, 1, 1), datetime(2120, 1, 1)
SERVERS = ("postgresql", "mariadb")
KEY = "session:alice"
on_mariadb = pytest.mark.parametrize("database", ["mariadb"], indirect=True)


@contextmanager
def at_most(seconds: float) -> Iterator[None]:
    began = time.monotonic()
    yield
    assert time.monotonic() - began < seconds


def columns_of(engine: Engine, table: Table) -> dict[str, Any]:
    return {each["name"]: each["type"] for each in sa.inspect(engine).get_columns(table.name)}


def ask(url: str, statement: str, options: dict[str, Any] | None = None) -> Any:
    """Answer one value from a new engine."""
    engine = build(url, options)
    with engine.connect() as connection:
        value = connection.exec_driver_sql(statement).scalar()
    engine.dispose()
    return value


def cut_connections(url: str) -> None:
    """Let the server close every connection but the one that asks for it."""
    others = {
        "postgresql": "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
        "WHERE pid <> pg_backend_pid() AND usename = current_user",
        "mysql": "SELECT concat('KILL ', id) FROM information_schema.processlist "
        "WHERE id <> connection_id() AND user = 'session'",
    }
    engine = sa.create_engine(url, isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        for row in list(connection.exec_driver_sql(others[engine.dialect.name])):
            if engine.dialect.name == "mysql":
                connection.exec_driver_sql(row[0])
    engine.dispose()


def connection_of(engine: Engine) -> object:
    """Answer what tells the connection that is used next: the server's number, or itself."""
    numbers = {"postgresql": "pg_backend_pid()", "mysql": "connection_id()"}
    ask = numbers.get(engine.dialect.name)
    with engine.connect() as connection:
        if ask is None:
            return connection.connection.dbapi_connection
        return connection.exec_driver_sql(f"SELECT {ask}").scalar_one()


def never(connection: Any, record: object) -> None:
    connection.isolation_level = None


def begin(connection: sa.Connection) -> None:
    connection.exec_driver_sql("BEGIN")


def by_events(url: str) -> Engine:
    """Make an engine by SQLAlchemy's recipe for SQLite."""
    engine = sa.create_engine(url)
    event.listen(engine, "connect", never)
    event.listen(engine, "begin", begin)
    return engine
