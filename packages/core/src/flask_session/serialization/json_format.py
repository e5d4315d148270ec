"""Values as JSON, with our types as objects that have one marked key."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from itertools import chain
from math import isfinite
from typing import Any

import msgspec
from msgspec import Raw

from .depth import check_json, json_openers
from .fidelity import TAG_OF_NAME, Tag
from .formats import NOTHING, Format, Leaves, is_utf8


class JsonFormat(Format):
    """RFC 8259, tags as ``{" fs:uuid": "…"}``, keys that are no text as ``" fs:" + their JSON``."""

    leaves: Leaves = frozenset({str, int, bool, NOTHING})
    strict_leaves: Leaves = frozenset({bool, NOTHING})
    openers: Callable[[bytes], int] = staticmethod(json_openers)
    mark = " fs:"

    def __init__(self) -> None:
        super().__init__()
        self.encode: Callable[[Any], bytes] = msgspec.json.Encoder().encode
        self.decoder: msgspec.json.Decoder[Any] = msgspec.json.Decoder()
        self.decode_value: Callable[[Any], Any] = self._decode_value
        self._splitter = msgspec.json.Decoder(dict[str, Raw])

    def _decode_value(self, raw: bytes | Raw) -> Any:
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

    def is_plain(self, value: Any, leaves: Leaves, depth: int) -> bool:
        """Tell whether a value can be written as it is, and nothing in it looks like a tag."""
        return super().is_plain(value, leaves, depth) and b'" fs:' not in self.encode(value)

    def are_kept(self, level: list[Any], kinds: set[type[Any]]) -> bool:
        """Tell whether the numbers are finite and the keys texts."""
        dicts = (each for each in level if type(each) is dict)
        return (dict not in kinds or {str}.issuperset(map(type, chain.from_iterable(dicts)))) and (
            float not in kinds or all(isfinite(each) for each in level if type(each) is float)
        )

    def pack_map(self, value: Mapping[Any, Any], leaves: Leaves, depth: int) -> Any:
        """Pack a mapping; a key that is no text, or looks like a tag, becomes a marked text."""
        return {
            self._pack_key(key, depth): (
                item if type(item) in leaves else self.pack(item, leaves, depth)
            )
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
        encoded = key[len(self.mark) :].encode()
        check_json(encoded)  # the check of the record has passed over its texts, and so its keys
        return self._restore(self.decoder.decode(encoded))
