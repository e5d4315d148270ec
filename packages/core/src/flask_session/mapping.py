"""What a dict can do beyond a MutableMapping; the sessions of Flask-Session 0.8 were dicts."""

from __future__ import annotations

import copy
from collections.abc import Iterator, Mapping, MutableMapping
from typing import Any, TypeVar

Self = TypeVar("Self", bound="DictLike")
MISSING: Any = object()


class DictLike(MutableMapping[Any, Any]):
    """Operators, order and copies as of a dict; what they make is a plain dict."""

    def __or__(self, other: Mapping[Any, Any]) -> dict[Any, Any]:
        return dict(self) | dict(other) if isinstance(other, Mapping) else NotImplemented

    def __ror__(self, other: Mapping[Any, Any]) -> dict[Any, Any]:
        return dict(other) | dict(self) if isinstance(other, Mapping) else NotImplemented

    def __ior__(self: Self, other: Mapping[Any, Any]) -> Self:
        self.update(other)
        return self

    def __reversed__(self) -> Iterator[Any]:
        return iter(list(self)[::-1])

    def _look_to_change(self) -> object:
        """Tell that a change is meant, whose first step is a look."""

    def pop(self, key: Any, default: Any = MISSING) -> Any:
        """Do as ``dict.pop``; of a session that could not be loaded it is a change that is lost.

        Flask's own session takes ``default`` by its name, too.
        """
        self._look_to_change()
        return super().pop(key) if default is MISSING else super().pop(key, default)

    def popitem(self) -> tuple[Any, Any]:
        """Remove and answer the item that was added last."""
        self._look_to_change()
        for key in reversed(self):
            return key, self.pop(key)
        raise KeyError("popitem(): the session is empty")

    def setdefault(self, key: Any, default: Any = None) -> Any:
        """Do as ``dict.setdefault``."""
        self._look_to_change()
        return super().setdefault(key, default)

    def copy(self) -> dict[Any, Any]:
        """Answer a shallow copy, a plain dict."""
        return dict(self)

    __copy__ = copy

    def __deepcopy__(self, memo: dict[int, Any]) -> dict[Any, Any]:
        return copy.deepcopy(dict(self), memo)
