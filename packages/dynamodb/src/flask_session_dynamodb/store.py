"""One item per session, read consistently and written on condition."""

from __future__ import annotations

import math
from collections.abc import Iterator
from decimal import Decimal
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError
from flask_session.store import Outcome, Record, Store

from .items import PLAIN, SHIFT, TYPED, Item, Values
from .table import SessionTable

NOTHING_LEFT = Item(None, None, is_repeated=True)
"""What a command finds that is sent again, after it had removed all and its answer was lost."""


class DynamoDBStore(Store):
    """Keep records in a DynamoDB table, which is made when it is first missed.

    ``client`` is a boto3 resource or a client. ``low_level``: a plain client of the same database,
    which takes a tenth less time than the one inside a resource. ``table_exists``: never try to
    make the table, so that no right but Get, Put, Update and Delete is needed. ``owns_client`` lets
    :meth:`close` close both.
    """

    # The last of them is raised for a file with credentials that is missing or may not be read.
    errors: tuple[type[Exception], ...] = (BotoCoreError, ClientError, OSError)
    # An item has at most 400 KB, with its key and the names of its attributes.
    # https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Constraints.html
    max_bytes = 400 * 1024 - 512

    def __init__(
        self,
        client: Any,
        table_name: str = "Sessions",
        *,
        table_exists: bool = False,
        low_level: Any = None,
        owns_client: bool = False,
    ) -> None:
        self.client = client
        self.table: Any = client.Table(table_name) if hasattr(client, "Table") else None
        inner = client if self.table is None else client.meta.client
        form = TYPED if low_level or self.table is None else PLAIN
        self._items = SessionTable(low_level or inner, table_name, form, table_exists)
        self._own: tuple[Any, ...] = (inner, self._items.client) if owns_client else ()

    def load(self, key: str) -> Record | None:
        """Read consistently: an eventual read may still show what was logged out."""
        found = self._items.send("get_item", Key=self._key(key), ConsistentRead=True).get(
            "Item", {}
        )
        item = self._items.form.read(found)
        if item.expires_at <= self.clock():
            return None
        return Record(item.readable(), expires_at=item.expires_at)

    def create(self, key: str, data: bytes, ttl: int) -> bool:
        """Put where there is nothing; a second trip only replaces what has expired lately."""
        expiration = self._expiry(ttl)
        put = self._items.encoded({"id": key, "val": data, "expiration": expiration})
        free = "attribute_not_exists(expiration) OR expiration <= :past"
        done, found = self._items.write("put_item", free, self._past(), Item=put)
        if found == Item(data, Decimal(expiration), is_repeated=True):
            return True
        if done or self._lives(found) or found.expiration is None:
            return done
        seen = {":seen": found.expiration}
        return self._items.write("put_item", "expiration = :seen", seen, Item=put)[0]

    def update(self, key: str, data: bytes, ttl: int, expected: Record) -> Outcome:
        """Write where ``val`` is the old data; DynamoDB tells what is there instead."""
        new: Values = {":new": data, ":later": self._expiry(ttl), ":old": expected.data}
        set_both = "SET val = :new, expiration = :later"
        done, found = self._change(key, set_both, "val = :old AND ", new)
        if done:
            return Outcome.SAVED
        if not self._lives(found):
            return Outcome.GONE
        return Outcome.SAVED if found.data == data else Outcome.CONFLICT

    def touch(self, key: str, ttl: int) -> bool:
        """Write the expiry where the item lives."""
        return self._change(key, "SET expiration = :later", "", {":later": self._expiry(ttl)})[0]

    def touch_expected(self, key: str, ttl: int, expected: Record) -> bool:
        """Write the expiry where ``val`` is still the old data."""
        later: Values = {":later": self._expiry(ttl), ":old": expected.data}
        return self._change(key, "SET expiration = :later", "val = :old AND ", later)[0]

    def delete(self, key: str, expected: Record | None = None) -> Outcome:
        """Remove the item, and see from what it was whether it lived."""
        condition, values = "expiration > :past", self._past()
        if expected is not None:
            condition, values = "val = :old", {":old": expected.data}
        # Without a condition, DynamoDB Local tells several threads that they removed one item.
        done, found = self._items.write(
            "delete_item",
            condition,
            values,
            Key=self._key(key),
            ReturnValues="ALL_OLD",
        )
        if found == NOTHING_LEFT:
            return Outcome.DELETED
        if not self._lives(found):
            return Outcome.GONE
        return Outcome.DELETED if done else Outcome.CONFLICT

    def keys(self, prefix: str) -> Iterator[tuple[str, float | None]]:
        """Scan the whole table, which costs as much as reading all of it."""
        live: Values = {**self._past(), ":prefix": prefix}
        scan = {
            "FilterExpression": "expiration > :past AND begins_with(id, :prefix)",
            "ProjectionExpression": "id, expiration",
            "ExpressionAttributeValues": self._items.encoded(live),
            "ConsistentRead": True,
        }
        while True:
            page = self._items.send("scan", **scan)
            for found in page["Items"]:
                item = self._items.form.read(found)
                if self._lives(item):
                    yield str(self._items.form.decode(found["id"])), item.expires_at
            if "LastEvaluatedKey" not in page:
                return
            scan["ExclusiveStartKey"] = page["LastEvaluatedKey"]

    def setup(self) -> None:
        """Make the table, wait for it and let it sweep; nothing where ``table_exists`` is set."""
        self._items.prepare()

    def close(self) -> None:
        """Close the clients if they are ours."""
        for client in self._own:
            client.close()

    def __getattr__(self, name: str) -> Any:
        # ``session_interface.store`` was the Table in Flask-Session 0.8.
        table = self.__dict__.get("table")
        if table is not None and hasattr(table, name):
            return getattr(table, name)
        raise AttributeError(f"{type(self).__name__!r} object has no attribute {name!r}")

    def _change(self, key: str, change: str, condition: str, values: Values) -> tuple[bool, Item]:
        """Update a live item; an expiry that 0.8 wrote too early takes a second trip.

        ``condition`` is empty or ends with AND: what is asked of the expiry follows.
        """
        update = {"Key": self._key(key), "UpdateExpression": change}
        live: Values = {**values, ":now": self._now()}
        done, found = self._items.write(
            "update_item", f"{condition}expiration > :now", live, **update
        )
        same = ":old" not in values or found.data == values[":old"]
        if done or not same or found.expiration is None or not self._lives(found):
            return done, found
        still: Values = {**values, ":seen": found.expiration}
        return self._items.write("update_item", f"{condition}expiration = :seen", still, **update)

    def _key(self, key: str) -> dict[str, Any]:
        return self._items.encoded({"id": key})

    def _lives(self, item: Item) -> bool:
        return item.expires_at > self.clock()

    def _now(self) -> int:
        return math.floor(self.clock())

    def _past(self) -> Values:
        return {":past": self._now() - SHIFT}

    def _expiry(self, ttl: int) -> int:
        return math.ceil(self.clock() + ttl)
