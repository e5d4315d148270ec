"""Cleaning up and listing tables that are not as ours are."""

from __future__ import annotations

from typing import Any

import pytest
import sqlalchemy as sa
from flask_session_sqlalchemy import SqlAlchemyStore
from sqlalchemy import Engine, Table

from packages.sqlalchemy.tests.databases import FAR, PAST, Execute

on_postgresql = pytest.mark.parametrize("database", ["postgresql"], indirect=True)
on_sqlite = pytest.mark.parametrize("database", ["sqlite"], indirect=True)


def table_with(engine: Engine, name: str, id_type: Any, *, index: bool = True) -> Table:
    """Make a table whose rows are numbered in another way."""
    table = sa.Table(
        name, sa.MetaData(), sa.Column("id", id_type, primary_key=True, autoincrement=False),
        sa.Column("session_id", sa.String(255), unique=True), sa.Column("data", sa.LargeBinary),
        sa.Column("expiry", sa.DateTime, index=index),
    )  # fmt: skip
    table.metadata.create_all(engine)
    return table


@pytest.mark.parametrize("index", [True, False], ids=["with an index", "without"])
@pytest.mark.parametrize(
    ("id_type", "first"),
    [(sa.BigInteger(), 2**40), (sa.String(40), "a"), (sa.BigInteger(), -5)],
    ids=["big", "text", "negative"],
)
def test_rows_may_be_numbered_in_other_ways(
    engine: Engine, table_name: str, id_type: Any, first: Any, index: bool
) -> None:
    table = table_with(engine, table_name, id_type, index=index)
    rows = [
        {
            "id": first + number if isinstance(first, int) else f"{first}{number:05}",
            "session_id": f"key {number}", "data": b"old",
            "expiry": [PAST, FAR, None][number % 3],
        }
        for number in range(900)
    ]  # fmt: skip
    with engine.connect() as connection:
        connection.execute(table.insert(), rows)
    # The model may say less than the table: Flask-Session 0.8 numbered with an Integer.
    model = sa.Table(
        table_name, sa.MetaData(),
        *(column._copy() for column in table.columns if column.name != "id"),
        sa.Column("id", sa.Integer() if isinstance(first, int) else id_type, primary_key=True),
    )  # fmt: skip
    store = SqlAlchemyStore(engine, model)
    assert (store.purge(), store.limit_endless(60)) == (300, 300)
    assert len(list(store.keys("key"))) == 600


@on_sqlite
def test_purge_ends_where_rows_cannot_be_removed(
    store: SqlAlchemyStore,
    engine: Engine,
    execute: Execute,
    caplog: pytest.LogCaptureFixture,
) -> None:
    # A trigger, or row-level security, kept the request that cleans up at it for ever.
    name = store.database.table.name
    assert store.create("key", b"data", 60)
    execute(f"UPDATE {name} SET expiry = '2020-01-01 00:00:00.000000'")
    execute(f"CREATE TRIGGER keep BEFORE DELETE ON {name} BEGIN SELECT RAISE(IGNORE); END")
    assert store.purge() == 0
    assert "rows stay" in caplog.text


@on_sqlite
@pytest.mark.parametrize("kept", [1, 199, 300])
def test_what_is_behind_rows_that_stay_is_removed(
    store: SqlAlchemyStore, engine: Engine, execute: Execute, sent: list[str], kept: int
) -> None:
    # The oldest ones fill a batch, and are kept; or nearly, and each statement removed one more.
    table = store.database.table
    store.setup()
    old = [
        {"session_id": f"{kind} {number}", "data": b"old", "expiry": expiry}
        for kind, expiry in (("kept", PAST), ("old", PAST.replace(month=2)), ("live", FAR))
        for number in range(kept if kind == "kept" else 300)
    ]
    with engine.connect() as connection:
        connection.execute(table.insert(), old)
    sent.clear()
    execute(f"CREATE TRIGGER keep BEFORE DELETE ON {table.name} "
            "WHEN old.session_id LIKE 'kept%' BEGIN SELECT RAISE(IGNORE); END")  # fmt: skip
    assert store.purge() == 300
    assert len(sent) < 20
    assert execute(f"SELECT count(*) FROM {table.name}") == [(300 + kept,)]


def test_a_table_that_is_said_to_exist_and_does_not_is_a_declared_error(
    engine: Engine, table: Table
) -> None:
    store = SqlAlchemyStore(engine, table, table_exists=True)
    with pytest.raises(store.errors):
        store.purge()


def test_a_table_that_was_dropped_is_made_again(
    store: SqlAlchemyStore, engine: Engine, table: Table
) -> None:
    assert store.create("key", b"data", 60)
    table.drop(engine)
    with pytest.raises(store.errors):
        store.load("key")
    assert store.load("key") is None
    assert store.create("key", b"data", 60)


@on_postgresql
def test_schemas_may_be_translated(engine: Engine, execute: Execute, table: Table) -> None:
    execute(f"CREATE SCHEMA s_{table.name}")
    translated = engine.execution_options(schema_translate_map={None: f"s_{table.name}"})
    store = SqlAlchemyStore(translated, table)
    assert store.create("key", b"data", 60)
    assert store.purge() == 0
    assert execute(f"SELECT session_id FROM s_{table.name}.{table.name}") == [("key",)]
    execute(f"DROP SCHEMA s_{table.name} CASCADE")
