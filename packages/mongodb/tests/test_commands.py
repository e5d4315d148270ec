"""What pymongo adds to a command, and a command that is run as it is has to bring along."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from typing import Any

import pytest
from flask_session.store import Outcome, Record
from flask_session_conformance.stores.base import loaded
from flask_session_mongodb import MongoDBStore
from pymongo import MongoClient, monitoring
from pymongo.collection import Collection
from pymongo.errors import AutoReconnect, OperationFailure, WriteConcernError, WriteError

KEY = "session:0b5e6ae2-5a0e-4c0c-9a52-1d3bd7a9f4a1"
FailPoint = Callable[..., AbstractContextManager[None]]
CALLS: dict[str, Callable[[MongoDBStore], bool]] = {
    "find": lambda store: store.load(KEY) is not None,
    "update": lambda store: store.touch(KEY, 60),
}


@pytest.fixture(autouse=True)
def _one_record(store: MongoDBStore) -> None:
    store.create(KEY, b"data", 60)


@contextmanager
def made_with(url: str, database: str, **options: Any) -> Iterator[MongoDBStore]:
    """Provide a store whose client has some options, ready for its first command."""
    with MongoClient[Any](url, **options) as client:
        store = MongoDBStore(client, database)
        store._preparation.is_done = True
        yield store


@pytest.mark.parametrize("name", CALLS)
def test_a_lost_connection_is_tried_again_once(
    url: str, database: str, fail_point: FailPoint, name: str
) -> None:
    with made_with(url, database) as store:
        lost = {"failCommands": [name], "closeConnection": True}
        with fail_point("failCommand", {"times": 1}, **lost):
            assert CALLS[name](store)
        with fail_point("failCommand", {"times": 2}, **lost), pytest.raises(AutoReconnect):
            CALLS[name](store)


@pytest.mark.parametrize("name", CALLS)
def test_nothing_is_repeated_for_a_client_without_retries(
    url: str, database: str, fail_point: FailPoint, name: str
) -> None:
    with made_with(url, database, retryReads=False, retryWrites=False) as store:
        lost = {"failCommands": [name], "closeConnection": True}
        with fail_point("failCommand", {"times": 1}, **lost), pytest.raises(AutoReconnect):
            CALLS[name](store)


def test_an_update_whose_answer_was_lost_is_saved(
    url: str, database: str, documents: Collection[Any]
) -> None:
    """The second attempt finds the new data in place of the old."""
    with made_with(url, database) as store:
        found = loaded(store, KEY)
        store.update(KEY, b"new", 60, found)
        assert store.update(KEY, b"new", 60, found) is Outcome.SAVED
    (document,) = documents.find({"id": KEY})
    assert document["val"] == b"new"


def test_a_write_that_is_not_confirmed_as_asked_is_an_error(
    url: str, database: str, fail_point: FailPoint
) -> None:
    problem = {"code": 64, "codeName": "WriteConcernFailed", "errmsg": "waiting timed out"}
    with (
        made_with(url, database) as store,
        fail_point("failCommand", failCommands=["update"], writeConcernError=problem),
        pytest.raises(WriteConcernError) as caught,
    ):
        store.update(KEY, b"new", 60, Record(b"data"))
    assert caught.value.code == 64


@pytest.mark.parametrize("repeats", [True, False])
def test_a_primary_that_steps_down_during_a_write_is_as_good_as_a_lost_connection(
    url: str, database: str, documents: Collection[Any], fail_point: FailPoint, repeats: bool
) -> None:
    # It says so inside of an answer: with retryWrites, too, some changes were a 503.
    problem = {"code": 11602, "codeName": "InterruptedDueToReplStateChange", "errmsg": "stepped"}
    lost = {"failCommands": ["update"], "writeConcernError": problem}
    with (
        made_with(url, database, retryWrites=repeats) as store,
        fail_point("failCommand", {"times": 1}, **lost),
        nullcontext() if repeats else pytest.raises(WriteConcernError),
    ):
        assert store.update(KEY, b"new", 60, Record(b"data")) is Outcome.SAVED
    assert [each["val"] for each in documents.find({"id": KEY})] == [b"new"]


def test_a_write_that_the_collection_refuses_is_an_error(
    url: str, database: str, documents: Collection[Any]
) -> None:
    with made_with(url, database) as store:
        documents.database.command("collMod", documents.name, validator={"val": b"data"})
        with pytest.raises(WriteError) as caught:
            store.update(KEY, b"new", 60, Record(b"data"))
    assert caught.value.code == 121
    (document,) = documents.find({"id": KEY})
    assert document["val"] == b"data"


@pytest.mark.parametrize(
    ("option", "value", "name"), [("w", 2, "update"), ("readConcernLevel", "linearizable", "find")]
)
def test_the_concern_of_the_client_is_sent(
    url: str, database: str, option: str, value: object, name: str
) -> None:
    """A server without others cannot do either, and says so."""
    with made_with(url, database) as store:
        assert CALLS[name](store)
    options = {option: value}
    with (
        made_with(url, database, **options) as store,
        pytest.raises(OperationFailure, match="repl"),
    ):
        CALLS[name](store)


class Names(monitoring.CommandListener):
    """Collects the names of commands, as a tracer does."""

    def __init__(self) -> None:
        self.names: list[str] = []

    def started(self, event: monitoring.CommandStartedEvent) -> None:
        self.names.append(event.command_name)

    def succeeded(self, event: monitoring.CommandSucceededEvent) -> None:
        pass

    def failed(self, event: monitoring.CommandFailedEvent) -> None:
        pass


def test_a_tracer_sees_the_commands(url: str, database: str) -> None:
    tracer = Names()
    with made_with(url, database, event_listeners=[tracer]) as store:
        tracer.names.clear()
        store.update(KEY, b"new", 60, loaded(store, KEY))
    assert tracer.names[:2] == ["find", "update"]


def test_the_data_is_bytes_whatever_the_clients_options(url: str, database: str) -> None:
    with made_with(url, database, tz_aware=True, uuidRepresentation="standard") as store:
        found = loaded(store, KEY)
    assert type(found.data) is bytes
    assert isinstance(found.expires_at, float)
