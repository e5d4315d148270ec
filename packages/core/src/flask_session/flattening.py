"""Types that are stored as something simpler, as Flask-Session 0.8 did, with one warning per type."""

from __future__ import annotations

import warnings
from collections.abc import Mapping
from enum import Enum
from typing import Any

import msgspec

from .fidelity import TAG_OF_TYPE

LAZY_TEXT = frozenset({"LazyString", "_LazyString", "LazyProxy", "__proxy__"})
"""Names of the lazy translations of Flask-Babel, Babel and speaklater; they have no common base."""

BASES: tuple[type[Any], ...] = (str, bytes, int, float, list, dict)
_warned: set[type[Any]] = set()


def flatten(value: Any) -> Any:
    """Answer the simpler value that is stored for ``value``.

    Enum members become their value, dataclasses and attrs classes a dict, named tuples a list,
    subclasses of built-in types that type. Raises TypeError for what has no such form.
    """
    simpler = _simpler(value)
    _warn_once(type(value), type(simpler))
    return simpler


def _simpler(value: Any) -> Any:
    if isinstance(value, Enum):
        return value.value
    if type(value).__name__ in LAZY_TEXT:
        return str(value)
    if isinstance(value, tuple):
        return list(value)
    if isinstance(value, (bytearray, memoryview)):
        return bytes(value)
    for base in (*BASES, *TAG_OF_TYPE):
        if isinstance(value, base):
            return _as_base(base, value)
    if isinstance(value, Mapping):
        return dict(value)
    return msgspec.to_builtins(value, str_keys=False)


def _as_base(base: type[Any], value: Any) -> Any:
    tag = TAG_OF_TYPE.get(base)
    # str(), int(), … of a subclass may be overridden; the base's own constructor may not suffice
    # for date-like types, which have no copying constructor.
    return base(value) if tag is None else tag.load(tag.dump(value))


def _warn_once(kind: type[Any], stored: type[Any]) -> None:
    if kind in _warned:
        return
    _warned.add(kind)
    warnings.warn(
        f"the session keeps {kind.__module__}.{kind.__qualname__} as {stored.__name__}; "
        f"convert it yourself to make this explicit",
        UserWarning,
        stacklevel=2,
    )
