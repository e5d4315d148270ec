"""The types a session keeps beyond those of msgpack and JSON, each with a tag.

A value of a tagged type is written as its tag and a payload: a text for scalars, a list for
containers. The formats decide how a tag looks in bytes. What Flask's own cookie session keeps
(tuple, bytes, Markup, UUID, datetime) is here, and what its users ask for.
"""

from __future__ import annotations

from base64 import b64decode, b64encode
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

from markupsafe import Markup

MAX_DEPTH = 100
"""Deeper nesting is refused on writing, rejected on reading: it overflows small thread stacks."""


@dataclass(frozen=True)
class Tag:
    """How one type is told from plain data; ``code`` and ``name`` are stored and never reused."""

    code: int
    name: str
    type: type[Any]
    dump: Callable[[Any], str | list[Any]]
    load: Callable[[Any], Any]


def dump_timedelta(value: timedelta) -> str:
    """Keep the three normalised integers; ``str()`` and total seconds lose precision."""
    return f"{value.days}:{value.seconds}:{value.microseconds}"


def load_timedelta(payload: str) -> timedelta:
    """Read what :func:`dump_timedelta` wrote."""
    days, seconds, microseconds = map(int, payload.split(":"))
    return timedelta(days, seconds, microseconds)


def dump_surrogates(value: str) -> str:
    """Keep a text with lone surrogates, which has no UTF-8 form."""
    return value.encode("utf-16-le", "surrogatepass").hex()


def load_surrogates(payload: str) -> str:
    """Read what :func:`dump_surrogates` wrote."""
    return bytes.fromhex(payload).decode("utf-16-le", "surrogatepass")


# Hexadecimal, because int() of long decimal texts is refused by Python's own limit.
BIG_INTEGER = Tag(11, "int", int, lambda value: format(value, "x"), lambda text: int(text, 16))
SURROGATES = Tag(12, "str", str, dump_surrogates, load_surrogates)
BYTES = Tag(13, "bytes", bytes, lambda value: b64encode(value).decode(), b64decode)
FLOAT = Tag(14, "float", float, repr, float)
CONTAINERS = (
    Tag(1, "tuple", tuple, list, tuple),
    Tag(2, "set", set, list, set),
    Tag(3, "frozenset", frozenset, list, frozenset),
)
SCALARS = (
    Tag(4, "markup", Markup, str, Markup),
    Tag(5, "uuid", UUID, lambda value: value.hex, UUID),
    Tag(6, "datetime", datetime, datetime.isoformat, datetime.fromisoformat),
    Tag(7, "date", date, date.isoformat, date.fromisoformat),
    Tag(8, "time", time, time.isoformat, time.fromisoformat),
    Tag(9, "timedelta", timedelta, dump_timedelta, load_timedelta),
    Tag(10, "decimal", Decimal, str, Decimal),
)
TAGS = (*CONTAINERS, *SCALARS, BIG_INTEGER, SURROGATES, BYTES, FLOAT)
TAG_OF_TYPE = {tag.type: tag for tag in (*CONTAINERS, *SCALARS)}
TAG_OF_CODE = {tag.code: tag for tag in TAGS}
TAG_OF_NAME = {tag.name: tag for tag in TAGS}
