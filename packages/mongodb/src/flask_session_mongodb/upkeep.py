"""What a collection of sessions needs: indexes, no duplicates, no expired documents.

Flask-Session up to 0.8 had no unique index. Up to 0.6 a browser that came back with an expired id
in several requests at once got several documents of that one ``id``.
"""

from __future__ import annotations

import logging
from typing import Any

import pymongo
from bson.datetime_ms import DatetimeMS
from pymongo.collection import Collection
from pymongo.cursor import Cursor
from pymongo.errors import NetworkTimeout, OperationFailure

Document = dict[str, Any]
INDEXES: tuple[tuple[str, Document], ...] = (
    ("id", {"unique": True}),
    # 0.8 makes this one with the same name and options.
    # https://www.mongodb.com/docs/manual/tutorial/expire-data/#expire-documents-at-a-specific-clock-time
    ("expiration", {"expireAfterSeconds": 0}),
)
UNAUTHORIZED = 13
MAX_TIME_EXPIRED = 50
STRANGERS = (18, 8000)
"""How a server, and how Atlas, refuses whoever it does not know: that is not about an index."""
BATCH = 1000
logger: logging.Logger = logging.getLogger(__name__)


def make_indexes(collection: Collection[Document], milliseconds: int) -> bool:
    """Make the missing indexes, each within ``milliseconds``; tell whether both are there now.

    A server that refuses (no right to, duplicate ids, another index of that name) or would take
    longer is logged and left alone. The server's text stays out: it may quote a session id. Raises
    the client's errors when the server does not answer at all, or does not know the user.
    """
    refused = 0
    for key, options in INDEXES:
        try:
            collection.create_index(key, maxTimeMS=milliseconds, **options)
        except OperationFailure as error:
            if error.code in STRANGERS:
                raise
            if error.code == UNAUTHORIZED and is_there(collection, key, options):
                continue
            refused += 1
            warn(collection, key, error.code)
        except NetworkTimeout:
            # A client with a shorter limit, or with timeoutMS, which replaces ours, gives up first.
            # If the server answers otherwise, it would be the same again in every request.
            if is_there(collection, key, options):
                continue
            warn(collection, key, MAX_TIME_EXPIRED)
            return False
    return not refused


def warn(collection: Collection[Document], key: str, code: int | None) -> None:
    """Log that there may be no index."""
    logger.warning(
        "MongoDB did not make the index on %s.%s (error %s). Sessions work without it, but "
        "slower, and expired ones stay. Run 'flask session setup' with the right to "
        "create indexes, or 'flask session cleanup' from time to time.",
        collection.name,
        key,
        code,
    )


def is_there(collection: Collection[Document], key: str, options: Document) -> bool:
    """Tell whether somebody else has made an index, as far as the role may list them."""
    try:
        indexes = collection.index_information().values()
    except OperationFailure:
        return False
    return any(index["key"] == [(key, 1)] and options.items() <= index.items() for index in indexes)


def remove_duplicates(collection: Collection[Document]) -> None:
    """Leave one document per ``id`` in the whole collection; documents of other shapes stay."""
    pipeline: list[Document] = [
        {"$match": {"id": {"$type": "string"}}},
        {"$group": {"_id": "$id", "documents": {"$sum": 1}}},
        {"$match": {"documents": {"$gt": 1}}},
    ]
    for group in collection.aggregate(pipeline, allowDiskUse=True):
        keep_latest(collection, list(collection.find({"id": group["_id"]})))


def keep_latest(collection: Collection[Document], duplicates: list[Document]) -> Document:
    """Remove all of these documents but the one that lives longest, and answer that one.

    Flask-Session renewed and read one of them only, so the others are what a race left behind; if
    they stayed, one of them would be the session again after a logout.
    """
    *others, latest = sorted(duplicates, key=expires_at)
    if others:
        collection.delete_many({"_id": {"$in": [document["_id"] for document in others]}})
    return latest


def remove_expired(collection: Collection[Document], now: DatetimeMS) -> int:
    """Remove what had expired by ``now``, some at a time, and answer how many documents."""
    expired: Document = {"expiration": {"$lte": now}}
    removed = 0
    while found := list(collection.find(expired, {"_id": 1}).limit(BATCH)):
        batch = {**expired, "_id": {"$in": [document["_id"] for document in found]}}
        removed += collection.delete_many(batch).deleted_count
    return removed


def date_undated(collection: Collection[Document], date: DatetimeMS) -> int:
    """Write a date into sessions that have none, and answer how many they were."""
    undated = {"id": {"$type": "string"}, "expiration": None}
    return collection.update_many(undated, {"$set": {"expiration": date}}).modified_count


def expires_at(document: Document) -> float:
    """Answer when the document expires, in seconds since the epoch; without a date: long ago."""
    expiration = document.get("expiration")
    return int(expiration) / 1000 if isinstance(expiration, DatetimeMS) else 0.0


def next_of(found: Cursor[Document], seconds: float) -> Document | None:
    """Answer the next document, ``None`` behind the last, waited for as long as an upkeep may take.

    The limit holds for one fetch: whoever goes through the documents may wait for other servers.
    """
    with pymongo.timeout(seconds):
        return next(found, None)
