"""msgpack and JSON, value by value, with the types of :mod:`flask_session.fidelity`.

A record is one map. Its top-level values are handled as encoded bytes (:class:`msgspec.Raw`): they
are decoded when a view looks at them and encoded again only if they may have changed. A record of
plain types is plain msgpack or JSON, which Flask-Session 0.8 reads and writes too; other types are
msgpack extensions, and in JSON objects with a single key that starts with ``" fs:"``.
"""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from collections.abc import Mapping
from datetime import datetime, timezone
from typing import Any

import msgspec
from msgspec import Raw
from msgspec.msgpack import Ext

from .depth import check_json, check_msgpack
from .fidelity import (
    BIG_INTEGER,
    BYTES,
    FLOAT,
    MAX_DEPTH,
    SURROGATES,
    TAG_OF_CODE,
    TAG_OF_NAME,
    TAG_OF_TYPE,
    Tag,
)
from .flattening import flatten

Leaves = frozenset[type[Any]]
NOTHING = type(None)


class Format(ABC):
    """Turn values into bytes and back; one instance serves all threads."""

    leaves: Leaves
    """Types the encoder writes as they are."""
    strict_leaves: Leaves
    """The same without those of which some values (huge integers, lone surrogates) need a tag."""
    decoder: Any

    def encode_value(self, value: Any) -> Raw:
        """Encode one value. Raises TypeError for what has no stored form."""
        try:
            return Raw(self.encode(self.pack(value, self.leaves)))
        except (OverflowError, ValueError):
            return Raw(self.encode(self.pack(value, self.strict_leaves)))

    def pack(self, value: Any, leaves: Leaves, depth: int = 0) -> Any:
        """Replace what the encoder does not keep by its tagged form; plain values stay."""
        kind = type(value)
        if kind in leaves:
            return value
        if depth >= MAX_DEPTH and (kind in (list, dict) or kind in TAG_OF_TYPE):
            raise TypeError(f"it nests deeper than {MAX_DEPTH} levels")
        if kind is list:
            return self._pack_list(value, leaves, depth + 1)
        if kind is dict:
            return self.pack_map(value, leaves, depth + 1)
        tag = TAG_OF_TYPE.get(kind)
        if tag is None:
            return self._pack_other(kind, value, leaves, depth)
        return self._pack_tagged(tag, value, leaves, depth + 1)

    def _pack_list(self, value: list[Any], leaves: Leaves, depth: int) -> list[Any]:
        if leaves.issuperset(map(type, value)):
            return value
        return [self.pack(item, leaves, depth) for item in value]

    def _pack_tagged(self, tag: Tag, value: Any, leaves: Leaves, depth: int) -> Any:
        payload = tag.dump(value)
        if isinstance(payload, str):
            return self.tagged(tag, payload)
        items = self._pack_list(payload, leaves, depth)
        if tag.type is not tuple:
            # Equal sets must have equal bytes: changes are found by comparing them.
            items = [Raw(item) for item in sorted(map(self.encode, items))]
        return self.tagged(tag, items)

    def _pack_other(self, kind: type[Any], value: Any, leaves: Leaves, depth: int) -> Any:
        if kind is int:
            return value if -(2**63) <= value < 2**64 else self.tagged(BIG_INTEGER, f"{value:x}")
        if kind is str:
            return value if is_utf8(value) else self.tagged(SURROGATES, SURROGATES.dump(value))
        if kind is float:
            return value if math.isfinite(value) else self.tagged(FLOAT, repr(value))
        if kind is bytes:
            return self.tagged(BYTES, BYTES.dump(value))
        return self.pack(flatten(value), leaves, depth)

    @abstractmethod
    def encode(self, packed: Any) -> bytes:
        """Encode what :meth:`pack` answered."""

    @abstractmethod
    def decode_value(self, raw: bytes | Raw) -> Any:
        """Decode one value; whatever is wrong with it is an exception of any kind."""

    @abstractmethod
    def split(self, data: bytes) -> dict[Any, Raw]:
        """Cut a record into its top-level values without decoding them; check its depth first."""

    @abstractmethod
    def pack_map(self, value: Mapping[Any, Any], leaves: Leaves, depth: int) -> Any:
        """Pack a mapping with any hashable keys."""

    @abstractmethod
    def tagged(self, tag: Tag, payload: str | list[Any]) -> Any:
        """Join a tag and its packed payload."""

    def join(self, values: Mapping[Any, Raw]) -> bytes:
        """Make a record of encoded top-level values."""
        return self.encode(self.pack_map(values, self.leaves | {Raw}, 1))


def is_utf8(text: str) -> bool:
    """Tell whether a text has a UTF-8 form; lone surrogates have none."""
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


def map_header(length: int) -> bytes:
    """Answer the shortest msgpack header of a map, the one every encoder writes.

    Equal maps have equal bytes by it, whoever wrote them.
    """
    if length < 0x10:
        return bytes([0x80 | length])
    if length < 0x10000:
        return b"\xde" + length.to_bytes(2, "big")
    return b"\xdf" + length.to_bytes(4, "big")


