"""msgpack and JSON, value by value, with the types of :mod:`flask_session.serialization.fidelity`.

A record is one map. Its top-level values are handled as encoded bytes (:class:`msgspec.Raw`): they
are decoded when a view looks at them and encoded again only if they may have changed. A record of
plain types is plain msgpack or JSON, which Flask-Session 0.8 reads and writes too; other types are
msgpack extensions, and in JSON objects with a single key that starts with ``" fs:"``.
"""

from __future__ import annotations

import gc
from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from math import isfinite
from typing import Any, TypeVar

import msgspec
from msgspec import Raw

from .depth import trust
from .fidelity import (
    BIG_INTEGER,
    BYTES,
    FLOAT,
    MAX_DEPTH,
    SURROGATES,
    TAG_OF_TYPE,
    Tag,
)
from .flattening import flatten

Leaves = frozenset[type[Any]]
StructT = TypeVar("StructT", bound=msgspec.Struct)
NOTHING = type(None)
LONG = 16
"""Items from which on a list or dict is looked at level by level before it is walked."""
MANY = 1 << 15
"""Nodes on one level from which on they are walked: the value may contain itself many times."""
SHOWS_ITEMS = set(gc.get_referents([1, "a"], {"k": 2.5})) == {1, "a", 2.5}
"""Whether the garbage collector sees in a container what the program does, as in CPython."""
TOO_DEEP = f"it nests deeper than {MAX_DEPTH} levels, of which a tuple or set takes two"


class Instance:
    """Something with one attribute, to find out what the garbage collector sees of it."""

    def __init__(self) -> None:
        self.attribute = True


INSTANCE = Instance()
SHOWS_ATTRIBUTES = gc.get_referents(vars(INSTANCE)) == [True]
"""Whether it sees what is in the ``vars()`` of an object too, as up to CPython 3.12."""


class Format(ABC):
    """Turn values into bytes and back; one instance serves all threads."""

    leaves: Leaves
    """Types the encoder writes as they are."""
    strict_leaves: Leaves
    """The same without those of which some values (huge integers, lone surrogates) need a tag."""
    encode: Callable[[Any], bytes]
    """Encodes what :meth:`pack` answered."""
    decode_value: Callable[[Any], Any]
    """Decodes one value, as bytes or Raw; what is wrong with it is an exception of any kind."""
    decoder: Any
    openers: Callable[[bytes], int]
    """Counts the bytes that could open a container, each a level at most."""

    def __init__(self) -> None:
        self._struct_decoders: dict[type[Any], Any] = {}
        self._encoded_leaves: Leaves = self.leaves | {Raw}
        self._plain: Leaves = self.leaves | {list, dict, float}

    def encode_value(self, value: Any) -> Raw:
        """Encode one value. Raises TypeError for what has no stored form."""
        try:
            is_leaf = type(value) in self.leaves
            return Raw(self.encode(value if is_leaf else self.pack(value, self.leaves)))
        except (OverflowError, ValueError):
            return Raw(self.encode(self.pack(value, self.strict_leaves)))

    def pack(self, value: Any, leaves: Leaves, depth: int = 0) -> Any:
        """Replace what the encoder does not keep by its tagged form; plain values stay."""
        kind = type(value)
        if kind in leaves:
            return value
        if depth >= MAX_DEPTH and (kind in (list, dict) or kind in TAG_OF_TYPE):
            raise TypeError(TOO_DEEP)
        if kind in (list, dict) and len(value) >= LONG and self.is_plain(value, leaves, depth):
            return value
        if kind is list:
            return self._pack_list(value, leaves, depth + 1)
        if kind is dict:
            return self.pack_map(value, leaves, depth + 1)
        tag = TAG_OF_TYPE.get(kind)
        if tag is None:
            return self._pack_other(kind, value, leaves, depth)
        return self._pack_tagged(tag, value, leaves, depth + 1)

    def is_plain(self, value: Any, leaves: Leaves, depth: int) -> bool:
        """Tell whether all in a value are lists, dicts, and what the encoder writes as it is.

        In a long one this is told several times faster than :meth:`pack` walks it: the garbage
        collector's look into containers is in C. It shows all items, and the keys of a dict unless
        all are texts; where it may leave something out, the items are counted.
        https://docs.python.org/3/library/gc.html#gc.get_referents
        """
        level = [value]
        for _ in range(MAX_DEPTH + 1 - depth if SHOWS_ITEMS and leaves is self.leaves else 0):
            kinds = set(map(type, level))
            if not kinds <= self._plain or not self.are_kept(level, kinds):
                return False
            if kinds.isdisjoint((list, dict)):
                return True
            if len(level) > MANY:
                return False
            inner = gc.get_referents(*level)
            if not SHOWS_ATTRIBUTES and len(inner) != items_of(level):
                return False
            level = inner
        return False

    def are_kept(self, level: list[Any], kinds: set[type[Any]]) -> bool:
        """Tell whether the encoder keeps the values and keys on a level, all of plain types."""
        return True

    def _pack_list(self, value: list[Any], leaves: Leaves, depth: int) -> list[Any]:
        if leaves.issuperset(map(type, value)):
            return value
        return [item if type(item) in leaves else self.pack(item, leaves, depth) for item in value]

    def _pack_tagged(self, tag: Tag, value: Any, leaves: Leaves, depth: int) -> Any:
        payload = tag.dump(value)
        if isinstance(payload, str):
            return self.tagged(tag, payload)
        if depth >= MAX_DEPTH:  # the tag is one level, the list in it another
            raise TypeError(TOO_DEEP)
        items = self._pack_list(payload, leaves, depth + 1)
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
            return value if isfinite(value) else self.tagged(FLOAT, repr(value))
        if kind is bytes:
            return self.tagged(BYTES, BYTES.dump(value))
        return self.pack(flatten(value), leaves, depth)

    def decode_struct(self, raw: Raw, kind: type[StructT]) -> StructT:
        """Decode a map into a struct. Raises msgspec.MsgspecError."""
        decoder = self._struct_decoders.get(kind)
        if decoder is None:
            decoder = self._struct_decoders[kind] = type(self.decoder)(kind)
        struct: StructT = decoder.decode(raw)
        return struct

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
        try:
            data = self.encode(self.pack_map(values, self._encoded_leaves, 1))
        except (OverflowError, ValueError):  # a key that the encoder does not keep
            data = self.encode(self.pack_map(values, self.strict_leaves | {Raw}, 1))
        trust(data, self.openers)
        return data


def items_of(level: list[Any]) -> int:
    """Count what is in the lists and dicts on a level."""
    return sum(len(each) for each in level if type(each) in (list, dict))


def is_utf8(text: str) -> bool:
    """Tell whether a text has a UTF-8 form; lone surrogates have none."""
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True
