"""Types stored as something simpler, as Flask-Session 0.8 did, with one warning per type."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Mapping
from enum import Enum
from typing import Any

import msgspec
from markupsafe import Markup
from werkzeug.datastructures import MultiDict

from .fidelity import TAG_OF_TYPE

LAZY_TEXT = frozenset({"LazyString", "_LazyString", "LazyProxy", "__proxy__"})
"""Names of the lazy translations of Flask-Babel, Babel and speaklater; they have no common base."""

SIMPLER: tuple[tuple[Any, Callable[[Any], Any]], ...] = (
    (tuple, list),
    ((bytes, bytearray, memoryview), bytes),
    (Markup, Markup),
    (str, str.__str__),
    (int, int),
    (float, float),
    (list, list),
    (MultiDict, lambda value: value.to_dict(flat=False)),
    (Mapping, dict),
)
_warned: set[type[Any]] = set()


def flatten(value: Any) -> Any:
    """Answer the simpler value that is stored for ``value``.

    Enum members become their value, dataclasses and attrs classes a dict, named tuples a list,
    ``request.args`` and its like a dict of lists, subclasses of built-in types that type. Raises
    TypeError for what has no such form.
    """
    simpler = _simpler(value)
    _warn_once(type(value), type(simpler))
    return simpler


def _simpler(value: Any) -> Any:
    if isinstance(value, Enum):
        return value.value
    if type(value).__name__ in LAZY_TEXT:
        return str(value)
    for kinds, simpler in SIMPLER:
        if isinstance(value, kinds):
            return simpler(value)
    for base in TAG_OF_TYPE:
        if isinstance(value, base):
            return _as_base(base, value)
    return msgspec.to_builtins(value, str_keys=False)


def _as_base(base: type[Any], value: Any) -> Any:
    tag = TAG_OF_TYPE[base]
    return tag.load(tag.dump(value))


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
