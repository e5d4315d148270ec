"""What is read of a store, and what becomes of its client's error on the way out."""

from __future__ import annotations

import traceback

import msgspec
import pytest
from flask_session import StoreUnavailable
from flask_session.lifecycle.records import Events, Records
from flask_session.memory import MemoryStore
from flask_session.serializers import MsgSpecSerializer
from flask_session.store import Record


def records_in(store: MemoryStore, max_bytes: int | None = None) -> Records:
    return Records(store, MsgSpecSerializer(), lambda sid: f"session:{sid}", Events(), max_bytes)


class QuotingStore(MemoryStore):
    """Fails as a database does that quotes the row, each field up to some length."""

    def __init__(self, length: int) -> None:
        super().__init__()
        self.length = length

    def load(self, key: str) -> Record | None:
        raise OSError(f"failing row contains ({key[: self.length]}..., secret)")


@pytest.mark.parametrize("length", [64, 200])
def test_an_error_that_quotes_an_id_or_its_beginning_is_not_shown(length: int) -> None:
    # PostgreSQL cuts fields to 64 characters: of longer ids it showed half, with the data beside.
    records = records_in(QuotingStore(length))
    with pytest.raises(StoreUnavailable) as caught:
        records.load("a1" * 64)
    text = "".join(traceback.format_exception(caught.value))
    assert "secret" not in text
    assert "a1" * 8 not in text


def test_a_record_from_before_the_limit_was_lowered_is_read() -> None:
    store = MemoryStore()
    store.create("session:a", msgspec.msgpack.encode({"text": "x" * 300}), 60)
    assert records_in(store, max_bytes=256).load("a") is not None
