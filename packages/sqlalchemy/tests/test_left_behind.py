"""What the app's listeners and pools leave behind is in nobody's way."""

from __future__ import annotations

import sqlite3
import sys
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from flask_session import Session
from flask_session_sqlalchemy import SqlAlchemyStore
from flask_session_sqlalchemy.engine import build
from flask_sqlalchemy import SQLAlchemy
from sqlalchemy import Table, event
from sqlalchemy.pool import NullPool

from packages.sqlalchemy.tests.apps import MakeApp, engine_of, interface_of, visits
from packages.sqlalchemy.tests.databases import KEY, Execute, cut_connections

on_postgresql = pytest.mark.parametrize("database", ["postgresql"], indirect=True)


def begin_by_itself(connection: Any, record: object) -> None:
    """Switch the driver's own mode, as listeners do for SET and PRAGMA, and leave it at that."""
    if isinstance(connection, sqlite3.Connection):
        connection.isolation_level = "IMMEDIATE"
        if sys.version_info >= (3, 12):
            connection.autocommit = False
    elif hasattr(connection, "prepare_threshold"):
        connection.autocommit = False
        connection.execute("SELECT 1")
    else:
        connection.cursor().execute("SET SESSION autocommit = 0")


def test_a_listener_that_leaves_a_transaction_open_costs_no_change(
    make_app: MakeApp, url: str, table_name: str
) -> None:
    # Each answer was a 200, and nothing was ever committed.
    db = SQLAlchemy()
    app = make_app(db, SQLALCHEMY_DATABASE_URI=url, SESSION_TYPE="memory")
    with app.app_context():
        event.listen(db.engine, "connect", begin_by_itself)
    app.config.update(
        SESSION_TYPE="sqlalchemy", SESSION_SQLALCHEMY=db, SESSION_SQLALCHEMY_TABLE=table_name
    )
    Session(app)
    assert visits(app) == ["1", "2"]
    engine = build(url)
    with engine.connect() as other:
        assert len(other.exec_driver_sql(f"SELECT id FROM {table_name}").all()) == 1
    engine.dispose()


def test_a_pool_of_the_apps_own_lends_its_connections_for_a_statement(
    make_app: MakeApp, tmp_path: Path
) -> None:
    # Ours kept all that it had, and the app got none. https://www.psycopg.org/psycopg3/docs/advanced/pool.html
    path = tmp_path / "app.db"
    options = {"creator": lambda: sqlite3.connect(path), "poolclass": NullPool}
    db = SQLAlchemy(engine_options=options)
    app = make_app(db, SQLALCHEMY_DATABASE_URI=f"sqlite:///{path}", SESSION_SQLALCHEMY=db)
    assert visits(app) == ["1", "2"]
    assert isinstance(engine_of(app).pool, NullPool)
    assert interface_of(app).client is db


@on_postgresql
def test_a_connection_that_dies_while_the_table_is_made_is_a_failure_of_the_store(
    url: str, table: Table
) -> None:
    # A PendingRollbackError of SQLAlchemy's, which is no failure of a store: a 500.
    engine, cut = build(url), list[str]()

    def cut_once(connection: Any, cursor: Any, statement: str, *_: object) -> None:
        if "CREATE TABLE" in statement and not cut:
            cut.append(statement)
            cut_connections(url)

    event.listen(engine, "before_cursor_execute", cut_once)
    store = SqlAlchemyStore(engine, table)
    with suppress(*store.errors):  # at a slow first connection nothing is tried again
        store.create(KEY, b"data", 60)
    assert cut
    assert store.load(KEY) or store.create(KEY, b"data", 60)
    engine.dispose()


@on_postgresql
def test_a_prepared_statement_that_fits_no_more_is_left_behind(
    url: str, table: Table, execute: Execute
) -> None:
    # Each look failed for as long as the connection lived.
    engine = build(sa.make_url(url).update_query_dict({"prepare_threshold": "0"}))
    store = SqlAlchemyStore(engine, table)
    store.create(KEY, b"data", 60)
    store.load(KEY)
    execute(f"ALTER TABLE {table.name} ALTER expiry TYPE timestamp(0)")
    assert store.load(KEY) is not None
    engine.dispose()
