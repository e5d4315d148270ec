"""The items of one session: decoded when looked at, and aware of what changed."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

from markupsafe import Markup
from msgspec import Raw

from ..errors import UnreadableRecord
from ..serializers import ItemSerializer
from .bookkeeping import PERMANENT_KEY, is_empty
from .merge import NO_CHANGES, Changes, merge

PLAIN: set[type[Any]] = {str, int, float, bool, bytes, type(None)}
UNCHANGEABLE: frozenset[type[Any]] = frozenset(
    {*PLAIN, date, datetime, time, timedelta, Decimal, UUID, Markup}
)
"""Types whose values cannot change after they were handed out. Tuples may hold a list."""


class Contents:
    """A dict whose values stay encoded until somebody looks.

    ``loaded`` is what the record held; the changes are told against it, by comparing encoded bytes,
    so that a change inside a list is found and an assignment of an equal value is none. One request
    uses it, in one thread at a time.
    """

    __slots__ = ("_items", "_on_unreadable", "_serializer", "_suspects", "cleared", "loaded")

    def __init__(
        self,
        serializer: ItemSerializer,
        loaded: dict[Any, Raw],
        on_unreadable: Callable[[str], None],
    ) -> None:
        self._serializer = serializer
        self._on_unreadable = on_unreadable
        self.loaded: dict[Any, Raw] = loaded
        self.cleared: bool = False
        self._items: dict[Any, Any] = dict(loaded)
        self._suspects: dict[Any, None] = {}

    def __contains__(self, key: Any) -> bool:
        return key in self._items and self._decoded(key)

    def __getitem__(self, key: Any) -> Any:
        value = self._items[key]
        if type(value) is not Raw:
            return value
        self._decode(key, value)
        return self._items[key]  # a KeyError if it was dropped

    def get(self, key: Any, default: Any) -> Any:
        """Answer the value, or ``default``."""
        value = self._items.get(key, default)
        if type(value) is not Raw:
            return value
        return self._items[key] if self._decode(key, value) else default

    def __setitem__(self, key: Any, value: Any) -> None:
        self._items[key] = value
        self._suspects[key] = None

    def update(self, items: Mapping[Any, Any]) -> None:
        """Assign several items."""
        self._items.update(items)
        self._suspects.update(dict.fromkeys(items))

    def __delitem__(self, key: Any) -> None:
        del self._items[key]

    def __iter__(self) -> Iterator[Any]:
        for key in list(self._items):
            self._decoded(key)
        return iter(self._items)

    def __len__(self) -> int:
        return len(self._items)

    def is_empty(self) -> bool:
        """Tell whether there is nothing worth storing."""
        return is_empty(self._items)

    def clear(self) -> None:
        """Remove everything, also what other requests are about to add."""
        self._items.clear()
        self._suspects.clear()
        self.cleared = True

    def _decoded(self, key: Any) -> bool:
        value = self._items[key]
        return type(value) is not Raw or self._decode(key, value)

    def _decode(self, key: Any, raw: Raw) -> bool:
        """Decode a value in place; one that cannot be decoded is dropped, and ``False``."""
        try:
            value = self._serializer.decode_item(key, raw)
        except UnreadableRecord as error:
            del self._items[key], self.loaded[key]
            self._on_unreadable(str(error))
            return False
        if self._items.get(key) is raw:  # else another thread was faster
            self._items[key] = value
            if type(value) not in UNCHANGEABLE:
                self._suspects[key] = None
        return True

    def changes(self) -> Changes:
        """Tell what differs from ``loaded``, ``NO_CHANGES`` if nothing does.

        Raises TypeError for a value that cannot be kept.
        """
        items, loaded = self._items, self.loaded
        if not self._suspects and not self.cleared and len(items) == len(loaded):
            return NO_CHANGES
        encode, same = self._serializer.encode_item, self._serializer.same
        if self.cleared or not loaded:
            values = {key: encode(key, value) for key, value in list(items.items())}
            is_none = not values and not self.cleared
            return NO_CHANGES if is_none else Changes(values, frozenset(), self.cleared)
        values = {}
        for key in list(self._suspects):  # a thread of the request may go on
            if key in items:
                raw, before = encode(key, items[key]), loaded.get(key)
                if before is None or not same(key, before, raw):
                    values[key] = raw
        deleted = loaded.keys() - items.keys()
        return Changes(values, frozenset(deleted), False) if values or deleted else NO_CHANGES

    def is_changed(self) -> bool:
        """Tell whether anything differs from what was loaded.

        A value that cannot be kept does: saving it raises the error, of whatever kind a serializer
        of the app's raises.
        """
        try:
            return self.changes() is not NO_CHANGES
        except Exception:
            return True

    def is_as_loaded(self, key: Any) -> bool:
        """Tell whether an item is what the record held."""
        before, value = self.loaded.get(key), self._items.get(key)
        if before is None or type(value) is Raw:
            return before is not None
        try:
            return self._serializer.same(key, before, self._serializer.encode_item(key, value))
        except TypeError:
            return False

    def saved(self, changes: Changes) -> None:
        """Take the changes as stored, so that saving once more finds none."""
        self.loaded = merge(self.loaded, self.loaded, changes)
        self.cleared = False

    def removed(self) -> None:
        """Take the record as gone, and with it every item but whether the session is permanent.

        What the request assigns from now on begins another session, which is as permanent.
        """
        self._items = {key: self[key] for key in (PERMANENT_KEY,) if key in self}
        self._suspects = dict.fromkeys(self._items)
        self.loaded = {}
