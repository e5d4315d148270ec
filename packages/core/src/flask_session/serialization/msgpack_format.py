"""Values as msgpack, with our types as its application extensions."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime, timezone
from typing import Any

import msgspec
from msgspec import Raw
from msgspec.msgpack import Ext

from .depth import check_msgpack, msgpack_openers
from .fidelity import TAG_OF_CODE, Tag
from .formats import NOTHING, Format, Leaves


class MsgpackFormat(Format):
    """https://github.com/msgpack/msgpack/blob/master/spec.md, tags as application extensions."""

    leaves: Leaves = frozenset({str, int, float, bool, NOTHING, bytes})
    strict_leaves: Leaves = frozenset({float, bool, NOTHING, bytes})
    keys = leaves
    openers: Callable[[bytes], int] = staticmethod(msgpack_openers)

    def __init__(self) -> None:
        super().__init__()
        self.encode: Callable[[Any], bytes] = msgspec.msgpack.Encoder().encode
        self.decoder: msgspec.msgpack.Decoder[Any] = msgspec.msgpack.Decoder(ext_hook=self._load)
        self.decode_value: Callable[[Any], Any] = self.decoder.decode
        self._splitter = msgspec.msgpack.Decoder(dict[Any, Raw], ext_hook=self._load)

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
        keeps_all = leaves is self.leaves or leaves is self._encoded_leaves
        if keeps_all and self.keys.issuperset(map(type, value)):
            if leaves.issuperset(map(type, value.values())):
                return value
            return {
                key: item if type(item) in leaves else self.pack(item, leaves, depth)
                for key, item in value.items()
            }
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


def map_header(length: int) -> bytes:
    """Answer the shortest msgpack header of a map, the one every encoder writes.

    Equal maps have equal bytes by it, whoever wrote them.
    """
    if length < 0x10:
        return bytes([0x80 | length])
    if length < 0x10000:
        return b"\xde" + length.to_bytes(2, "big")
    return b"\xdf" + length.to_bytes(4, "big")
