"""Servers that are not ready for the app when it is first used."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import Any

import pytest
from flask_session_mongodb import MongoDBStore
from flask_session_mongodb.client import build
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


@pytest.mark.parametrize("option", ["socketTimeoutMS=380", "timeoutMS=600"])
def test_a_client_that_gives_up_before_an_index_is_made_is_served_without(
    url: str, documents: Collection[Any], fail_point: FailPoint, option: str
) -> None:
    # Every request tried to make it, and was a 503, until somebody ran "flask session setup".
    documents.insert_one({"other": 1})
    with build(f"{url}?{option}") as client, fail_point("hangAfterStartingIndexBuild"):
        store = MongoDBStore(client, documents.database.name)
        assert store.create(KEY, b"data", 60)
        assert store.load(KEY) is not None


@pytest.mark.parametrize("option", ["socketTimeoutMS=380", "timeoutMS=600"])
def test_a_slow_answer_about_an_index_that_is_there_is_no_refusal(
    url: str, store: MongoDBStore, fail_point: FailPoint, option: str,
    caplog: pytest.LogCaptureFixture,
) -> None:  # fmt: skip
    store.setup()
    slow = {"failCommands": ["createIndexes"], "blockConnection": True, "blockTimeMS": 800}
    with (
        build(f"{url}?{option}") as client,
        fail_point("failCommand", {"times": 1}, **slow),
    ):
        assert MongoDBStore(client, store.collection.database.name).load(KEY) is None
    assert caplog.messages == []
