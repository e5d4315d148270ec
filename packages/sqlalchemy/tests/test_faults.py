"""Dead connections, silent servers, locks, full and read-only databases."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from flask_session.store import Outcome, Record
from flask_session_conformance.stores.base import loaded
from flask_session_sqlalchemy import SqlAlchemyStore
from flask_session_sqlalchemy.engine import build
from sqlalchemy import Engine, Table, event
from sqlalchemy.exc import DBAPIError, OperationalError

from packages.sqlalchemy.tests.databases import (
    KEY,
    SERVERS,
    at_most,
    connection_of,
    cut_connections,
)

on_servers = pytest.mark.parametrize("database", SERVERS, indirect=True)
on_sqlite = pytest.mark.parametrize("database", ["sqlite"], indirect=True)
CALLS: dict[str, Callable[[SqlAlchemyStore], object]] = {
    "load": lambda store: store.load(KEY),
    "create": lambda store: store.create("session:bob", b"data", 60),
    "update": lambda store: store.update(KEY, b"new", 60, Record(b"data")) is Outcome.SAVED,
    "touch": lambda store: store.touch(KEY, 60),
    "delete": lambda store: store.delete(KEY, Record(b"data")) is Outcome.DELETED,
}
every_call = pytest.mark.parametrize("call", CALLS.values(), ids=CALLS)
every_write = pytest.mark.parametrize(
    "call",
    [CALLS[name] for name in ("update", "touch", "delete")],
    ids=["update", "touch", "delete"],
)
FORK = """
import ctypes, os, sys
from flask_session_sqlalchemy import SqlAlchemyStore, create_session_model
from flask_session_sqlalchemy.engine import build

url, name, *hooks = sys.argv[1:]
store = SqlAlchemyStore(build(url), create_session_model(table_name=name).__table__)
assert store.create("parent", b"parent", 60)

def work(key):
    for number in range(100):
        store.create(f"{key} {number}", f"{key} {number}".encode(), 60)
        assert store.load(f"{key} {number}").data == f"{key} {number}".encode()

fork = os.fork if hooks else ctypes.PyDLL(None).fork
children = []
for child in range(4):
    number = fork()
    if not number:
        work(f"child{child}")
        store.close()
        os._exit(0)
    children.append(number)
work("parent")
assert [os.waitpid(child, 0)[1] for child in children] == [0] * 4
assert store.load("parent").data == b"parent"
store.close()
"""


@pytest.fixture
def filled(store: SqlAlchemyStore) -> SqlAlchemyStore:
    """Provide the store with a record of alice's."""
    assert store.create(KEY, b"data", 60)
    return store


@contextmanager
def locked(engine: Engine, table: Table) -> Iterator[None]:
    """Change alice's row elsewhere, without committing."""
    theirs = sa.create_engine(engine.url)
    with theirs.connect() as connection:
        connection.execute(sa.update(table).values(data=b"theirs"))
        yield
    theirs.dispose()


@pytest.mark.row("D8")
@on_servers
@every_call
def test_a_verb_survives_that_its_idle_connection_was_cut(
    filled: SqlAlchemyStore, url: str, call: Callable[[SqlAlchemyStore], object]
) -> None:
    cut_connections(url)
    assert call(filled)


@pytest.mark.row("D13")
@every_write
def test_a_lock_held_elsewhere_is_waited_for_two_seconds_at_most(
    filled: SqlAlchemyStore, engine: Engine, call: Callable[[SqlAlchemyStore], object]
) -> None:
    with locked(engine, filled.table), at_most(2.5), pytest.raises(filled.errors):
        call(filled)
    assert loaded(filled, KEY).data == b"data"


@on_servers
@every_write
def test_it_is_the_server_that_gives_up_waiting_for_a_lock(
    filled: SqlAlchemyStore,
    engine: Engine,
    call: Callable[[SqlAlchemyStore], object],
) -> None:
    # If the driver gave up first, the statement would go on, and write once the lock is free.
    with locked(engine, filled.table):
        connected = connection_of(engine)
        with pytest.raises(filled.errors) as caught:
            call(filled)
        assert isinstance(caught.value, DBAPIError)
        assert not caught.value.connection_invalidated
        assert connection_of(engine) == connected


