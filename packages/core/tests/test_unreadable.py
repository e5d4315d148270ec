"""What is no record, and records with a wrong byte in them, are unreadable and nothing worse."""

from __future__ import annotations

import pickle
from contextlib import suppress
from typing import Any

import msgspec
import pytest
from flask import session
from flask_session.errors import UnreadableRecord
from flask_session.memory import MemoryStore
from flask_session.serialization.legacy import Reader
from flask_session.serializers import MsgSpecSerializer
from flask_session.web.signers import our_signer

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


def test_an_unreadable_value_is_a_missing_one() -> None:
    store, no_decimal = MemoryStore(), msgspec.msgpack.Ext(10, b"no number")
    store.create("session:" + "s" * 43, msgspec.msgpack.encode({"price": no_decimal}), 100)
    app = app_on(store, SESSION_USE_SIGNER=False)
    with app.test_request_context(headers={"Cookie": "session=" + "s" * 43}):
        with pytest.raises(KeyError, match="price"):
            session["price"]
        assert "price" not in session


class SoftTimeLimit(Exception):
    """What a worker's signal handler raises, wherever the request is."""


INTERRUPTIONS = pytest.mark.parametrize("kind", [SoftTimeLimit, MemoryError, RecursionError])


def interrupting(kind: type[Exception]) -> Any:
    """Answer a function in which a time limit strikes, or memory or stack are used up."""

    def interrupt(*_: object) -> Any:
        raise kind

    return interrupt


@INTERRUPTIONS
@pytest.mark.parametrize("step", ["split", "decode_value"])
def test_what_interrupts_the_decoding_loses_nothing(
    kind: type[Exception], step: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    # The value, or the session, was taken for damaged, and removed with an answer of 200.
    app = app_on(MemoryStore())
    interface: Any = app.session_interface
    client = app.test_client()
    client.get("/set/user")
    with monkeypatch.context() as patching:
        patching.setattr(interface.serializer.format, step, interrupting(kind))
        with pytest.raises(kind):
            client.get("/")
    assert client.get("/").json == {"_permanent": True, "user": 1}


@INTERRUPTIONS
def test_what_interrupts_the_reading_of_a_pickle_is_no_damage(
    kind: type[Exception], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Reader, "read", interrupting(kind))
    with pytest.raises(kind):
        MsgSpecSerializer().split(pickle.dumps({"user": "alice"}))


@INTERRUPTIONS
def test_what_interrupts_a_verification_is_no_wrong_signature(
    kind: type[Exception], monkeypatch: pytest.MonkeyPatch
) -> None:
    # itsdangerous takes it for one.
    monkeypatch.setattr("itsdangerous.signer.base64_decode", interrupting(kind))
    raising = interrupting(kind)
    monkeypatch.setattr("flask_session.web.signers.base64_decode", raising, raising=False)
    with pytest.raises(kind):
        our_signer(("key",)).verify_signature("value", "signature")
