"""What becomes of a client's error on its way out."""

from __future__ import annotations

import traceback

import pytest
from flask_session import StoreUnavailable
from flask_session.memory import MemoryStore
from flask_session.records import Events, Records
from flask_session.serializers import MsgSpecSerializer
from flask_session.store import Record


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
    records = Records(
        QuotingStore(length), MsgSpecSerializer(), lambda sid: f"session:{sid}", Events()
    )
    with pytest.raises(StoreUnavailable) as caught:
        records.read("a1" * 64)
    text = "".join(traceback.format_exception(caught.value))
    assert "secret" not in text
    assert "a1" * 8 not in text
