"""Servers that are not ready for the app when it is first used."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import Any

import pytest
from flask_session_mongodb import MongoDBStore
from pymongo.collection import Collection

KEY = "session:0b5e6ae2-5a0e-4c0c-9a52-1d3bd7a9f4a1"
FailPoint = Callable[..., AbstractContextManager[None]]


@pytest.mark.parametrize("code", [18, 8000])
def test_the_indexes_are_made_once_the_server_knows_the_user(
    store: MongoDBStore, documents: Collection[Any], fail_point: FailPoint, code: int
) -> None:
    # With a user that was made, or a password set right, after the first request, they never were.
    with (
        fail_point("failCommand", failCommands=["createIndexes"], errorCode=code),
        pytest.raises(store.errors),
    ):
        store.load(KEY)
    assert store.create(KEY, b"data", 60)
    assert {"id_1", "expiration_1"} <= documents.index_information().keys()
