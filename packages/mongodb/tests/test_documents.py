"""The documents of Flask-Session 0.8 and before: their shape, their dates, their duplicates."""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import datetime, timedelta, timezone
from functools import partial
from typing import Any

import pytest
from bson import ObjectId
from bson.codec_options import CodecOptions, TypeRegistry
from bson.raw_bson import RawBSONDocument
from flask_session.errors import UnreadableRecord
from flask_session.store import Outcome
from flask_session_conformance.stores.base import loaded
from flask_session_conformance.threads import together
from flask_session_mongodb import MongoDBStore
from pymongo import MongoClient
from pymongo.collection import Collection

KEY = "session:0b5e6ae2-5a0e-4c0c-9a52-1d3bd7a9f4a1"
Put = Callable[..., ObjectId]


def naive_utc(seconds: float) -> datetime:
    """Answer a date as Flask-Session 0.8 writes it."""
    return datetime.now(timezone.utc).replace(tzinfo=None) + timedelta(seconds=seconds)


@pytest.fixture
def put(documents: Collection[Any]) -> Put:
    """Provide a function that writes a document as Flask-Session 0.8 does."""

    def insert(val: object = b"theirs", expiration: object = None) -> ObjectId:
        document = {"id": KEY, "val": val, "expiration": expiration}
        answer: ObjectId = documents.insert_one(document).inserted_id
        return answer

    return insert


def test_a_document_has_the_fields_of_0_8(store: MongoDBStore, documents: Collection[Any]) -> None:
    store.create(KEY, b"data", 60)
    (found,) = documents.find({"id": KEY})
    assert {name: type(value) for name, value in found.items()} == {
        "_id": ObjectId,
        "id": str,
        "val": bytes,
        "expiration": datetime,
    }


def test_the_date_is_that_of_utc(store: MongoDBStore, documents: Collection[Any]) -> None:
    store.create(KEY, b"data", 3600)
    (found,) = documents.find()
    assert abs(found["expiration"] - naive_utc(3600)) < timedelta(seconds=5)


def test_an_update_leaves_the_identity_of_a_document_of_0_8(
    store: MongoDBStore, documents: Collection[Any], put: Put
) -> None:
    identity = put(expiration=naive_utc(60))
    assert store.update(KEY, b"ours", 60, loaded(store, KEY)) is Outcome.SAVED
    (found,) = documents.find({"id": KEY})
    assert found["_id"] == identity


def test_create_answers_false_beside_a_live_document_of_0_8(store: MongoDBStore, put: Put) -> None:
    put(expiration=naive_utc(60))
    assert store.create(KEY, b"ours", 60) is False


def test_load_tells_the_expiry_of_a_document_of_0_8(store: MongoDBStore, put: Put) -> None:
    put(expiration=naive_utc(60))
    assert loaded(store, KEY).expires_at == pytest.approx(time.time() + 60, abs=5)


@pytest.mark.parametrize("expiration", [None, "tomorrow", 4102444800])
def test_a_document_without_a_date_counts_as_expired(
    store: MongoDBStore, put: Put, expiration: object
) -> None:
    put(expiration=expiration)
    assert store.load(KEY) is None
    assert store.touch(KEY, 60) is False
    assert store.delete(KEY) is Outcome.GONE


def test_create_replaces_a_document_without_a_date(
    store: MongoDBStore, documents: Collection[Any], put: Put
) -> None:
    put(expiration=None)
    assert store.create(KEY, b"ours", 60) is True
    assert documents.count_documents({"id": KEY}) == 1
    assert loaded(store, KEY).data == b"ours"


@pytest.mark.parametrize("val", [None, "text", 7, ["list"], {"a": 1}])
def test_a_value_that_is_not_binary_is_unreadable(
    store: MongoDBStore, put: Put, val: object
) -> None:
    put(val=val, expiration=naive_utc(60))
    with pytest.raises(UnreadableRecord):
        store.load(KEY)


def test_of_duplicates_the_one_that_lives_longest_is_loaded(store: MongoDBStore, put: Put) -> None:
    put(b"early", naive_utc(60))
    put(b"latest", naive_utc(180))
    put(b"late", naive_utc(120))
    assert loaded(store, KEY).data == b"latest"


def test_loading_leaves_one_of_several_duplicates(
    store: MongoDBStore, documents: Collection[Any], put: Put
) -> None:
    for seconds in (60, 180, 120):
        put(expiration=naive_utc(seconds))
    store.load(KEY)
    assert documents.count_documents({"id": KEY}) == 1


def test_no_duplicate_is_a_session_again_after_a_logout(store: MongoDBStore, put: Put) -> None:
    put(b"one", naive_utc(60))
    put(b"two", naive_utc(120))
    assert store.delete(KEY, loaded(store, KEY)) is Outcome.DELETED
    assert store.load(KEY) is None


def test_delete_without_an_expected_record_removes_every_duplicate(
    store: MongoDBStore, put: Put
) -> None:
    put(b"one", naive_utc(60))
    put(b"two", naive_utc(120))
    assert store.delete(KEY) is Outcome.DELETED
    assert store.load(KEY) is None


def test_eight_threads_create_one_document_where_no_index_is_unique(
    store: MongoDBStore, documents: Collection[Any]
) -> None:
    store.load(KEY)
    documents.drop_indexes()
    for number in range(50):
        key = f"{KEY}{number}"
        answers = together([partial(store.create, key, b"data", 60)] * 8)
        assert answers.count(True) == 1
        assert documents.count_documents({"id": key}) == 1


@pytest.mark.parametrize(
    "options",
    [
        CodecOptions(tz_aware=True, tzinfo=timezone(timedelta(hours=9))),
        CodecOptions(document_class=RawBSONDocument),
        CodecOptions(type_registry=TypeRegistry(fallback_encoder=str)),
    ],
    ids=["tz_aware", "raw documents", "fallback encoder"],
)
def test_a_client_may_decode_as_it_likes(
    client: MongoClient[Any], database: str, options: CodecOptions[Any]
) -> None:
    assert client.address
    other: MongoClient[Any] = MongoClient(
        *client.address,
        tz_aware=options.tz_aware,
        tzinfo=options.tzinfo,
        document_class=options.document_class,
        type_registry=options.type_registry,
    )
    with other:
        store = MongoDBStore(other, database)
        store.create(KEY, b"data", 60)
        assert loaded(store, KEY).expires_at == pytest.approx(time.time() + 60, abs=5)


def test_keys_leaves_out_documents_without_a_text_id(
    store: MongoDBStore, documents: Collection[Any]
) -> None:
    documents.insert_one({"id": 7, "val": b"data", "expiration": naive_utc(60)})
    assert list(store.keys("")) == []


def test_the_collection_is_where_0_8_had_it(
    store: MongoDBStore, documents: Collection[Any]
) -> None:
    store.create(KEY, b"data", 60)
    assert store.count_documents({"id": KEY}) == 1
    assert store.full_name == documents.full_name


def test_the_store_has_no_attribute_that_a_collection_lacks(store: MongoDBStore) -> None:
    assert not hasattr(store, "anything_else")
