"""The items of Flask-Session 0.8: their shape, and the expiry that it wrote as local time."""

from __future__ import annotations

import time
from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest
from flask_session.errors import UnreadableRecord
from flask_session.store import Outcome, Record
from flask_session_conformance.clocks import SkewedClock
from flask_session_dynamodb import DynamoDBStore

KEY = "session:LN7qKhsI2CPWMq18ZhO6t-xmvG0g5ExsHDEbpCdbmq0"
HOUR = 3600
Put = Callable[..., None]
Get = Callable[[], Any]


@pytest.fixture(params=["plain client", "resource"])
def store(
    request: pytest.FixtureRequest, store: DynamoDBStore, resource: Any, table_of_0_8: str
) -> DynamoDBStore:
    """Provide each kind of client in turn."""
    return store if request.param == "plain client" else DynamoDBStore(resource, table_of_0_8)


@pytest.fixture
def put(resource: Any, table_of_0_8: str) -> Put:
    """Provide a function that writes an item as Flask-Session 0.8 does."""

    def update(val: object = b"theirs", shift: float = 60, **others: object) -> None:
        attributes = {"val": val, "expiration": Decimal(int(time.time() + shift)) + Decimal("0.25")}
        attributes.update(others)
        item = {name: value for name, value in attributes.items() if value is not None}
        resource.Table(table_of_0_8).put_item(Item={"id": KEY, **item})

    return update


@pytest.fixture
def get(administrator: Any, table_of_0_8: str) -> Get:
    """Provide a function that reads the item past our own code."""

    def item() -> Any:
        return administrator.get_item(TableName=table_of_0_8, Key={"id": {"S": KEY}})["Item"]

    return item


def loaded(store: DynamoDBStore) -> Record:
    record = store.load(KEY)
    assert record is not None
    return record


def test_an_item_has_the_attributes_of_0_8(store: DynamoDBStore, get: Get) -> None:
    store.create(KEY, b"data", 60)
    assert {name: set(value) for name, value in get().items()} == {
        "id": {"S"},
        "val": {"B"},
        "expiration": {"N"},
    }


@pytest.mark.parametrize("verb", ["create", "update", "touch"])
def test_the_expiry_is_whole_seconds(store: DynamoDBStore, put: Put, get: Get, verb: str) -> None:
    if verb == "create":
        store.create(KEY, b"ours", 600)
    elif verb == "update":
        put()
        store.update(KEY, b"ours", 600, loaded(store))
    else:
        put()
        store.touch(KEY, 600)
    assert int(get()["expiration"]["N"]) == pytest.approx(time.time() + 600, abs=5)


@pytest.mark.parametrize("shift", [-13.9 * HOUR, -1, 60, 12 * HOUR])
def test_an_item_of_0_8_is_found_whatever_its_time_zone(
    store: DynamoDBStore, put: Put, shift: float
) -> None:
    put(shift=shift)
    assert loaded(store).data == b"theirs"


def test_an_item_of_0_8_ends_14_hours_after_its_expiry(store: DynamoDBStore, put: Put) -> None:
    put(shift=-14 * HOUR - 2)
    assert store.load(KEY) is None
    assert store.touch(KEY, 60) is False
    assert store.delete(KEY) is Outcome.GONE


def test_an_item_of_ours_ends_when_it_expires(store: DynamoDBStore) -> None:
    store.create(KEY, b"ours", 60)
    store.clock = SkewedClock(62)
    assert store.load(KEY) is None


def test_load_tells_until_when_an_item_of_0_8_counts(store: DynamoDBStore, put: Put) -> None:
    put(shift=-HOUR)
    assert loaded(store).expires_at == pytest.approx(time.time() + 13 * HOUR, abs=5)


def test_an_early_item_of_0_8_can_be_updated(store: DynamoDBStore, put: Put) -> None:
    put(shift=-HOUR)
    assert store.update(KEY, b"ours", 60, loaded(store)) is Outcome.SAVED
    assert loaded(store).data == b"ours"


