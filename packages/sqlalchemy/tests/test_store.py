"""What the store does beyond the contract: one statement a verb, batches, errors without ids."""

from __future__ import annotations

import logging
import time
import traceback
from collections.abc import Callable
from datetime import datetime, timedelta
from functools import partial
from threading import Event
from typing import Any

import pytest
import sqlalchemy as sa
from flask_session.store import Outcome, Record
from flask_session_conformance.threads import together
from flask_session_sqlalchemy import SqlAlchemyStore
from sqlalchemy import Engine, Table

Execute = Callable[[str], list[Any]]
PAST = datetime(2020, 1, 1)
on_servers = pytest.mark.parametrize("database", ["postgresql", "mariadb"], indirect=True)


@pytest.fixture
def record(store: SqlAlchemyStore) -> Record:
    store.create("session:alice", b"data", 60)
    return Record(b"data")


def fill(engine: Engine, table: Table, number: int, expiry: datetime) -> None:
    rows = [
        {"session_id": f"full:{each:06}", "data": b"data", "expiry": expiry}
        for each in range(number)
    ]
    theirs = sa.create_engine(engine.url)
    with theirs.begin() as connection:
        connection.execute(table.insert(), rows)
    theirs.dispose()


@pytest.mark.parametrize(
    "call",
    [
        lambda store, record: store.load("session:alice"),
        lambda store, record: store.create("session:bob", b"data", 60),
        lambda store, record: store.update("session:alice", b"new", 60, record),
        lambda store, record: store.touch("session:alice", 60),
        lambda store, record: store.delete("session:alice"),
        lambda store, record: store.delete("session:alice", record),
    ],
    ids=["load", "create", "update", "touch", "delete", "delete the expected"],
)
def test_a_verb_is_one_statement(
    store: SqlAlchemyStore, record: Record, sent: list[str], call: Callable[..., object]
) -> None:
    sent.clear()
    assert call(store, record)
    assert len(sent) == 1


def test_a_failed_compare_takes_one_more_statement(
    store: SqlAlchemyStore, record: Record, sent: list[str]
) -> None:
    sent.clear()
    assert store.update("session:alice", b"new", 60, Record(b"other")) is Outcome.CONFLICT
    assert len(sent) == 2


def refusal_of(store: SqlAlchemyStore, key: str, data: bytes) -> str:
    """Answer everything that is printed of the error when there is no table."""
    with pytest.raises(store.errors) as caught:
        store.create(key, data, 60)
    return "".join(traceback.format_exception(caught.value)) + repr(caught.value)


def test_the_text_of_an_error_names_neither_id_nor_data(engine: Engine, table: Table) -> None:
    text = refusal_of(SqlAlchemyStore(engine, table, table_exists=True), "alice", b"secret")
    assert "alice" not in text.replace('"alice"', "")
    assert "secret" not in text.replace('"secret"', "")


def test_an_engine_that_shows_parameters_shows_none_of_ours(url: str, table: Table) -> None:
    engine = sa.create_engine(url)
    text = refusal_of(SqlAlchemyStore(engine, table, table_exists=True), "alice", b"secret")
    engine.dispose()
    assert "alice" not in text.replace('"alice"', "")


@pytest.mark.row("D24")
def test_purge_deletes_in_batches(store: SqlAlchemyStore, engine: Engine, sent: list[str]) -> None:
    store.setup()
    fill(engine, store.table, 450, PAST)
    sent.clear()
    assert store.purge() == 450
    assert len([each for each in sent if each.startswith("DELETE")]) == 3