@pytest.mark.parametrize("database", ["postgresql"], indirect=True)
@pytest.mark.parametrize("level", ["repeatable read", "serializable"])
def test_a_collision_is_a_conflict_at_every_isolation_level(
    filled: SqlAlchemyStore, url: str, execute: Callable[[str], list[Any]], level: str
) -> None:
    # "could not serialize access due to concurrent update" was a failure of the store.
    option = f"-c default_transaction_isolation={level.replace(' ', chr(92) + ' ')}"
    engine = build(url, {"connect_args": {"options": option}})
    ours, other = SqlAlchemyStore(engine, filled.table), sa.create_engine(url)
    assert ours.load(KEY)
    with ThreadPoolExecutor() as threads, other.connect() as connection:
        connection.execute(filled.table.update().values(data=b"theirs"))
        outcome = threads.submit(ours.update, KEY, b"ours", 60, Record(b"data"))
        while not execute("SELECT 1 FROM pg_locks WHERE NOT granted"):
            assert not outcome.done()
        connection.commit()
        assert outcome.result() is Outcome.CONFLICT
    other.dispose()
    engine.dispose()


@pytest.mark.row("D13")
def test_a_record_that_is_locked_elsewhere_can_be_read(
    filled: SqlAlchemyStore, engine: Engine
) -> None:
    with locked(engine, filled.table):
        assert filled.load(KEY) is not None


@pytest.mark.row("E5")
@on_sqlite
def test_the_error_of_a_locked_file_names_the_remedy(
    filled: SqlAlchemyStore, engine: Engine
) -> None:
    with locked(engine, filled.table), pytest.raises(OperationalError, match="file of their own"):
        filled.touch(KEY, 60)


@pytest.mark.row("D10")
@every_write
def test_a_read_only_database_refuses_writes_and_is_read(
    filled: SqlAlchemyStore, url: str, call: Callable[[SqlAlchemyStore], object]
) -> None:
    with ExitStack() as stack:
        reader = SqlAlchemyStore(read_only(url), filled.table)
        stack.callback(reader.close)
        assert reader.load(KEY) is not None
        with pytest.raises(reader.errors):
            call(reader)
        assert filled.load(KEY) is not None


def read_only(url: str) -> Engine:
    """Make an engine of our own whose connections cannot write."""
    arguments: dict[str, Any] = {
        "postgresql": {"options": "-c default_transaction_read_only=on"},
        "mysql": {"init_command": "SET SESSION TRANSACTION READ ONLY"},
        "sqlite": {},
    }[sa.make_url(url).get_backend_name()]
    if url.startswith("sqlite:"):
        url = f"sqlite:///file:{sa.make_url(url).database}?mode=ro&uri=true"
    return build(url, {"connect_args": arguments})


@pytest.mark.row("D11")
@on_sqlite
def test_a_full_disk_refuses_a_write_and_leaves_the_record(
    filled: SqlAlchemyStore, engine: Engine
) -> None:
    event.listen(engine, "checkout", limit_pages)
    with pytest.raises(filled.errors, match="full"):
        filled.update(KEY, bytes(1_000_000), 60, Record(b"data"))
    assert loaded(filled, KEY).data == b"data"


def limit_pages(connection: Any, *rest: object) -> None:
    connection.execute("PRAGMA max_page_count = 1")  # as many as there are already


@pytest.mark.row("E1", "E2")
@pytest.mark.parametrize("hooks", [["hooks"], []], ids=["os.fork", "as uWSGI forks"])
def test_forked_workers_do_not_share_a_connection(url: str, table: Table, hooks: list[str]) -> None:
    # uWSGI forks in C, without Python's hooks: workers answered with each other's sessions.
    command = [sys.executable, "-c", FORK, url, table.name, *hooks]
    subprocess.run(command, check=True, timeout=60)


@on_sqlite
def test_a_missing_directory_is_a_declared_error(tmp_path: Path, database: str) -> None:
    store = SqlAlchemyStore(build(f"sqlite:///{tmp_path}/none/sessions.db"))
    with pytest.raises(store.errors):
        store.load(KEY)
