"""The table: made when it is first missed or by setup, never where it is said to exist."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import closing
from functools import partial
from typing import Any

import pytest
from botocore.exceptions import ClientError
from flask_session.store import Outcome, Record
from flask_session_conformance.servers import start
from flask_session_conformance.threads import together
from flask_session_dynamodb import DynamoDBStore
from flask_session_dynamodb.client import build

KEY = "session:LN7qKhsI2CPWMq18ZhO6t-xmvG0g5ExsHDEbpCdbmq0"
RIGHTS = {"GetItem", "PutItem", "UpdateItem", "DeleteItem"}
Sweeps = Callable[[], bool]


@pytest.fixture
def sweeps(administrator: Any, table_name: str) -> Sweeps:
    """Provide a function that tells whether the server removes what has expired."""

    def enabled() -> bool:
        answer = administrator.describe_time_to_live(TableName=table_name)
        description = answer["TimeToLiveDescription"]
        return bool(
            description["TimeToLiveStatus"] == "ENABLED"
            and description["AttributeName"] == "expiration"
        )

    return enabled


@pytest.fixture
def operations(store: DynamoDBStore) -> list[str]:
    """Provide the names of the commands that the store sends, in order."""
    names: list[str] = []

    def note(event_name: str, **_: Any) -> None:
        names.append(event_name.rpartition(".")[2])

    store._items.client.meta.events.register("before-call.dynamodb", note)
    return names


@pytest.fixture
def existing(store: DynamoDBStore, table_name: str) -> DynamoDBStore:
    """Provide a store that is told that its table exists."""
    return DynamoDBStore(store._items.client, table_name, table_exists=True)


def test_making_a_store_sends_nothing(store: DynamoDBStore, operations: list[str]) -> None:
    assert operations == []


def test_first_use_makes_the_table(store: DynamoDBStore, administrator: Any) -> None:
    assert store.create(KEY, b"data", 60) is True
    table = administrator.describe_table(TableName=store.table_name)["Table"]
    assert table["KeySchema"] == [{"AttributeName": "id", "KeyType": "HASH"}]
    assert table["BillingModeSummary"]["BillingMode"] == "PAY_PER_REQUEST"


def test_the_process_that_made_the_table_lets_it_sweep(
    store: DynamoDBStore, sweeps: Sweeps
) -> None:
    store.load(KEY)
    store.load(KEY)
    assert sweeps()


def test_setup_makes_a_table_that_sweeps(store: DynamoDBStore, sweeps: Sweeps) -> None:
    store.setup()
    assert sweeps()


def test_setup_leaves_a_table_of_0_8_as_it_is(
    store: DynamoDBStore, table_of_0_8: str, sweeps: Sweeps
) -> None:
    store.setup()
    assert not sweeps()


def test_threads_that_make_the_table_together_log_nothing(
    store: DynamoDBStore, sweeps: Sweeps, caplog: pytest.LogCaptureFixture
) -> None:
    for _ in range(2):
        together([partial(store.load, KEY)] * 8)
    assert sweeps()
    assert [each for each in caplog.records if each.name.startswith("flask_session")] == []


def test_the_server_removes_an_expired_item() -> None:
    with start("dynamodb") as server:  # one whose tables come and go falls behind with sweeping
        resource, low_level = build(server.url + "?read_timeout=20")
        store = DynamoDBStore(resource, "sessions", low_level=low_level, owns_client=True)
        with closing(store):
            store.setup()
            store.create(KEY, b"data", 1)
            server.wait_until(lambda: resource.Table("sessions").scan()["Count"] == 0)


@pytest.mark.parametrize("verb", ["load", "update", "touch", "delete"])
def test_a_verb_is_one_command(store: DynamoDBStore, operations: list[str], verb: str) -> None:
    store.setup()
    store.create(KEY, b"old", 60)
    operations.clear()
    arguments = {
        "update": (b"new", 60, Record(b"old")),
        "touch": (60,),
        "delete": (Record(b"old"),),
    }
    answer = getattr(store, verb)(KEY, *arguments.get(verb, ()))
    assert answer not in (None, False, Outcome.CONFLICT, Outcome.GONE)
    assert len(operations) == 1


def test_create_is_one_command(store: DynamoDBStore, operations: list[str]) -> None:
    store.setup()
    operations.clear()
    store.create(KEY, b"data", 60)
    assert operations == ["PutItem"]


def test_load_reads_consistently(store: DynamoDBStore) -> None:
    store.setup()
    bodies: list[bytes] = []

    def note(request: Any, **_: Any) -> None:
        bodies.append(request.body)

    store._items.client.meta.events.register("before-send.dynamodb.GetItem", note)
    store.load(KEY)
    assert b'"ConsistentRead": true' in b"".join(bodies)


@pytest.mark.parametrize("verb", ["update", "delete"])
def test_a_conflict_is_one_command(store: DynamoDBStore, operations: list[str], verb: str) -> None:
    store.setup()
    store.create(KEY, b"theirs", 60)
    operations.clear()
    stale = Record(b"old")
    answer = store.update(KEY, b"new", 60, stale) if verb == "update" else store.delete(KEY, stale)
    assert answer is Outcome.CONFLICT
    assert len(operations) == 1


def test_a_table_that_exists_needs_four_rights(
    store: DynamoDBStore, existing: DynamoDBStore, operations: list[str]
) -> None:
    store.setup()
    operations.clear()
    existing.setup()
    existing.create(KEY, b"data", 60)
    existing.update(KEY, b"new", 60, Record(b"data"))
    existing.touch(KEY, 60)
    existing.load(KEY)
    existing.delete(KEY, Record(b"new"))
    assert set(operations) == RIGHTS


def test_a_table_that_is_said_to_exist_is_never_made(
    existing: DynamoDBStore, administrator: Any, table_name: str
) -> None:
    with pytest.raises(existing.errors):
        existing.create(KEY, b"data", 60)
    assert table_name not in administrator.list_tables()["TableNames"]


def test_a_table_that_cannot_be_made_raises_a_declared_error(resource: Any) -> None:
    store = DynamoDBStore(resource, "no/name")
    with pytest.raises(store.errors):
        store.load(KEY)


def test_an_error_tells_neither_key_nor_data(store: DynamoDBStore) -> None:
    with pytest.raises(ClientError) as failure:
        store.create(KEY, b"secret" * 100_000, 60)
    assert KEY not in str(failure.value)
    assert "secret" not in str(failure.value)
