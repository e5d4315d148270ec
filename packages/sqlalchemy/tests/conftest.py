from __future__ import annotations

import secrets
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from flask_session_conformance.plugin import GetServer
from flask_session_sqlalchemy import SqlAlchemyStore, create_session_model
from flask_session_sqlalchemy.engine import build
from sqlalchemy import Engine, Table

DATABASES = ("sqlite", "postgresql", "mariadb")


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
def execute(engine: Engine) -> Callable[..., list[tuple[object, ...]]]:
    """Provide a function that runs a line of SQL, as somebody else would."""

    def run(statement: str, *parameters: object) -> list[tuple[object, ...]]:
        with engine.connect() as connection:
            result = connection.exec_driver_sql(statement, parameters)
            return [tuple(row) for row in result] if result.returns_rows else []

    return run
