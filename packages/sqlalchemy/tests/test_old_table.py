"""Tables as Flask-Session 0.4 to 0.8 made them, used where they lie."""

from __future__ import annotations

from datetime import datetime

import pytest
import sqlalchemy as sa
from flask_session.errors import SessionTooLarge
from flask_session.store import Outcome, Record
from flask_session_sqlalchemy import SqlAlchemyStore
from sqlalchemy import Engine, Table

from packages.sqlalchemy.tests.databases import FAR, PAST, columns_of, on_mariadb


def put(engine: Engine, table: Table, key: str, expiry: datetime | None) -> None:
    row = {"session_id": key, "data": b"old", "expiry": expiry}
    with engine.connect() as connection:
        connection.execute(table.insert().values(row))


def test_a_row_of_0_8_is_found_where_it_lies(
    store: SqlAlchemyStore, engine: Engine, old_table: Table
) -> None:
    put(engine, old_table, "session:alice", datetime(2999, 1, 1))
    record = store.load("session:alice")
    assert record is not None
    assert (record.data, record.expires_at) == (b"old", 32472144000.0)


def test_an_existing_table_is_left_as_it_is(
    store: SqlAlchemyStore, engine: Engine, old_table: Table
) -> None:
    before = repr(columns_of(engine, old_table))
    store.create("session:alice", b"data", 60)
    assert repr(columns_of(engine, old_table)) == before
    indexes = sa.inspect(engine).get_indexes(old_table.name)
    assert ["expiry"] not in [each["column_names"] for each in indexes]


def test_a_row_without_an_expiry_counts_as_expired(
    store: SqlAlchemyStore, engine: Engine, old_table: Table
) -> None:
    put(engine, old_table, "session:alice", None)
    assert store.load("session:alice") is None
    assert store.touch("session:alice", 60) is False
    assert store.update("session:alice", b"new", 60, Record(b"old")) is Outcome.GONE


def test_create_takes_over_a_row_without_an_expiry(
    store: SqlAlchemyStore, engine: Engine, old_table: Table
) -> None:
    put(engine, old_table, "session:alice", None)
    assert store.create("session:alice", b"new", 60) is True


def test_purge_leaves_rows_without_an_expiry_for_the_migration(
    store: SqlAlchemyStore, engine: Engine, old_table: Table
) -> None:
    put(engine, old_table, "session:alice", None)
    assert store.purge() == 0


def test_rows_without_an_expiry_can_be_given_one(
    store: SqlAlchemyStore, engine: Engine, old_table: Table
) -> None:
    for number in range(450):
        put(engine, old_table, f"session:{number}", None)
    store.create("session:bob", b"data", 5)
    assert store.limit_endless(3600) == 450
    told = dict(store.keys("session:"))
    assert len(told) == 451
    assert min(told, key=lambda key: told[key] or 0) == "session:bob"


@on_mariadb
def test_case_matters_in_a_table_that_ignores_it(store: SqlAlchemyStore, old_table: Table) -> None:
    store.create("session:abc", b"data", 60)
    assert store.load("session:ABC") is None
    assert store.delete("session:ABC") is Outcome.GONE


@on_mariadb
def test_the_64_kb_of_an_old_column_are_a_limit(store: SqlAlchemyStore, old_table: Table) -> None:
    store.create("session:abc", b"data", 60)
    with pytest.raises(SessionTooLarge):
        store.update("session:abc", bytes(65536), 60, Record(b"data"))
    with pytest.raises(SessionTooLarge):
        SqlAlchemyStore(store.database.engine, old_table).create("session:new", bytes(65536), 60)


@on_mariadb
def test_64_kb_fit_into_an_old_column(store: SqlAlchemyStore, old_table: Table) -> None:
    assert store.create("session:abc", bytes(65535), 60) is True


def test_a_table_of_0_8_is_purged_without_reading_it_for_each_batch(
    engine: Engine, old_table: Table, sent: list[str]
) -> None:
    # It has no index on expiry: sorting a large one for each batch took longer than is waited.
    store = SqlAlchemyStore(engine, old_table)
    for number in range(500):
        put(engine, old_table, f"key {number:03}", FAR if number % 2 else PAST)
    sent.clear()
    assert store.purge() == 250
    assert not [each for each in sent if "ORDER BY" in each and "expiry" in each.split("ORDER")[1]]
    assert [key for key, _ in store.keys("")] == [f"key {number:03}" for number in range(1, 500, 2)]


def test_rows_without_an_expiry_in_a_table_of_0_8_can_be_given_one(
    engine: Engine, old_table: Table
) -> None:
    store = SqlAlchemyStore(engine, old_table)
    for number in range(450):
        put(engine, old_table, f"key {number:03}", None if number % 2 else PAST)
    assert store.limit_endless(60) == 225
    assert len(list(store.keys(""))) == 225
