"""The bytes around a stored record: ours, and the two headers that cachelib has written in files.

Ours is, little endian::

    0   five bytes 0xff, "FS", 0x01
    8   expiry in seconds since the epoch, a double
    16  length of the key, one byte
    17  the key, then the data

No pickle begins with 0xff: a Flask-Session 0.8 that comes upon our bytes sees no session and no
error. Read as the expiry of a cachelib file, four times 0xff is the latest there is.

cachelib puts the expiry before the pickle, as four bytes or, in its early releases, as a pickled
number; zero is never. Nothing here unpickles: the number is recognised by its bytes.
https://github.com/pallets-eco/cachelib/blob/main/src/cachelib/file.py
"""

from __future__ import annotations

import math
import re
from struct import Struct
from typing import NamedTuple

MAGIC = b"\xff\xff\xff\xff\xffFS\x01"
LONGEST_HEADER = 17 + 255
"""How many bytes of a file tell its key and its expiry."""

_HEADER = Struct("<8sdB")
_EXPIRY = Struct("<d")
_LATEST = float(2**33)
_PICKLED_NUMBER = re.compile(rb"(?:\x80[\x02-\x05](?:\x95\x06\x00{7})?)?J(....)\.", re.DOTALL)


class Envelope(NamedTuple):
    """What was found: ``data`` is ``None`` where the bytes are no record.

    ``expires_at`` is ``None`` for a record that never expires. ``key`` is ``None`` where the bytes
    do not tell it. ``expiry_field`` says where the expiry lies, and in which form.
    """

    data: bytes | None = None
    expires_at: float | None = None
    key: str | None = None
    expiry_field: tuple[int, Struct] = (0, _EXPIRY)

    def live(self, now: float) -> bool:
        """Whether the record has not expired."""
        return self.expires_at is None or self.expires_at > now


UNREADABLE = Envelope()


def seal(key: str, data: bytes, expires_at: float) -> bytes:
    """Put a record into our envelope."""
    return _HEADER.pack(MAGIC, expires_at, len(key)) + key.encode("ascii") + data


def unseal(raw: bytes) -> Envelope:
    """Open an envelope of ours or a file of cachelib; never raises.

    The first ``LONGEST_HEADER`` bytes are enough for everything but the data.
    """
    if raw.startswith(MAGIC[:4]):
        return _unseal_ours(raw)
    if number := _PICKLED_NUMBER.match(raw):
        return _unseal_cachelib(raw, number.start(1), Struct("<i"), number.end())
    return _unseal_cachelib(raw, 0, Struct("<I"), 4)


def renew(raw: bytes, envelope: Envelope, expires_at: float) -> bytes:
    """Answer the same bytes with another expiry."""
    at, form = envelope.expiry_field
    value = expires_at if form is _EXPIRY else min(math.ceil(expires_at), 2**31 - 1)
    return raw[:at] + form.pack(value) + raw[at + form.size :]


def _unseal_ours(raw: bytes) -> Envelope:
    if len(raw) < _HEADER.size or not raw.startswith(MAGIC):
        return UNREADABLE
    _, expires_at, length = _HEADER.unpack_from(raw)
    start = _HEADER.size + length
    key = raw[_HEADER.size : start]
    if len(key) < length or not key.isascii() or not 0 < expires_at < _LATEST:
        return UNREADABLE
    return Envelope(raw[start:], expires_at, key.decode("ascii"), (8, _EXPIRY))


def _unseal_cachelib(raw: bytes, at: int, form: Struct, start: int) -> Envelope:
    if len(raw) <= start:
        return UNREADABLE
    (expires_at,) = form.unpack_from(raw, at)
    return Envelope(raw[start:], float(expires_at) or None, None, (at, form))