def test_an_early_item_of_0_8_can_be_touched(store: DynamoDBStore, put: Put) -> None:
    put(shift=-HOUR)
    assert store.touch(KEY, 60) is True
    assert loaded(store).expires_at == pytest.approx(time.time() + 60, abs=5)


@pytest.mark.parametrize("expected", [True, False])
def test_an_early_item_of_0_8_can_be_deleted(
    store: DynamoDBStore, put: Put, expected: bool
) -> None:
    put(shift=-HOUR)
    assert store.delete(KEY, loaded(store) if expected else None) is Outcome.DELETED
    assert store.load(KEY) is None


def test_an_early_item_of_0_8_that_changed_is_a_conflict(store: DynamoDBStore, put: Put) -> None:
    put(shift=-HOUR)
    assert store.update(KEY, b"ours", 60, Record(b"other")) is Outcome.CONFLICT
    assert store.delete(KEY, Record(b"other")) is Outcome.CONFLICT
    assert loaded(store).data == b"theirs"


def test_an_early_item_of_0_8_that_is_ours_already_is_saved(store: DynamoDBStore, put: Put) -> None:
    put(b"ours", shift=-HOUR)
    assert store.update(KEY, b"ours", 60, Record(b"old")) is Outcome.SAVED


def test_create_answers_false_beside_an_early_item_of_0_8(store: DynamoDBStore, put: Put) -> None:
    put(shift=-HOUR)
    assert store.create(KEY, b"ours", 60) is False
    assert loaded(store).data == b"theirs"


@pytest.mark.parametrize("shift", [-1, -HOUR, -15 * HOUR, -400 * 24 * HOUR])
def test_create_replaces_what_has_expired(store: DynamoDBStore, put: Put, shift: float) -> None:
    put(expiration=int(time.time() + shift))
    assert store.create(KEY, b"ours", 60) is True
    assert loaded(store).data == b"ours"


def test_an_item_without_an_expiry_counts_as_expired(store: DynamoDBStore, put: Put) -> None:
    put(expiration=None)
    assert store.load(KEY) is None
    assert store.create(KEY, b"ours", 60) is True


def test_an_expiry_beyond_all_digits_is_one(store: DynamoDBStore, put: Put) -> None:
    # An operator's "never" was a 500: such a decimal has no remainder.
    put(expiration=Decimal("1E+30"))
    assert loaded(store).data == b"theirs"


@pytest.mark.parametrize("val", [None, "text", 7, ["list"], {"B": b"map"}])
def test_a_value_that_is_not_binary_is_unreadable(
    store: DynamoDBStore, put: Put, val: object
) -> None:
    put(val=val)
    with pytest.raises(UnreadableRecord):
        store.load(KEY)


@pytest.mark.parametrize("expiration", ["tomorrow", b"tomorrow", ["list"], {"N": "map"}, True])
def test_an_expiry_that_is_no_number_counts_as_expired(
    store: DynamoDBStore, put: Put, expiration: object
) -> None:
    put(expiration=expiration)
    assert store.load(KEY) is None
    assert store.touch(KEY, 60) is False
    assert store.delete(KEY) is Outcome.GONE
    assert store.update(KEY, b"ours", 60, Record(b"theirs")) is Outcome.GONE


def test_keys_lists_an_early_item_of_0_8(store: DynamoDBStore, put: Put) -> None:
    put(shift=-HOUR)
    ((key, expires_at),) = store.keys("session:")
    assert key == KEY
    assert expires_at == pytest.approx(time.time() + 13 * HOUR, abs=5)


def test_keys_goes_on_where_a_page_ends(store: DynamoDBStore) -> None:
    # A page of a scan ends at 1 MB, before it is filtered.
    for number in range(12):
        store.create(f"{KEY}{number}", b"x" * 200_000, 60)
    assert len(dict(store.keys(KEY))) == 12


def test_an_empty_prefix_lists_everything(store: DynamoDBStore) -> None:
    store.create(KEY, b"data", 60)
    assert [key for key, _ in store.keys("")] == [KEY]
