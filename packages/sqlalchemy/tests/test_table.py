"""The table: as Flask-Session 0.8 had it, made once, and taken as it is where it exists."""

from __future__ import annotations

import subprocess
import sys
from typing import Any

import pytest
import sqlalchemy as sa
from flask_session.store import Outcome, Record
from flask_session_sqlalchemy import SqlAlchemyStore, create_session_model
from flask_session_sqlalchemy.engine import build
from sqlalchemy import Engine, Table

from packages.sqlalchemy.tests.databases import Execute, columns_of, on_mariadb

SETUP = """
import os, sys
from flask_session_sqlalchemy import SqlAlchemyStore, create_session_model
from flask_session_sqlalchemy.engine import build

url, name = sys.argv[1:]
waiting, started = os.pipe()
children = []
for number in range(8):
    child = os.fork()
    if not child:
        os.close(started)
        store = SqlAlchemyStore(build(url), create_session_model(table_name=name).__table__)
        os.read(waiting, 1)
        store.setup()
        store.create(f"session:{number}", b"data", 60)
        store.close()
        os._exit(0)
    children.append(child)
os.close(started)
sys.exit(any(os.waitpid(child, 0)[1] for child in children))
"""

on_postgresql = pytest.mark.parametrize("database", ["postgresql"], indirect=True)
on_servers = pytest.mark.parametrize("database", ["postgresql", "mariadb"], indirect=True)


def test_the_table_is_made_at_the_first_use(store: SqlAlchemyStore, engine: Engine) -> None:
    assert store.load("session:nobody") is None
    assert sa.inspect(engine).has_table(store.table.name)


def test_nothing_is_sent_before_the_first_use(table: Table, engine: Engine) -> None:
    SqlAlchemyStore(engine, table)
    assert engine.pool.checkedin() == 0  # type: ignore[attr-defined]


def test_the_columns_are_those_of_0_8(store: SqlAlchemyStore, engine: Engine) -> None:
    store.setup()
    assert list(columns_of(engine, store.table)) == ["id", "session_id", "data", "expiry"]


def test_expiry_has_an_index_in_a_table_we_make(store: SqlAlchemyStore, engine: Engine) -> None:
    store.setup()
    indexes = sa.inspect(engine).get_indexes(store.table.name)
    assert ["expiry"] in [each["column_names"] for each in indexes]


@on_mariadb
def test_the_data_may_be_large_on_mariadb(store: SqlAlchemyStore, engine: Engine) -> None:
    store.setup()
    assert str(columns_of(engine, store.table)["data"]) == "LONGBLOB"


@on_mariadb
def test_ids_are_compared_as_bytes_on_mariadb(store: SqlAlchemyStore, engine: Engine) -> None:
    store.setup()
    assert columns_of(engine, store.table)["session_id"].collation == "ascii_bin"


def test_a_table_said_to_exist_is_not_looked_for(
    engine: Engine, old_table: Table, sent: list[str]
) -> None:
    store = SqlAlchemyStore(engine, old_table, table_exists=True)
    store.load("session:alice")
    assert [each for each in sent if "information_schema" not in each] == [sent[-1]]
    assert sent[-1].startswith("SELECT")


def test_a_table_said_to_exist_is_not_made(engine: Engine, table: Table) -> None:
    store = SqlAlchemyStore(engine, table, table_exists=True)
    with pytest.raises(store.errors):
        store.load("session:alice")
    assert not sa.inspect(engine).has_table(table.name)


def test_a_row_that_another_constraint_refuses_is_an_error(
    store: SqlAlchemyStore, engine: Engine, old_table: Table
) -> None:
    constraint = sa.CheckConstraint("expiry IS NULL", name="endless")
    narrow = sa.Table(f"n{old_table.name}", old_table.metadata, *copied(old_table), constraint)
    narrow.create(engine)
    with pytest.raises(store.errors, match="endless"):
        SqlAlchemyStore(engine, narrow).create("session:alice", b"data", 60)
    narrow.drop(engine)


def copied(table: Table) -> list[sa.Column[Any]]:
    return [sa.Column(each.name, each.type, primary_key=each.primary_key) for each in table.c]


@on_postgresql
def test_the_table_may_be_in_a_schema(engine: Engine, execute: Execute, table_name: str) -> None:
    execute(f"CREATE SCHEMA s{table_name}")
    table = create_session_model(table_name=table_name, schema=f"s{table_name}").__table__
    store = SqlAlchemyStore(engine, table)
    assert store.create("session:alice", b"data", 60) is True
    assert execute(f"SELECT count(*) FROM s{table_name}.{table_name}") == [(1,)]
    execute(f"DROP SCHEMA s{table_name} CASCADE")


@on_postgresql
def test_a_sequence_numbers_the_rows(engine: Engine, execute: Execute, table_name: str) -> None:
    table = create_session_model(table_name=table_name, sequence=f"q{table_name}").__table__
    SqlAlchemyStore(engine, table).create("session:alice", b"data", 60)
    assert execute(f"SELECT last_value FROM q{table_name}") == [(1,)]
    execute(f"DROP TABLE {table_name}")
    execute(f"DROP SEQUENCE IF EXISTS q{table_name}")


@pytest.mark.row("E9")
def test_eight_processes_make_one_table(url: str, table: Table, engine: Engine) -> None:
    subprocess.run([sys.executable, "-c", SETUP, url, table.name], check=True, timeout=60)
    with engine.connect() as connection:
        assert connection.execute(sa.select(sa.func.count()).select_from(table)).scalar() == 8


@on_postgresql
def test_the_rights_that_the_readme_names_are_enough(
    store: SqlAlchemyStore, engine: Engine, table_name: str, execute: Execute
) -> None:
    # Without the sequence every new session was a 503.
    store.setup()
    role = f"role_{table_name}"
    execute(f"CREATE ROLE {role} LOGIN PASSWORD 'session'")
    execute(f"GRANT SELECT, INSERT, UPDATE, DELETE ON {table_name} TO {role}")
    execute(f"GRANT USAGE ON SEQUENCE {table_name}_id_seq TO {role}")
    theirs = SqlAlchemyStore(build(str_of(engine.url.set(username=role))), store.table)
    try:
        theirs.setup()
        assert theirs.create("key", b"data", 60) is True
        assert theirs.update("key", b"new", 60, Record(b"data")) is Outcome.SAVED
        assert theirs.delete("key") is Outcome.DELETED
    finally:
        theirs.close()
        execute(f"DROP OWNED BY {role}")
        execute(f"DROP ROLE {role}")


def str_of(url: sa.URL) -> str:
    return url.render_as_string(hide_password=False)
