"""The two indexes, made on first use or by setup, and the rest of the housekeeping."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from datetime import datetime, timedelta, timezone
from threading import Thread
from typing import Any

import pytest
from flask_session_mongodb import MongoDBStore, upkeep
from flask_session_mongodb.client import build
from pymongo import MongoClient
from pymongo.collection import Collection

KEY = "session:0b5e6ae2-5a0e-4c0c-9a52-1d3bd7a9f4a1"
FailPoint = Callable[..., AbstractContextManager[None]]


@pytest.fixture
def refused(fail_point: FailPoint) -> Iterator[None]:
    """Let the server answer as it does to a role without the right to create indexes."""
    with fail_point("failCommand", failCommands=["createIndexes"], errorCode=13):
        yield


def put_duplicates(documents: Collection[Any]) -> None:
    expiration = datetime.now(timezone.utc) + timedelta(seconds=60)
    documents.insert_many([{"id": KEY, "val": b"x", "expiration": expiration} for _ in range(3)])


def test_first_use_makes_a_unique_index(store: MongoDBStore, documents: Collection[Any]) -> None:
    store.load(KEY)
    assert documents.index_information()["id_1"]["unique"] is True


def test_first_use_makes_the_index_that_lets_the_server_sweep(
    store: MongoDBStore, documents: Collection[Any]
) -> None:
    store.load(KEY)
    assert documents.index_information()["expiration_1"]["expireAfterSeconds"] == 0


def test_the_server_sweeps_an_expired_document(
    store: MongoDBStore, documents: Collection[Any]
) -> None:
    store.create(KEY, b"data", 1)
    deadline = time.monotonic() + 10
    while documents.count_documents({}):
        assert time.monotonic() < deadline
        time.sleep(0.1)


def test_the_index_of_0_8_is_used_as_it_is(
    store: MongoDBStore, documents: Collection[Any], caplog: pytest.LogCaptureFixture
) -> None:
    documents.create_index("expiration", expireAfterSeconds=0)
    store.load(KEY)
    assert caplog.messages == []


@pytest.mark.usefixtures("refused")
def test_a_role_that_may_not_create_indexes_keeps_sessions(store: MongoDBStore) -> None:
    assert store.create(KEY, b"data", 60) is True
    assert store.create(KEY, b"data", 60) is False


def test_a_role_that_may_not_create_indexes_uses_those_it_finds(
    store: MongoDBStore, documents: Collection[Any], fail_point: FailPoint,
    caplog: pytest.LogCaptureFixture,
) -> None:  # fmt: skip
    documents.create_index("id", unique=True)
    documents.create_index("expiration", expireAfterSeconds=0)
    with fail_point("failCommand", failCommands=["createIndexes"], errorCode=13):
        store.setup()
    assert caplog.messages == []


@pytest.mark.parametrize("options", [{}, {"unique": True, "name": "theirs", "sparse": False}])
def test_only_a_unique_index_counts_whatever_its_name(
    store: MongoDBStore, documents: Collection[Any], fail_point: FailPoint,
    caplog: pytest.LogCaptureFixture, options: dict[str, Any],
) -> None:  # fmt: skip
    documents.create_index("id", **options)
    with fail_point("failCommand", failCommands=["createIndexes"], errorCode=13):
        store.setup()
    assert [f"{documents.name}.id " in line for line in caplog.messages] == (
        [False] if options else [True, False]
    )


@pytest.mark.usefixtures("refused")
def test_without_the_unique_index_a_document_of_0_8_is_not_created_again(
    store: MongoDBStore, documents: Collection[Any]
) -> None:
    put_duplicates(documents)
    assert store.create(KEY, b"data", 60) is False
    assert documents.count_documents({"val": b"data"}) == 0


@pytest.mark.usefixtures("refused")
def test_a_refused_index_is_logged_once(
    store: MongoDBStore, caplog: pytest.LogCaptureFixture
) -> None:
    store.load(KEY)
    store.load(KEY)
    assert [record.levelno for record in caplog.records] == [logging.WARNING] * 2
    assert {"sessions.id", "sessions.expiration"} == {
        text.partition(" index on ")[2].partition(" ")[0] for text in caplog.messages
    }


def test_duplicates_are_tolerated_on_first_use(
    store: MongoDBStore, documents: Collection[Any]
) -> None:
    put_duplicates(documents)
    assert store.load(KEY) is not None
    assert "id_1" not in documents.index_information()


def test_the_log_line_about_duplicates_tells_no_id(
    store: MongoDBStore, documents: Collection[Any], caplog: pytest.LogCaptureFixture
) -> None:
    put_duplicates(documents)
    store.load(KEY)
    assert "error 11000" in caplog.text
    assert KEY not in caplog.text


def test_setup_removes_duplicates_and_makes_the_unique_index(
    store: MongoDBStore, documents: Collection[Any]
) -> None:
    put_duplicates(documents)
    store.setup()
    assert documents.count_documents({}) == 1
    assert documents.index_information()["id_1"]["unique"] is True


@pytest.mark.parametrize(
    ("verb", "command"),
    [(MongoDBStore.purge, "delete"), (lambda store: store.limit_endless(60), "update")],
)
def test_the_housekeeping_may_take_longer_than_a_request(
    url: str, documents: Collection[Any], fail_point: FailPoint,
    verb: Callable[[MongoDBStore], int], command: str,
) -> None:  # fmt: skip
    past = datetime(2020, 1, 1, tzinfo=timezone.utc)
    documents.create_index("expiration")  # in place of the one by which the server sweeps
    documents.insert_many([{"id": "a", "val": b"x"}, {"id": "b", "val": b"x", "expiration": past}])
    slow = fail_point("failCommand", failCommands=[command], blockConnection=True, blockTimeMS=1500)
    with build(url) as client, slow:
        assert verb(MongoDBStore(client, documents.database.name)) == 1


def test_setup_leaves_documents_of_another_shape(
    store: MongoDBStore, documents: Collection[Any]
) -> None:
    documents.insert_many([{"other": 1}, {"other": 2}])
    store.setup()
    assert documents.count_documents({"other": {"$exists": True}}) == 2


def test_an_index_that_takes_long_does_not_hold_up_the_first_request(
    url: str, documents: Collection[Any], fail_point: FailPoint
) -> None:
    documents.insert_one({"other": 1})
    with build(url) as client, fail_point("hangAfterStartingIndexBuild"):
        store = MongoDBStore(client, documents.database.name)
        began = time.monotonic()
        assert store.create(KEY, b"data", 60) is True
        assert time.monotonic() - began < 2
    assert "id_1" not in documents.index_information()


def test_the_index_is_made_again_where_the_server_was_away_at_first(
    client: MongoClient[Any], documents: Collection[Any], fail_point: FailPoint
) -> None:
    store = MongoDBStore(client, documents.database.name)
    with (
        fail_point("failCommand", failCommands=["createIndexes"], closeConnection=True),
        pytest.raises(store.errors),
    ):
        store.load(KEY)
    store.load(KEY)
    assert "id_1" in documents.index_information()


def test_purge_leaves_no_expired_document_of_several_batches(
    store: MongoDBStore, documents: Collection[Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(upkeep, "BATCH", 7)
    store.clock = lambda: time.time() + 120  # ahead of the server's, which removes some itself
    soon = datetime.now(timezone.utc) + timedelta(seconds=60)
    documents.insert_many([{"id": f"{KEY}{n}", "expiration": soon} for n in range(30)])
    assert store.purge() == 30


def test_a_document_without_a_date_can_be_given_a_lifetime(
    store: MongoDBStore, documents: Collection[Any]
) -> None:
    documents.insert_one({"id": KEY, "val": b"theirs", "expiration": None})
    assert store.limit_endless(60) == 1
    record = store.load(KEY)
    assert record is not None
    assert record.expires_at == pytest.approx(time.time() + 60, abs=5)


def test_dated_documents_keep_their_date_when_others_are_given_one(
    store: MongoDBStore, documents: Collection[Any]
) -> None:
    store.create(KEY, b"data", 600)
    documents.insert_one({"other": 1})
    assert store.limit_endless(60) == 0


@pytest.mark.parametrize(
    "upkeep",
    [
        MongoDBStore.setup,
        MongoDBStore.purge,
        lambda store: store.limit_endless(60),
        lambda store: next(store.keys("session:")),
    ],
    ids=["setup", "purge", "limit_endless", "keys"],
)
def test_an_upkeep_does_not_wait_for_a_server_that_is_away(
    monkeypatch: pytest.MonkeyPatch, upkeep: Callable[[MongoDBStore], object]
) -> None:
    # It waited for an hour, the time that an upkeep may take; a store that had been used before
    # did so for its other verbs, too.
    store = MongoDBStore(build("mongodb://127.0.0.1:1/"), owns_client=True)
    monkeypatch.setattr(store._preparation, "is_done", True)
    raised: list[Exception] = []

    def work() -> None:
        try:
            upkeep(store)
        except store.errors as error:
            raised.append(error)

    thread = Thread(target=work, daemon=True)
    thread.start()
    thread.join(5)
    assert not thread.is_alive()
    assert raised
    store.close()
