"""Items as Flask-Session 0.7 and 0.8 kept them: ``id`` text, ``val`` bytes, ``expiration`` number.

A boto3 resource, the low-level client inside it included, takes and gives Python values. A plain
client takes and gives values with their type, and so does the answer to a failed condition, always.
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
SHIFT = 14 * 60 * 60
"""Seconds by which Flask-Session 0.8 may have written an expiry too early.

It took UTC for the local time of its worker. What it wrote is recognised by its fraction, and lives
so much longer; what we write is whole.
"""


class Item(NamedTuple):
    """What one item says; ``None`` where that is missing or of another type."""

    data: bytes | None
    expiration: Decimal | None
    is_repeated: bool = False
    """Whether the client had sent the command before that found this, and got no answer."""

    @property
    def expires_at(self) -> float:
        """Answer when the item stops to count, in seconds since the epoch."""
        if self.expiration is None:
            return 0.0
        return float(self.expiration) + (SHIFT if not float(self.expiration).is_integer() else 0)

    def readable(self) -> bytes:
        """Answer the data; raises UnreadableRecord if there is none."""
        if self.data is None:
            raise UnreadableRecord("the item's val is not binary data")
        return self.data


class Form(NamedTuple):
    """How a client takes and gives values: text, bytes and numbers; others decode to anything."""

    encode: Callable[[Value], Any]
    decode: Callable[[Any], object]

    def read(self, attributes: Mapping[str, Any]) -> Item:
        """Read an item, or as much of it as there is."""
        data, expiration = (self.decode(attributes.get(name)) for name in ("val", "expiration"))
        return Item(
            data if isinstance(data, bytes) else None,
            expiration if isinstance(expiration, Decimal) else None,
        )


def with_type(value: Value) -> dict[str, Any]:
    """Write a value with its type."""
    if isinstance(value, str):
        return {"S": value}
    return {"B": value} if isinstance(value, bytes) else {"N": str(value)}


def without_type(value: Any) -> object:
    """Read a value with its type."""
    ((kind, content),) = (value or {"NULL": True}).items()
    return Decimal(content) if kind == "N" else content


TYPED = Form(with_type, without_type)
PLAIN = Form(lambda value: value, lambda value: value.value if isinstance(value, Binary) else value)
