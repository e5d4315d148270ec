from __future__ import annotations

import socket
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from flask_session.store import SupportsKeys, SupportsPurge
from flask_session_conformance import StoreConformance
from flask_session_sqlalchemy import SqlAlchemyStore
from flask_session_sqlalchemy.engine import build
from sqlalchemy import Engine, Table, update

Put = Callable[[str], None]


class SqlConformance(StoreConformance):
    capabilities = frozenset({SupportsPurge, SupportsKeys})

    @pytest.fixture
    def store(self, store: SqlAlchemyStore) -> SqlAlchemyStore:
        return store

    @pytest.fixture
    def make_store(self, engine: Engine, table: Table) -> Callable[[], SqlAlchemyStore]:
        return lambda: SqlAlchemyStore(engine, table)

    @pytest.fixture
    def worker_config(self, url: str, table: Table) -> dict[str, Any]:
        return {
            "SESSION_TYPE": "sqlalchemy",
            "SESSION_SQLALCHEMY": url,
            "SESSION_SQLALCHEMY_TABLE": table.name,
        }

    @pytest.fixture
    def unreachable_url(self, url: str) -> Iterator[str]:
        with socket.socket() as bound:  # bound and not listening: connections are refused
            bound.bind(("127.0.0.1", 0))
            before, _, after = url.partition("@")
            name = after.partition("/")[2]
            yield f"{before}@127.0.0.1:{bound.getsockname()[1]}/{name}"

    @pytest.fixture
    def unreachable_store(self, unreachable_url: str) -> Iterator[SqlAlchemyStore]:
        store = SqlAlchemyStore(build(unreachable_url))
        yield store
        store.close()

    @pytest.fixture
    def put_foreign_value(self, store: SqlAlchemyStore, engine: Engine, table: Table) -> Put:
        def put(key: str) -> None:
            store.create(key, b"data", 60)
            with engine.connect() as connection:
                connection.execute(update(table).where(table.c.session_id == key).values(data=None))

        return put


class TestSqlite(SqlConformance):
    backend = "sqlite"

    @pytest.fixture
    def database(self) -> str:
        return self.backend

    @pytest.fixture
    def unreachable_url(self, tmp_path: Path) -> str:
        return f"sqlite:///{tmp_path / 'no such directory' / 'sessions.db'}"


class TestPostgresql(SqlConformance):
    backend = "postgresql"

    @pytest.fixture
    def database(self) -> str:
        return self.backend


class TestMariadb(SqlConformance):
    backend = "mariadb"

    @pytest.fixture
    def database(self) -> str:
        return self.backend
