"""The few names an old pickle may mention, and how the values behind them are made.

Nothing here is looked up by name: a pickle's ``module name`` selects an entry of :data:`HARMLESS`,
and the entry's function builds the value from checked arguments. No class, no function and no
attribute of the running program is ever reachable from stored bytes.

Values become what the serializers keep: ``OrderedDict`` and ``defaultdict`` become ``dict``,
``bytearray`` becomes ``bytes``, as Flask-Session 0.8 flattened them at the next request.
"""

from __future__ import annotations

import re
import struct
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta, timezone, tzinfo
from decimal import Decimal
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from markupsafe import Markup

LONGEST_DECIMAL = 4300
ZONE = re.compile(r"[A-Za-z0-9_+-]{1,32}(/[A-Za-z0-9_+-]{1,32}){0,3}", re.ASCII)


class RefusedError(ValueError):
    """A pickle asks for something that is not on the list."""


@dataclass(frozen=True, eq=False)
class Harmless:
    """What stands on the pickle's stack in place of a class or function."""

    make: Callable[..., Any]


def need(value: object, kind: type) -> Any:
    """Return ``value`` if its type is exactly ``kind``, else raise :class:`RefusedError`."""
    if type(value) is not kind:
        raise RefusedError
    return value


def plain_size(value: Any) -> int:
    """Answer how many bytes a value without members takes, roughly. Refuses an unfinished UUID."""
    if type(value) is UUID:
        value = value.int
    if type(value) is int:
        return value.bit_length() // 8
    return len(value) if isinstance(value, (str, bytes)) else 0


def nothing(*_: object) -> Any:
    """Refuse to be called: the name only stands for a ``defaultdict``'s factory or a base class."""
    raise RefusedError


def make_datetime(state: object, zone: object = None) -> datetime:
    """Build from the ten bytes of :meth:`datetime.datetime.__reduce__`, checking every field."""
    year, month, day, *clock = struct.unpack(">HBB6B", need(state, bytes))
    fold, month = divmod(month, 128)
    return datetime(year, month, day, *clock_fields(clock), need_zone(zone), fold=fold)


def make_time(state: object, zone: object = None) -> time:
    """Build from the six bytes of :meth:`datetime.time.__reduce__`, checking every field."""
    hour, *rest = struct.unpack(">6B", need(state, bytes))
    fold, hour = divmod(hour, 128)
    return time(*clock_fields([hour, *rest]), need_zone(zone), fold=fold)


def clock_fields(clock: list[int]) -> tuple[int, int, int, int]:
    """Turn hour, minute, second and three bytes of microseconds into arguments."""
    hour, minute, second, high, middle, low = clock
    return hour, minute, second, high << 16 | middle << 8 | low


def need_zone(zone: object) -> tzinfo | None:
    """Accept no time zone, or one that this module made."""
    if zone is not None and type(zone) not in (timezone, ZoneInfo):
        raise RefusedError
    return zone  # type: ignore[return-value]


def make_date(state: object) -> date:
    """Build from the four bytes of :meth:`datetime.date.__reduce__`."""
    return date(*struct.unpack(">HBB", need(state, bytes)))


def make_timedelta(days: object, seconds: object, microseconds: object) -> timedelta:
    """Build from the three whole numbers of :meth:`datetime.timedelta.__reduce__`."""
    return timedelta(need(days, int), need(seconds, int), need(microseconds, int))


def make_timezone(offset: object, *name: object) -> timezone:
    """Build from the offset and, if it has one, the name."""
    return timezone(need(offset, timedelta), *(need(item, str) for item in name))


def make_zone(key: object, _from_cache: object = True) -> ZoneInfo:
    """Look the zone up under its own name; an unknown one is an error."""
    if not ZONE.fullmatch(need(key, str)):
        raise RefusedError
    return ZoneInfo(key)  # type: ignore[arg-type]


def make_decimal(text: object) -> Decimal:
    """Build from its text."""
    if len(need(text, str)) > LONGEST_DECIMAL:
        raise RefusedError
    return Decimal(text)  # type: ignore[arg-type]


def make_uuid() -> UUID:
    """Build an empty one; :func:`complete_uuid` gives it its number."""
    return UUID.__new__(UUID)


def complete_uuid(value: object, state: object) -> None:
    """Give the number to a UUID that has none yet. ``is_safe`` is not kept."""
    number = need(state, dict).get("int")
    if hasattr(need(value, UUID), "int") or not 0 <= need(number, int) < 1 << 128:
        raise RefusedError
    UUID.__setstate__(value, {"int": number})  # type: ignore[attr-defined]


def make_markup(text: object) -> Markup:
    """Build from its text."""
    return Markup(need(text, str))


def make_bytes(content: object = b"", encoding: object = "latin1") -> bytes:
    """Build ``bytes`` from bytes, or from the text that protocols 0 to 2 wrap them in."""
    if type(content) is str and encoding in ("latin1", "latin-1"):
        return content.encode("latin1")
    return bytes(need(content, bytes))


def make_set(items: object) -> set[Any]:
    """Build from a list of its members."""
    return set(need(items, list))


def make_frozenset(items: object) -> frozenset[Any]:
    """Build from a list of its members."""
    return frozenset(need(items, list))


def make_ordered(*pairs: object) -> dict[Any, Any]:
    """Build a ``dict`` for an ``OrderedDict``; Python 2 passed a list of pairs."""
    return {key: value for items in pairs for key, value in need(items, list)}


def make_default(factory: object = None) -> dict[Any, Any]:
    """Build a ``dict`` for a ``defaultdict``, whatever harmless factory it had."""
    if factory is not None:
        need(factory, Harmless)
    return {}


def reconstruct(kind: object, _base: object, state: object) -> Any:
    """Do what protocols 0 and 1 ask of ``copyreg._reconstructor``, for harmless kinds."""
    return need(kind, Harmless).make(*(() if state is None else (state,)))


def attribute(owner: object, name: object) -> Harmless:
    """Do the one ``getattr`` that pickled time zones contain."""
    if owner is not ZONE_INFO or name != "_unpickle":
        raise RefusedError
    return ZONE_INFO


ZONE_INFO = Harmless(make_zone)
MENTIONED = ("object", "str", "unicode", "int", "long", "float", "bool", "list", "tuple", "dict")
HARMLESS: dict[str, Harmless] = {
    "datetime datetime": Harmless(make_datetime),
    "datetime date": Harmless(make_date),
    "datetime time": Harmless(make_time),
    "datetime timedelta": Harmless(make_timedelta),
    "datetime timezone": Harmless(make_timezone),
    "zoneinfo ZoneInfo": ZONE_INFO,
    "backports.zoneinfo ZoneInfo": ZONE_INFO,
    "decimal Decimal": Harmless(make_decimal),
    "uuid UUID": Harmless(make_uuid),
    "markupsafe Markup": Harmless(make_markup),
    "collections OrderedDict": Harmless(make_ordered),
    "collections defaultdict": Harmless(make_default),
    "_codecs encode": Harmless(make_bytes),
    "copyreg _reconstructor": Harmless(reconstruct),
    "builtins getattr": Harmless(attribute),
    "builtins bytes": Harmless(make_bytes),
    "builtins bytearray": Harmless(make_bytes),
    "builtins set": Harmless(make_set),
    "builtins frozenset": Harmless(make_frozenset),
    **{f"builtins {name}": Harmless(nothing) for name in MENTIONED},
}
"""``module name`` as Python 3 spells it; protocols 0 to 2 say ``__builtin__`` and ``copy_reg``."""
