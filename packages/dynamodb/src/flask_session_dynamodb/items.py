"""Items as Flask-Session 0.7 and 0.8 kept them: ``id`` text, ``val`` bytes, ``expiration`` number.

A boto3 resource, the low-level client inside it included, takes and gives Python values. A plain
client takes and gives values with their type, and so does the text of every error.
https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Programming.LowLevelAPI.html
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from decimal import Decimal
from typing import Any, NamedTuple

from boto3.dynamodb.types import Binary
from flask_session.errors import UnreadableRecord

Value = str | bytes | int | Decimal
Values = Mapping[str, Value]
Encode = Callable[[Value], Any]
SHIFT = 14 * 60 * 60
"""Seconds by which Flask-Session 0.8 may have written an expiry too early.

It took UTC for the local time of its worker. What it wrote is recognised by its fraction, and lives
so much longer; what we write is whole.
"""


class Item(NamedTuple):
    """What one item says; ``None`` where that is missing or of another type."""

    data: bytes | None
    expiration: Decimal | None

    @property
    def expires_at(self) -> float:
        """Answer when the item stops to count, in seconds since the epoch."""
        if self.expiration is None:
            return 0.0
        return float(self.expiration) + (SHIFT if self.expiration % 1 else 0)

    def readable(self) -> bytes:
        """Answer the data; raises UnreadableRecord if there is none."""
        if self.data is None:
            raise UnreadableRecord("the item's val is not binary data")
        return self.data


def read(attributes: Mapping[str, Any]) -> Item:
    """Read an item of either form."""
    data, expiration = (decoded(attributes.get(name)) for name in ("val", "expiration"))
    return Item(
        data if isinstance(data, bytes) else None,
        expiration if isinstance(expiration, Decimal) and expiration.is_finite() else None,
    )


def decoded(value: object) -> object:
    """Answer the bytes or the number of a value of either form, and anything else as it is."""
    if isinstance(value, Binary):
        return bytes(value.value)
    if isinstance(value, dict):
        return Decimal(value["N"]) if "N" in value else value.get("B")
    return value


def with_type(value: Value) -> dict[str, Any]:
    """Write a value as a plain client takes it."""
    if isinstance(value, str):
        return {"S": value}
    return {"B": value} if isinstance(value, bytes) else {"N": str(value)}


def as_it_is(value: Value) -> Value:
    """Write a value as the client of a resource takes it."""
    return value