class MsgpackFormat(Format):
    """https://github.com/msgpack/msgpack/blob/master/spec.md, tags as application extensions."""

    leaves = frozenset({str, int, float, bool, NOTHING, bytes})
    strict_leaves = frozenset({float, bool, NOTHING, bytes})
    keys = leaves

    def __init__(self) -> None:
        self._encoder = msgspec.msgpack.Encoder()
        self.decoder: msgspec.msgpack.Decoder[Any] = msgspec.msgpack.Decoder(ext_hook=self._load)
        self._splitter = msgspec.msgpack.Decoder(dict[Any, Raw], ext_hook=self._load)

    def encode(self, packed: Any) -> bytes:
        """Encode what ``pack`` answered."""
        return self._encoder.encode(packed)

    def decode_value(self, raw: bytes | Raw) -> Any:
        """Decode one value."""
        return self.decoder.decode(raw)

    def split(self, data: bytes) -> dict[Any, Raw]:
        """Cut a record into its top-level values."""
        check_msgpack(data)
        return self._splitter.decode(data)

    def _pack_tagged(self, tag: Tag, value: Any, leaves: Leaves, depth: int) -> Any:
        if tag.type is datetime and value.tzinfo is timezone.utc:
            # msgpack's own timestamp, as Flask-Session 0.8 wrote it.
            return value
        return super()._pack_tagged(tag, value, leaves, depth)

    def pack_map(self, value: Mapping[Any, Any], leaves: Leaves, depth: int) -> Any:
        """Pack a mapping; only keys that need a tag cost more than a look."""
        if self.keys.issuperset(map(type, value)) and leaves >= self.leaves:
            if leaves.issuperset(map(type, value.values())):
                return value
            return {key: self.pack(item, leaves, depth) for key, item in value.items()}
        pairs = (
            self.encode(self._pack_key(key, leaves, depth))
            + self.encode(self.pack(item, leaves, depth))
            for key, item in value.items()
        )
        return Raw(map_header(len(value)) + b"".join(pairs))

    def _pack_key(self, key: Any, leaves: Leaves, depth: int) -> Any:
        if type(key) is tuple and leaves.issuperset(map(type, key)):
            # An array as a key is read back as a tuple, by Flask-Session 0.8 too.
            return key
        return self.pack(key, leaves, depth)

    def tagged(self, tag: Tag, payload: str | list[Any]) -> Any:
        """Make an extension: a text as UTF-8, a list as msgpack."""
        return Ext(tag.code, payload.encode() if isinstance(payload, str) else self.encode(payload))

    def _load(self, code: int, data: memoryview) -> Any:
        tag = TAG_OF_CODE[code]
        if tag.type in (tuple, set, frozenset):
            return tag.load(self.decoder.decode(data))
        return tag.load(str(data, "utf-8"))


class JsonFormat(Format):
    """RFC 8259, tags as ``{" fs:uuid": "…"}``, keys that are no text as ``" fs:" + their JSON``."""

    leaves = frozenset({str, int, bool, NOTHING})
    strict_leaves = frozenset({bool, NOTHING})
    mark = " fs:"

    def __init__(self) -> None:
        self._encoder = msgspec.json.Encoder()
        self.decoder: msgspec.json.Decoder[Any] = msgspec.json.Decoder()
        self._splitter = msgspec.json.Decoder(dict[str, Raw])

    def encode(self, packed: Any) -> bytes:
        """Encode what ``pack`` answered."""
        return self._encoder.encode(packed)

    def decode_value(self, raw: bytes | Raw) -> Any:
        """Decode one value; only one that contains a tag is walked."""
        value = self.decoder.decode(raw)
        return self._restore(value) if b'" fs:' in bytes(raw) else value

    def split(self, data: bytes) -> dict[Any, Raw]:
        """Cut a record into its top-level values."""
        check_json(data)
        values = self._splitter.decode(data)
        if b'" fs:' not in data:
            return values
        return {self._restore_key(key): raw for key, raw in values.items()}

    def pack_map(self, value: Mapping[Any, Any], leaves: Leaves, depth: int) -> Any:
        """Pack a mapping; a key that is no text, or looks like a tag, becomes a marked text."""
        return {
            self._pack_key(key, depth): self.pack(item, leaves, depth)
            for key, item in value.items()
        }

    def _pack_key(self, key: Any, depth: int) -> str:
        if type(key) is str and not key.startswith(self.mark) and is_utf8(key):
            return key
        return self.mark + self.encode(self.pack(key, self.strict_leaves, depth)).decode()

    def tagged(self, tag: Tag, payload: str | list[Any]) -> Any:
        """Make an object with one marked key."""
        return {self.mark + tag.name: payload}

    def _restore(self, value: Any) -> Any:
        if isinstance(value, list):
            return [self._restore(item) for item in value]
        if not isinstance(value, dict):
            return value
        if len(value) == 1:
            ((key, payload),) = value.items()
            tag = TAG_OF_NAME.get(key[len(self.mark) :]) if key.startswith(self.mark) else None
            if tag is not None:
                return tag.load(self._restore(payload))
        return {self._restore_key(key): self._restore(item) for key, item in value.items()}

    def _restore_key(self, key: str) -> Any:
        if not key.startswith(self.mark):
            return key
        return self._restore(self.decoder.decode(key[len(self.mark) :]))
