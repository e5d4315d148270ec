"""Refuse records that nest too deeply, before a recursive decoder sees them.

A decoder in C uses the thread's stack for each level; some 900 levels crash a thread with 512 KiB.
Both checks first count the bytes that could open a container, which settles a small record in a
fraction of a microsecond. Only a record with more than a hundred of them is walked, once: what
passed is remembered by its digest. A large one is looked up by it first, for counting takes longer.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from hashlib import sha256
from itertools import accumulate

from ..errors import UnreadableRecord
from .fidelity import CONTAINERS, MAX_DEPTH

RECORD_DEPTH = MAX_DEPTH + 1
"""A value may nest MAX_DEPTH levels; the record around it is one more."""

OPENERS = bytes([*range(0x80, 0xA0), 0xC7, 0xC8, 0xC9, *range(0xD4, 0xD9), *range(0xDC, 0xE0)])
CONTAINER_CODES = frozenset(tag.code for tag in CONTAINERS)
JSON_TEXT = re.compile(rb'"[^"\\]*(?:\\.[^"\\]*)*(?:"|\\?\Z)', re.DOTALL)
"""A text; one that is cut off ends with the record, so that nothing is looked through twice."""

NOT_BRACKETS = bytes(byte for byte in range(256) if byte not in b"[]{}")
STEP = {ord("["): 1, ord("{"): 1, ord("]"): -1, ord("}"): -1}

# Bytes a msgpack token takes, its first byte included; a length field adds to it.
# https://github.com/msgpack/msgpack/blob/master/spec.md
FIXED = {0xCA: 5, 0xCB: 9, 0xCC: 2, 0xCD: 3, 0xCE: 5, 0xCF: 9, 0xD0: 2, 0xD1: 3, 0xD2: 5, 0xD3: 9}
SIZED = {0xC4: 1, 0xC5: 2, 0xC6: 4, 0xD9: 1, 0xDA: 2, 0xDB: 4}
ARRAYS = {0xDC: 2, 0xDD: 4}
MAPS = {0xDE: 2, 0xDF: 4}
FIXED_EXTENSIONS = {0xD4: 1, 0xD5: 2, 0xD6: 4, 0xD7: 8, 0xD8: 16}
EXTENSIONS = {0xC7: 1, 0xC8: 2, 0xC9: 4}

LARGE = 4096

_passed: set[tuple[object, bytes]] = set()
"""Digests, each with how openers were counted: what is shallow as JSON need not be as msgpack."""


def check_msgpack(data: bytes) -> None:
    """Raise UnreadableRecord if ``data`` nests deeper than a record may."""
    if len(data) >= LARGE or msgpack_openers(data) > RECORD_DEPTH:
        _check(data, msgpack_openers, msgpack_is_shallow)


def check_json(data: bytes) -> None:
    """Raise UnreadableRecord if ``data`` nests deeper than a record may."""
    if len(data) >= LARGE or json_openers(data) > RECORD_DEPTH:
        _check(data, json_openers, json_is_shallow)


def msgpack_openers(data: bytes) -> int:
    """Count the bytes that could open a container."""
    return len(data) - len(data.translate(None, OPENERS))


def json_openers(data: bytes) -> int:
    """Count the brackets that could open a container."""
    return data.count(b"[") + data.count(b"{")


def trust(data: bytes, openers: Callable[[bytes], int]) -> None:
    """Remember a record that we have written: its depth was checked value by value."""
    if len(data) >= LARGE or openers(data) > RECORD_DEPTH:
        _remember((openers, sha256(data).digest()))


def _check(
    data: bytes, openers: Callable[[bytes], int], is_shallow: Callable[[bytes], bool]
) -> None:
    looked_up = (openers, sha256(data).digest())
    if looked_up in _passed:
        return
    if openers(data) > RECORD_DEPTH and not is_shallow(data):
        raise UnreadableRecord("the record nests too deeply")
    _remember(looked_up)


def _remember(passed: tuple[object, bytes]) -> None:
    if len(_passed) >= 4096:
        _passed.clear()
    _passed.add(passed)


def json_is_shallow(data: bytes) -> bool:
    """Tell whether the brackets outside of texts stay within the limit."""
    brackets = JSON_TEXT.sub(b"", data).translate(None, NOT_BRACKETS)
    return max(accumulate(map(STEP.__getitem__, brackets)), default=0) <= RECORD_DEPTH


def msgpack_is_shallow(data: bytes) -> bool:
    """Tell whether the containers stay within the limit; truncated data is left to the decoder."""
    regions = [(0, len(data), 0)]
    # The list grows on the way: the bytes in our tag of a tuple or set are decoded by themselves,
    # and end where the tag says, however many items they claim to hold.
    return all(_is_shallow(data, regions, *region) for region in regions)


def _is_shallow(
    data: bytes, regions: list[tuple[int, int, int]], position: int, end: int, depth: int
) -> bool:
    remaining, outer = 1, [0]
    while position < end:
        while remaining == 0:
            if len(outer) == 1:
                return True
            remaining = outer.pop()
        remaining -= 1
        first = data[position]
        if first < 0x80 or first >= 0xE0 or 0xC0 <= first <= 0xC3:
            position += 1
        elif 0xA0 <= first < 0xC0:
            position += first - 0x9F
        elif first in FIXED:
            position += FIXED[first]
        elif first in SIZED:
            position += 1 + SIZED[first] + _number(data, position + 1, SIZED[first])
        elif first in FIXED_EXTENSIONS or first in EXTENSIONS:
            code, start, position = _extension(data, position, first)
            if code in CONTAINER_CODES:
                if depth + len(outer) > RECORD_DEPTH:
                    return False
                regions.append((start, min(position, end), depth + len(outer)))
        else:
            outer.append(remaining)
            position, remaining = _container(data, position, first)
            if depth + len(outer) - 1 > RECORD_DEPTH:
                return False
    return True


def _number(data: bytes, start: int, width: int) -> int:
    return int.from_bytes(data[start : start + width], "big")


def _container(data: bytes, position: int, first: int) -> tuple[int, int]:
    """Answer where the first child starts, and how many there are."""
    if first < 0x90:
        return position + 1, 2 * (first & 0x0F)
    if first < 0xA0:
        return position + 1, first & 0x0F
    width = ARRAYS.get(first) or MAPS[first]
    count = _number(data, position + 1, width)
    return position + 1 + width, count * (1 if first in ARRAYS else 2)


def _extension(data: bytes, position: int, first: int) -> tuple[int, int, int]:
    """Answer the code, where the content starts, and where it ends."""
    if first in FIXED_EXTENSIONS:
        size, start = FIXED_EXTENSIONS[first], position + 2
    else:
        start = position + 2 + EXTENSIONS[first]
        size = _number(data, position + 1, EXTENSIONS[first])
    return _number(data, start - 1, 1), start, start + size
