"""Every database keeps the store contract and the sessions' promises."""

from __future__ import annotations

import socket
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, ClassVar

import pytest
from flask_session.store import SupportsKeys, SupportsPurge
from flask_session_conformance import SessionConformance, StoreConformance
from flask_session_conformance.backend import Backend, ConfigAt
from flask_session_conformance.plugin import GetServer
from flask_session_sqlalchemy import SqlAlchemyStore
from flask_session_sqlalchemy.engine import build
from sqlalchemy import Engine, Table

Put = Callable[[str], None]


class SqlBackend(Backend):
    """A table in a database, reached through a URL."""

    capabilities: ClassVar[frozenset[type]] = frozenset({SupportsPurge, SupportsKeys})

    @pytest.fixture
    def database(self) -> str:
        return self.backend

    @pytest.fixture
    def store(self, store: SqlAlchemyStore) -> SqlAlchemyStore:
        return store

    @pytest.fixture
    def make_store(self, engine: Engine, table: Table) -> Callable[[], SqlAlchemyStore]:
        return lambda: SqlAlchemyStore(engine, table)

    @pytest.fixture
    def config(self, url: str, table_name: str) -> dict[str, Any]:
        return config_of(url, table_name)

    @pytest.fixture
    def worker_config(self, config: dict[str, Any]) -> dict[str, Any]:
        return config

    @pytest.fixture
    def put_foreign_value(self, store: SqlAlchemyStore, engine: Engine, table: Table) -> Put:
        def put(key: str) -> None:
            store.create(key, b"data", 60)
            with engine.connect() as connection:
                row = table.c.session_id == key
                connection.execute(table.update().where(row).values(data=None))

        return put


class ServerBackend(SqlBackend):
    """A database with a server of its own."""

    @pytest.fixture
    def server_address(self, server: GetServer) -> tuple[str, int]:
        return server(self.backend).host, server(self.backend).port

    @pytest.fixture
    def config_at(self, server: GetServer, table_name: str) -> ConfigAt:
        running = server(self.backend)
        return lambda host, port: config_of(running.url_at(f"{host}:{port}"), table_name)

    @pytest.fixture
    def unreachable_store(self, server: GetServer) -> Iterator[SqlAlchemyStore]:
        with socket.socket() as bound:  # bound and not listening: connections are refused
            bound.bind(("127.0.0.1", 0))
            address = f"127.0.0.1:{bound.getsockname()[1]}"
            store = SqlAlchemyStore(build(server(self.backend).url_at(address)))
            yield store
            store.close()


class FileBackend(SqlBackend):
    """A database in a file."""

    @pytest.fixture
    def unreachable_store(self, tmp_path: Path) -> SqlAlchemyStore:
        return SqlAlchemyStore(build(f"sqlite:///{tmp_path}/no such directory/sessions.db"))


def config_of(url: str, table_name: str) -> dict[str, Any]:
    """Answer what an app is configured with."""
    return {
        "SESSION_TYPE": "sqlalchemy",
        "SESSION_SQLALCHEMY": url,
        "SESSION_SQLALCHEMY_TABLE": table_name,
    }


class TestSqlite(FileBackend, StoreConformance):
    backend = "sqlite"


class TestSqliteSessions(FileBackend, SessionConformance):
    backend = "sqlite"


class TestPostgresql(ServerBackend, StoreConformance):
    backend = "postgresql"


class TestPostgresqlSessions(ServerBackend, SessionConformance):
    backend = "postgresql"


class TestMariadb(ServerBackend, StoreConformance):
    backend = "mariadb"


class TestMariadbSessions(ServerBackend, SessionConformance):
    backend = "mariadb"