@pytest.mark.row("D24")
def test_purging_20_000_rows_makes_no_request_wait(store: SqlAlchemyStore, engine: Engine) -> None:
    store.setup()
    fill(engine, store.table, 20_000, PAST)
    store.create("session:alice", b"0", 60)
    done, slowest = Event(), timedelta(0)

    def purge() -> int:
        try:
            return store.purge()
        finally:
            done.set()

    def use() -> int:
        nonlocal slowest
        number = 0
        while not done.is_set():
            began = datetime.now()
            saved = store.update("session:alice", b"%d" % (number + 1), 60, Record(b"%d" % number))
            assert saved is Outcome.SAVED
            slowest, number = max(slowest, datetime.now() - began), number + 1
            time.sleep(0.01)
        return number

    assert together([purge, use])[0] == 20_000
    assert slowest < timedelta(seconds=2)


def test_two_purges_at_once_delete_each_row_once(store: SqlAlchemyStore, engine: Engine) -> None:
    store.setup()
    fill(engine, store.table, 1000, PAST)
    assert sum(together([store.purge] * 2)) == 1000


def test_keys_lists_more_than_a_page(store: SqlAlchemyStore, engine: Engine) -> None:
    store.setup()
    fill(engine, store.table, 450, datetime(2999, 1, 1))
    assert len({key for key, _ in store.keys("full:")}) == 450


def test_keys_lists_what_is_left_while_others_delete(
    store: SqlAlchemyStore, engine: Engine
) -> None:
    store.setup()
    fill(engine, store.table, 450, datetime(2999, 1, 1))
    seen = set()
    for key, _ in store.keys("full:"):
        seen.add(key)
        store.delete(key)
    assert len(seen) == 450


@pytest.mark.row("C11")
def test_sixteen_threads_share_the_engine(store: SqlAlchemyStore, engine: Engine) -> None:
    def visit(me: int) -> None:
        key = f"session:{me}"
        store.create(key, b"%d 0" % me, 60)
        for number in range(10):
            record = store.load(key)
            assert record is not None
            assert record.data == b"%d %d" % (me, number)
            new = b"%d %d" % (me, number + 1)
            assert store.update(key, new, 60, record) is Outcome.SAVED

    together([partial(visit, me) for me in range(16)])


def test_the_client_is_closed_only_if_it_is_ours(url: str, table: Table) -> None:
    theirs = sa.create_engine(url)
    store = SqlAlchemyStore(theirs, table)
    store.load("session:alice")
    store.close()
    assert theirs.pool.checkedin() == 1  # type: ignore[attr-defined]
    theirs.dispose()


def test_an_engine_handed_in_commits_each_verb(
    url: str, store: SqlAlchemyStore, table: Table
) -> None:
    theirs = sa.create_engine(url)
    SqlAlchemyStore(theirs, table).create("session:alice", b"data", 60)
    theirs.dispose()
    assert store.load("session:alice") is not None


def test_an_engine_handed_in_keeps_its_isolation_level(url: str, table: Table) -> None:
    theirs = sa.create_engine(url)
    SqlAlchemyStore(theirs, table).create("session:alice", b"data", 60)
    with theirs.connect() as connection:
        connection.execute(table.delete())
        connection.rollback()
        assert connection.execute(sa.select(sa.func.count()).select_from(table)).scalar() == 1
    theirs.dispose()


@pytest.mark.row("A12")
@pytest.mark.parametrize("options", [{}, {"logging_name": "theirs"}, {"echo": "debug"}])
def test_an_engine_of_the_app_logs_neither_ids_nor_data(
    url: str, table: Table, caplog: pytest.LogCaptureFixture, options: dict[str, Any]
) -> None:
    caplog.set_level(logging.DEBUG, "sqlalchemy.engine")
    engine = sa.create_engine(url, **options)
    store = SqlAlchemyStore(engine, table)
    store.create("session:alice", b"secret", 60)
    assert store.load("session:alice")
    assert [key for key, _ in store.keys("")] == ["session:alice"]
    assert "INSERT INTO" in caplog.text
    assert "alice" not in caplog.text
    assert "secret" not in caplog.text
    with engine.connect() as connection:
        connection.execute(sa.text("SELECT 'theirs' = :other"), {"other": "shown"})
    assert "shown" in caplog.text
    engine.dispose()
