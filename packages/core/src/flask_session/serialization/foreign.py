"""Serializers of the app's own: any object with either pair of methods.

Flask-Session 0.7 and 0.8 called ``encode`` and ``decode``, their documentation and 0.4–0.6
``dumps`` and ``loads``; an object with either pair can be assigned to
``app.session_interface.serializer``.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from msgspec import Raw

from ..config import wrong
from ..serializers import ItemSerializer, MsgSpecSerializer


class ForeignSerializer(ItemSerializer):
    """Handle items through somebody's whole-session serializer, one single-item session each.

    It may encode the same twice in different ways, as encryption does, and raise what it likes.
    """

    damage: tuple[type[Exception], ...] = (Exception,)

    def __init__(self, dumps: Any, loads: Any, *, reads_pickle: bool = True) -> None:
        self._dumps, self._loads = dumps, loads
        self._fallback = MsgSpecSerializer(reads_pickle=reads_pickle)

    def encode_item(self, key: Any, value: Any) -> Raw:
        """Encode one value as a session of its own."""
        data = self._dumps({"v": value})
        return Raw(data.encode() if isinstance(data, str) else data)

    def decode_item(self, key: Any, raw: Raw) -> Any:
        """Decode one value."""
        return self._loads(bytes(raw))["v"]

    def same(self, key: Any, one: Raw, other: Raw) -> bool:
        """Compare the values, and their types, where the bytes differ: ``1`` is not ``True``."""
        if one == other:
            return True
        before, after = self.decode_item(key, one), self.decode_item(key, other)
        encode = self._fallback.encode_item
        try:
            return encode(key, before) == encode(key, after)
        except TypeError:
            return bool(before == after)

    def split(self, data: bytes) -> dict[Any, Raw]:
        """Cut a record of that serializer, else one of ours."""
        try:
            session = dict(self._loads(data))
        except Exception:  # whatever that serializer raises for a record it did not write
            session = self._fallback.decode(data)
        return self.take_over(session)

    def join(self, items: Mapping[Any, Raw]) -> bytes:
        """Make a record with that serializer."""
        data = self._dumps({key: self.decode_item(key, raw) for key, raw in items.items()})
        return data.encode() if isinstance(data, str) else bytes(data)


def adapt(serializer: Any, *, reads_pickle: bool = True) -> ItemSerializer:
    """Make any serializer handle items. Raises ConfigurationError for one that cannot be used.

    :mod:`pickle` is refused: reading a pickle runs whatever it contains. ``reads_pickle`` is what
    becomes of old pickles, which a serializer of the app's own does not read.
    """
    if isinstance(serializer, ItemSerializer):
        return serializer if reads_pickle else serializer.without_pickle()
    for dumps, loads in (("encode", "decode"), ("dumps", "loads")):
        if hasattr(serializer, dumps) and hasattr(serializer, loads):
            if getattr(serializer, "__name__", "") in ("pickle", "cloudpickle", "dill", "marshal"):
                break
            pair = getattr(serializer, dumps), getattr(serializer, loads)
            return ForeignSerializer(*pair, reads_pickle=reads_pickle)
    raise wrong(
        "session_interface.serializer", serializer, "not a serializer that can be used safely",
        "Assign an object with encode and decode, or dumps and loads, that is not pickle.",
    )  # fmt: skip
