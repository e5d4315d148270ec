from __future__ import annotations

import secrets
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask
from flask_session import Session
from flask_session_conformance.plugin import GetServer
from flask_session_sqlalchemy import SqlAlchemyStore, create_session_model
from flask_session_sqlalchemy.compiled import Compiled
from flask_session_sqlalchemy.engine import build
from flask_sqlalchemy import SQLAlchemy
from sqlalchemy import Engine, Table, event

from packages.sqlalchemy.tests.apps import MakeApp, close, count

DATABASES = ("sqlite", "postgresql", "mariadb")


def pytest_itemcollected(item: Any) -> None:
    """Let the report tell the databases apart."""
    if hasattr(item, "callspec") and "database" in item.callspec.params:
        item.backend = item.callspec.params["database"]


@pytest.fixture(params=DATABASES)
def database(request: pytest.FixtureRequest) -> str:
    """Name the database under test: each of them in turn, unless a test chooses."""
    name: str = request.param
    return name


@pytest.fixture
def url(database: str, request: pytest.FixtureRequest, tmp_path: Path) -> str:
    if database == "sqlite":
        return f"sqlite:///{tmp_path / 'sessions.db'}"
    server: GetServer = request.getfixturevalue("server")
    return server(database).url


@pytest.fixture
def engine(url: str) -> Iterator[Engine]:
    """Provide an engine of our own making; no connection of it is in use in the end."""
    engine = build(url)
    yield engine
    assert engine.pool.checkedout() == 0  # type: ignore[attr-defined]
    engine.dispose()


@pytest.fixture
def table_name(engine: Engine) -> Iterator[str]:
    """Provide the name of a table that does not exist, and drop it in the end."""
    name = f"sessions_{secrets.token_hex(6)}"
    yield name
    with engine.connect() as connection:
        connection.exec_driver_sql(f"DROP TABLE IF EXISTS {name}")


@pytest.fixture
def table(table_name: str) -> Table:
    made: Table = create_session_model(table_name=table_name).__table__
    return made


@pytest.fixture
def store(engine: Engine, table: Table) -> SqlAlchemyStore:
    return SqlAlchemyStore(engine, table)


@pytest.fixture
def execute(engine: Engine) -> Callable[[str], list[Any]]:
    """Provide a function that runs a line of SQL, as somebody else would."""

    def run(statement: str) -> list[Any]:
        with engine.connect() as connection:
            result = connection.exec_driver_sql(statement)
            return list(result) if result.returns_rows else []

    return run


@pytest.fixture
def sent(engine: Engine, monkeypatch: pytest.MonkeyPatch) -> Iterator[list[str]]:
    """Provide the statements that went to the database; clear it to begin anew."""
    statements: list[str] = []
    run = Compiled._run

    def note(connection: Any, cursor: Any, statement: str, *rest: Any) -> None:
        statements.append(statement)

    def run_and_note(compiled: Compiled, *arguments: Any) -> Any:
        statements.append(compiled._sql)
        return run(compiled, *arguments)

    event.listen(engine, "before_cursor_execute", note)
    monkeypatch.setattr(Compiled, "_run", run_and_note)
    yield statements
    event.remove(engine, "before_cursor_execute", note)


@pytest.fixture
def make_app(tmp_path: Path) -> Iterator[MakeApp]:
    """Provide a function that makes an app; ``db`` is initialised before the sessions are."""
    apps: list[Flask] = []

    def make(db: SQLAlchemy | None = None, **config: Any) -> Flask:
        app = Flask(__name__, instance_path=str(tmp_path))
        app.config.update({"SECRET_KEY": "key", "SESSION_TYPE": "sqlalchemy", **config})
        apps.append(app)
        if db is not None:
            db.init_app(app)
        Session(app)
        app.add_url_rule("/", view_func=count)
        return app

    yield make
    for app in apps:
        close(app)


@pytest.fixture
def old_table(engine: Engine, table_name: str) -> Table:
    """Provide a table as Flask-Session 0.4 to 0.8 made it."""
    table = sa.Table(
        table_name,
        sa.MetaData(),
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("session_id", sa.String(255), unique=True),
        sa.Column("data", sa.LargeBinary),
        sa.Column("expiry", sa.DateTime),
    )
    table.metadata.create_all(engine)
    return table
