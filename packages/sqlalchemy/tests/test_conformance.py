"""Every database keeps the store contract and the sessions' promises."""

from __future__ import annotations

import socket
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, ClassVar

import pytest
import sqlalchemy as sa
from flask_session.store import SupportsKeys, SupportsPurge
from flask_session_conformance import SessionConformance, StoreConformance
from flask_session_conformance.backend import (
    Backend,
    ConfigAt,
    Fault,
    LockElsewhere,
    not_applicable,
)
from flask_session_conformance.plugin import GetServer
from flask_session_conformance.servers import Server, start
from flask_session_sqlalchemy import SqlAlchemyStore
from flask_session_sqlalchemy.engine import build
from sqlalchemy import Engine, Table, event

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

    @pytest.fixture
    def lock_elsewhere(self, engine: Engine, table: Table) -> LockElsewhere:
        return lambda: locked(engine.url, table)


@contextmanager
def locked(url: sa.URL, table: Table) -> Iterator[None]:
    """Change every row elsewhere, without committing."""
    theirs = sa.create_engine(url)
    with theirs.connect() as connection:
        connection.execute(sa.update(table).values(data=b"theirs"))
        yield
    theirs.dispose()


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

    @pytest.fixture
    def crash(self) -> Iterator[Fault]:
        with start(self.backend, durable=True) as server:
            yield Fault(config_of(server.url), server.kill, server.restart)


class FileBackend(SqlBackend):
    """A database in a file."""

    crash = not_applicable("only the processes of the app, which share the file, can die")

    @pytest.fixture
    def read_only(self, url: str) -> Iterator[Fault]:
        yield from with_pragma(url, "PRAGMA query_only = ON", "PRAGMA query_only = OFF")

    @pytest.fixture
    def disk_full(self, url: str) -> Iterator[Fault]:
        as_many_as_there_are = "PRAGMA max_page_count = 1"
        yield from with_pragma(url, as_many_as_there_are, "PRAGMA max_page_count = 1000000")

    @pytest.fixture
    def unreachable_store(self, tmp_path: Path) -> SqlAlchemyStore:
        return SqlAlchemyStore(build(f"sqlite:///{tmp_path}/no such directory/sessions.db"))


def with_pragma(url: str, begin: str, end: str) -> Iterator[Fault]:
    """Let every connection to a file begin with a statement."""
    engine, statements = build(url), [end]

    def prepare(connection: Any, *rest: object) -> None:
        connection.execute(statements[-1])

    event.listen(engine, "checkout", prepare)
    config = {"SESSION_TYPE": "sqlalchemy", "SESSION_SQLALCHEMY": engine}
    yield Fault(config, lambda: statements.append(begin), lambda: statements.append(end))
    engine.dispose()


def config_of(url: str, table_name: str = "sessions") -> dict[str, Any]:
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


class OnPostgresql(ServerBackend):
    backend = "postgresql"

    @pytest.fixture
    def read_only(self) -> Iterator[Fault]:
        with start("postgresql") as server:

            def turn(state: str) -> None:
                setting = "default_transaction_read_only"
                administer(
                    server.url,
                    f"SET {setting} = off",
                    f"ALTER SYSTEM SET {setting} = {state}",
                    "SELECT pg_reload_conf()",
                )
                server.wait_until(lambda: administer(server.url, f"SHOW {setting}") == state)

            yield Fault(config_of(server.url), lambda: turn("on"), lambda: turn("off"))

    @pytest.fixture
    def disk_full(self) -> Iterator[Fault]:
        with start("postgresql", tmpfs=SMALL) as server:
            server.execute("mkdir", "-m", "700", "/small/space")
            administer(
                server.url,
                "CREATE TABLESPACE small LOCATION '/small/space'",
                "ALTER ROLE session SET default_tablespace = small",
            )
            yield Fault(config_of(server.url), lambda: fill(server), lambda: clear(server))


class OnMariadb(ServerBackend):
    backend = "mariadb"

    @pytest.fixture
    def read_only(self) -> Iterator[Fault]:
        with start("mariadb") as server:
            root = server.url.replace("session:session@", "root:session@")
            yield Fault(
                config_of(server.url),
                lambda: administer(root, "SET GLOBAL read_only = ON"),
                lambda: administer(root, "SET GLOBAL read_only = OFF"),
            )

    @pytest.fixture
    def disk_full(self) -> Iterator[Fault]:
        with start("mariadb", tmpfs=SMALL) as server:
            server.execute("sh", "-c", "mkdir /small/db && chown mysql /small/db")
            server.execute("ln", "-s", "/small/db", "/var/lib/mysql/small")
            root = server.url.replace("session:session@", "root:session@")
            administer(root, "GRANT ALL ON small.* TO session")
            config = config_of(server.url.removesuffix("session") + "small")
            yield Fault(config, lambda: fill(server), lambda: clear(server))


SMALL = {"/small": "size=16m,mode=1777"}


def fill(server: Server) -> None:
    """Fill the small disk."""
    server.execute("sh", "-c", "dd if=/dev/zero of=/small/fill bs=4k || true")


def clear(server: Server) -> None:
    """Make room again."""
    server.execute("rm", "/small/fill")


def administer(url: str, *statements: str) -> Any:
    """Run statements; answer the first value of the last one, if it has one."""
    engine = sa.create_engine(url, isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        results = [connection.exec_driver_sql(statement) for statement in statements]
        answer = results[-1].scalar() if results[-1].returns_rows else None
    engine.dispose()
    return answer


class TestPostgresql(OnPostgresql, StoreConformance): ...


class TestPostgresqlSessions(OnPostgresql, SessionConformance): ...


class TestMariadb(OnMariadb, StoreConformance): ...


class TestMariadbSessions(OnMariadb, SessionConformance): ...
