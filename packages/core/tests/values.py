"""Values that come back as they are, and how to tell."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta, timezone
from decimal import Decimal
from typing import Any
from uuid import UUID

from markupsafe import Markup

HALF_PAST = timezone(timedelta(hours=5, minutes=30))


KEPT = {
    "none": None,
    "true": True,
    "integer": -7,
    "float": 1.5,
    "infinity": float("inf"),
    "text": "Grüße 🍪",
    "surrogate": "a\ud800b",
    "bytes": bytes(range(256)),
    "list": [1, [2, [3]]],
    "dict": {"a": {"b": 1}},
    "integer keys": {1: "a", -2: {3: "b"}},
    "tuple keys": {(1, "a"): 1, (1, (2, b"x")): 2},
    "odd keys": {None: 1, 1.5: 2, b"k": 3, date(2026, 1, 2): 4, frozenset({1}): 5},
    "marked keys": {" fs:tuple": [1], " fs:": 2},
    "tuple": (1, (2, [3, ()])),
    "set": {3, 1, 2, "a"},
    "frozenset": frozenset({(1, 2), "b"}),
    "markup": Markup("<b>bold</b>"),
    "uuid": UUID("00112233-4455-6677-8899-aabbccddeeff"),
    "naive datetime": datetime(2026, 11, 23, 1, 2, 3, 456789),
    "utc datetime": datetime(2026, 11, 23, 1, 2, 3, 456789, tzinfo=timezone.utc),
    "aware datetime": datetime(2026, 11, 23, 1, 2, 3, tzinfo=HALF_PAST),
    "date": date(1900, 2, 28),
    "time": time(23, 59, 59, 1),
    "timedelta": timedelta(days=-3, microseconds=7),
    "decimal": Decimal("1.10"),
    "huge integer": 2**70,
    "huge negative integer": -(10**5000),
    "huge integer key": {2**65: 1},
}


def same(left: object, right: object) -> bool:
    """Compare values and, all the way down, types."""
    if type(left) is not type(right):
        return False
    if isinstance(left, dict) and isinstance(right, dict):
        return list(left) == list(right) and all(same(left[key], right[key]) for key in left)
    if isinstance(left, (list, tuple)) and isinstance(right, (list, tuple)):
        return len(left) == len(right) and all(map(same, left, right))
    return left == right


def deep() -> tuple[Any, ...]:
    """Nest tuples deeper than a record may when it is written, not deeper than a pickle is read."""
    value: tuple[Any, ...] = ()
    for _ in range(60):
        value = (value,)
    return value
