"""How a session becomes bytes: the interface of a serializer, and our own."""

from __future__ import annotations

import copy
from abc import ABC, abstractmethod
from collections.abc import Mapping
from typing import Any

import msgspec
from msgspec import Raw

from .config import wrong
from .errors import DAMAGE, UnreadableRecord
from .serialization.formats import Format, StructT
from .serialization.json_format import JsonFormat
from .serialization.legacy import is_pickle, load_pickle
from .serialization.msgpack_format import MsgpackFormat

FLASHES = "_flashes"
"""Flask's own key for flash(): a list of (category, message) tuples, written as lists, as
Flask-Session 0.8 wrote them, so that an old worker beside a new one can show them."""

REMEDY = "Keep text, numbers, lists or dicts in its place."
PICKLE = (b"\x80", b"}", b"(")
JSON = (b"{", b" ", b"\n")
"""How a record of another format than msgpack opens; an empty map of msgpack is ``0x80``, too."""


class Serializer(ABC):
    """The interface of Flask-Session 0.7 and 0.8: a whole session to bytes and back."""

    @abstractmethod
    def encode(self, session: Mapping[Any, Any]) -> bytes:
        """Encode all items. Raises TypeError, naming the key, for a value that cannot be kept."""

    @abstractmethod
    def decode(self, serialized_data: bytes) -> dict[Any, Any]:
        """Decode all items. Raises UnreadableRecord for what is no record."""

    def dumps(self, session: Mapping[Any, Any]) -> bytes:
        """Do as :meth:`encode`."""
        return self.encode(session)

    def loads(self, serialized_data: bytes) -> dict[Any, Any]:
        """Do as :meth:`decode`."""
        return self.decode(serialized_data)


class ItemSerializer(Serializer):
    """A serializer that handles each top-level item on its own, as the core needs it."""

    damage: tuple[type[Exception], ...] = DAMAGE
    """What it raises for a value that it does not keep."""

    @abstractmethod
    def encode_item(self, key: Any, value: Any) -> Raw:
        """Encode one value. Raises TypeError naming the key."""

    @abstractmethod
    def decode_item(self, key: Any, raw: Raw) -> Any:
        """Decode one value. Raises UnreadableRecord."""

    def same(self, key: Any, one: Raw, other: Raw) -> bool:
        """Tell whether two encoded values are equal."""
        return one == other

    @abstractmethod
    def split(self, data: bytes) -> dict[Any, Raw]:
        """Cut a record into encoded values. Raises UnreadableRecord."""

    @abstractmethod
    def join(self, items: Mapping[Any, Raw]) -> bytes:
        """Make a record of encoded values."""

    def take_over(self, session: Mapping[Any, Any]) -> dict[Any, Raw]:
        """Encode what another serializer has read. Raises UnreadableRecord if this one cannot."""
        try:
            return {key: self.encode_item(key, value) for key, value in session.items()}
        except self.damage as error:
            reason = f"a value that is not kept in this format: {type(error).__name__}"
            raise UnreadableRecord(reason) from None

    def encode_struct(self, struct: msgspec.Struct) -> Raw:
        """Encode bookkeeping of ours as a map of plain values."""
        return self.encode_item(None, msgspec.to_builtins(struct))

    def decode_struct(self, raw: Raw, kind: type[StructT]) -> StructT:
        """Decode bookkeeping. Raises UnreadableRecord or msgspec.MsgspecError."""
        return msgspec.convert(self.decode_item(None, raw), kind)

    def without_pickle(self) -> ItemSerializer:
        """Answer one that reads no old pickles; by default none does."""
        return self

    def encode(self, session: Mapping[Any, Any]) -> bytes:
        """Encode all items."""
        return self.join({key: self.encode_item(key, value) for key, value in session.items()})

    def decode(self, serialized_data: bytes) -> dict[Any, Any]:
        """Decode all items."""
        items = self.split(serialized_data)
        return {key: self.decode_item(key, raw) for key, raw in items.items()}


class MsgSpecSerializer(ItemSerializer):
    """Write msgpack or JSON; read both, and the pickles of 0.4–0.6 through a restricted reader.

    ``app`` is accepted for compatibility with 0.8 and not used. ``reads_pickle`` is what
    ``SESSION_LEGACY_PICKLE = "clear"`` turns off. Thread-safe.
    """

    def __init__(
        self, app: object = None, format: str = "msgpack", *, reads_pickle: bool = True
    ) -> None:
        msgpack, json = MsgpackFormat(), JsonFormat()
        if format not in ("msgpack", "json"):
            raise wrong(
                "SESSION_SERIALIZATION_FORMAT", format, "not a known format",
                "Set it to 'msgpack' or 'json'.",
            )  # fmt: skip
        self.format: Format = msgpack if format == "msgpack" else json
        self._json, self._msgpack = json, msgpack
        self._reads_pickle = reads_pickle
        self.decoder: Any = self.format.decoder
        self.alternate_decoder: Any = (json if format == "msgpack" else msgpack).decoder

    def without_pickle(self) -> ItemSerializer:
        """Answer one that reads no old pickles."""
        if not self._reads_pickle:
            return self
        duplicate = copy.copy(self)
        duplicate._reads_pickle = False
        return duplicate

    @property
    def encoder(self) -> Format:
        """The object whose ``encode`` writes; 0.8 had a msgspec encoder under this name."""
        return self.format

    def encode_item(self, key: Any, value: Any) -> Raw:
        """Encode one value."""
        if key == FLASHES and type(value) is list:
            value = [list(item) if type(item) is tuple else item for item in value]
        try:
            return self.format.encode_value(value)
        except (TypeError, ValueError, OverflowError, RecursionError) as error:
            where = f"session[{key!r}] ({type(value).__name__})"
            raise TypeError(f"{where} cannot be kept: {error}. {REMEDY}") from None

    def decode_item(self, key: Any, raw: Raw) -> Any:
        """Decode one value."""
        try:
            value = self.format.decode_value(raw)
        except DAMAGE as error:
            raise UnreadableRecord(f"unreadable value: {type(error).__name__}") from None
        if key == FLASHES and type(value) is list:
            return [tuple(item) if type(item) is list else item for item in value]
        return value

    def encode_struct(self, struct: msgspec.Struct) -> Raw:
        """Encode bookkeeping."""
        return Raw(self.format.encode(struct))

    def decode_struct(self, raw: Raw, kind: type[StructT]) -> StructT:
        """Decode bookkeeping, without a dict in between."""
        return self.format.decode_struct(raw, kind)

    def split(self, data: bytes) -> dict[Any, Raw]:
        """Cut a record of any known format into values of this one."""
        opening = data[:1]
        if opening in PICKLE and is_pickle(data):
            if not self._reads_pickle:
                raise UnreadableRecord("a pickle, and SESSION_LEGACY_PICKLE is 'clear'")
            return self.take_over(load_pickle(data))
        format = self._json if opening in JSON else self._msgpack
        try:
            items = format.split(data)
            if format is self.format:
                return items
            session = {key: format.decode_value(raw) for key, raw in items.items()}
        except DAMAGE as error:
            raise UnreadableRecord(f"unreadable record: {type(error).__name__}") from None
        return self.take_over(session)

    def join(self, items: Mapping[Any, Raw]) -> bytes:
        """Make a record of encoded values. Raises TypeError for a key that cannot be kept."""
        try:
            return self.format.join(items)
        except (TypeError, ValueError, OverflowError, RecursionError) as error:
            raise TypeError(f"A key of the session cannot be kept: {error}. {REMEDY}") from None
