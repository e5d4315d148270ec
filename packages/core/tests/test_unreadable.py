"""What is no record, and records with a wrong byte in them, are unreadable and nothing worse."""

from __future__ import annotations

from contextlib import suppress

import msgspec
import pytest
from flask_session.errors import UnreadableRecord
from flask_session.memory import MemoryStore
from flask_session.serializers import MsgSpecSerializer

from packages.core.tests.apps import app_on
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


def test_a_look_at_an_unreadable_value_leaves_the_record_as_it_is() -> None:
    store, key = MemoryStore(), "session:" + "s" * 43
    no_decimal = msgspec.msgpack.Ext(10, b"no number")
    store.create(key, msgspec.msgpack.encode({"user": "alice", "price": no_decimal}), 100)
    before = store.load(key)
    app = app_on(store, SESSION_USE_SIGNER=False, SESSION_REFRESH_EACH_REQUEST=False)
    client = app.test_client()
    client.set_cookie("session", "s" * 43)
    assert client.get("/").json == {"user": "alice"}
    assert store.load(key) == before
