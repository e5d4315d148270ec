"""What is no record, and records with a wrong byte in them, are unreadable and nothing worse."""

from __future__ import annotations

from contextlib import suppress

import pytest
from flask_session.errors import UnreadableRecord
from flask_session.serializers import MsgSpecSerializer

from packages.core.tests.values import KEPT


@pytest.mark.parametrize(
    "data",
    [b"", b"garbage", b"\x01", b"[1]", b"\x93\x01\x02\x03", b"{", b'{"a":', b"null", b"\xc1" * 9],
)
def test_what_is_no_record_is_unreadable(serializer: MsgSpecSerializer, data: bytes) -> None:
    with pytest.raises(UnreadableRecord):
        serializer.decode(data)


def test_every_truncation_is_unreadable_or_shorter(serializer: MsgSpecSerializer) -> None:
    data = serializer.encode(KEPT)
    for end in range(0, len(data), 7):
        with pytest.raises(UnreadableRecord):
            serializer.decode(data[:end])


def test_one_byte_flips_never_raise_anything_else(serializer: MsgSpecSerializer) -> None:
    data = bytearray(serializer.encode(KEPT))
    for position in range(len(data)):
        data[position] ^= 0x55
        with suppress(UnreadableRecord):
            serializer.decode(bytes(data))
        data[position] ^= 0x55
