"""Documents ``{_id, id: key, val: data, expiration: date}``, as of Flask-Session 0.4 to 0.8."""

from __future__ import annotations

import math
from collections.abc import Iterator
from hashlib import sha256
from typing import Any

import pymongo
from bson import CodecOptions, ObjectId
from bson.codec_options import DatetimeConversion
from bson.datetime_ms import DatetimeMS
from bson.errors import BSONError
from flask_session.discretion import Discretion
from flask_session.errors import UnreadableRecord
from flask_session.store import Outcome, Record, Store
from pymongo import MongoClient, ReadPreference
from pymongo.collection import Collection
from pymongo.errors import DuplicateKeyError, PyMongoError
from pymongo.read_concern import ReadConcern

from . import upkeep
from .commands import Commands
from .preparation import UPKEEP_SECONDS, Preparation
from .upkeep import Document, expires_at

QUIETLY = Discretion("pymongo.command")


class MongoDBStore(Store):
    """Keep records in a MongoDB collection, on a server, a replica set or a sharded cluster.

    Writes use the write concern of ``client``. Reads ask the primary whatever its read preference,
    for what it has by now whatever its read concern: a secondary, or what most of them have
    acknowledged, may still show a session that was logged out. ``owns_client`` lets
    :meth:`close` close the client. A document without a date in ``expiration`` counts as expired:
    0.4 to 0.6 wrote such for sessions that are not permanent, and then failed to read them.
    """

    errors: tuple[type[Exception], ...] = (PyMongoError, BSONError)
    # An update carries the old and the new data, and has to fit the 16 MB of one document.
    # https://www.mongodb.com/docs/manual/reference/limits/#mongodb-limit-BSON-Document-Size
    max_bytes = 8 * 1024 * 1024 - 1024

    def __init__(
        self,
        client: MongoClient[Any],
        db: str = "flask_session",
        collection: str = "sessions",
        *,
        owns_client: bool = False,
    ) -> None:
        self.client = client
        self.collection: Collection[Any] = client[db][collection]
        # Dates as whole milliseconds: no time zone takes part, whatever the client's ``tz_aware``.
        plain: CodecOptions[Document] = CodecOptions(
            datetime_conversion=DatetimeConversion.DATETIME_MS
        )
        self._documents: Collection[Document] = self.collection.with_options(
            codec_options=plain,
            read_preference=ReadPreference.PRIMARY,
            read_concern=concern(self.collection.read_concern),
        )
        self._commands = Commands(self._documents)
        self._owns_client = owns_client
        self._preparation = Preparation(self._documents)

    @QUIETLY
    def load(self, key: str) -> Record | None:
        """Find by ``id``; of duplicates that 0.8 left, the one that lives longest stays."""
        self._preparation.ready()
        found = self._commands.find({"id": key})
        if not found:
            return None
        document = upkeep.keep_latest(self._documents, found)
        expiry, data = expires_at(document), document.get("val")
        if expiry <= self.clock():
            return None
        if type(data) is not bytes:
            raise UnreadableRecord("the document's val is not binary data")
        return Record(data, expires_at=expiry)

    @QUIETLY
    def create(self, key: str, data: bytes, ttl: int) -> bool:
        """Insert unless there is such an ``id``; a second trip only replaces an expired one."""
        values = {"val": data, "expiration": self._expiry(ttl)}
        if self._insert(key, values):
            return True
        expired = {"id": key, "expiration": {"$not": {"$gt": self._now()}}}
        return self._documents.update_one(expired, {"$set": values}).matched_count == 1

    def _insert(self, key: str, values: Document) -> bool:
        # The same key has the same _id: no two are created even where the unique index is missing.
        identity = {"_id": ObjectId(sha256(key.encode()).digest()[:12])}
        documents = self._preparation.ready()
        try:
            if self._preparation.has_indexes:
                documents.insert_one({**identity, "id": key, **values})
                return True
            # An upsert, which takes longer, also sees a document that 0.8 wrote.
            insert = {"$setOnInsert": {**identity, **values}}
            answer = documents.update_one({"id": key}, insert, upsert=True)
        except DuplicateKeyError:
            return False
        return answer.upserted_id is not None

    @QUIETLY
    def update(self, key: str, data: bytes, ttl: int, expected: Record) -> Outcome:
        """Write where ``val`` is the old data; only a miss asks what is there instead."""
        values = {"val": data, "expiration": self._expiry(ttl)}
        same = self._live(key, expected)
        self._preparation.ready()
        if self._commands.update(same, {"$set": values}):
            return Outcome.SAVED
        found = self._documents.find_one(self._live(key), {"val": 1})
        if found is None:
            return Outcome.GONE
        return Outcome.SAVED if found.get("val") == data else Outcome.CONFLICT

    def touch(self, key: str, ttl: int) -> bool:
        """Write the date where the document lives."""
        return self._touch(self._live(key), ttl)

    def touch_expected(self, key: str, ttl: int, expected: Record) -> bool:
        """Write the date where ``val`` is still the old data."""
        return self._touch(self._live(key, expected), ttl)

    @QUIETLY
    def _touch(self, which: Document, ttl: int) -> bool:
        later = {"$set": {"expiration": self._expiry(ttl)}}
        self._preparation.ready()
        return self._commands.update(which, later)

    @QUIETLY
    def delete(self, key: str, expected: Record | None = None) -> Outcome:
        """Remove where ``val`` is the old data; only a miss asks what is there instead."""
        if expected is None:
            removed = self._preparation.ready().delete_many(self._live(key)).deleted_count
            return Outcome.DELETED if removed else Outcome.GONE
        if self._preparation.ready().delete_one(self._live(key, expected)).deleted_count:
            return Outcome.DELETED
        found = self._documents.find_one(self._live(key), {"_id": 1})
        return Outcome.GONE if found is None else Outcome.CONFLICT

    def purge(self) -> int:
        """Remove expired documents; needed only where the TTL index could not be made."""
        documents = self._preparation.ready_for_long()
        with pymongo.timeout(UPKEEP_SECONDS):
            return upkeep.remove_expired(documents, self._now())

    def limit_endless(self, ttl: int) -> int:
        """Give documents a date that have none; 0.4 and 0.5 wrote them for a browser's session."""
        documents = self._preparation.ready_for_long()
        with pymongo.timeout(UPKEEP_SECONDS):
            return upkeep.date_undated(documents, self._expiry(ttl))

    def keys(self, prefix: str) -> Iterator[tuple[str, float | None]]:
        """Iterate over the live documents; behind many expired ones the first may take long."""
        within = {"$gte": prefix, "$lt": prefix + "\x7f"}
        live = {"id": within, "expiration": {"$gt": self._now()}}
        with QUIETLY:
            found = self._preparation.ready_for_long().find(live, {"id": 1, "expiration": 1})
            while (document := upkeep.next_of(found, UPKEEP_SECONDS)) is not None:
                yield document["id"], expires_at(document)

    @QUIETLY
    def setup(self) -> None:
        """Make both indexes however long it takes."""
        self._preparation.complete()

    def close(self) -> None:
        """Close the client if it is ours."""
        if self._owns_client:
            self.client.close()

    def __getattr__(self, name: str) -> Any:
        # ``session_interface.store`` was the collection in Flask-Session 0.4 to 0.8.
        if hasattr(Collection, name):
            return getattr(self.collection, name)
        raise AttributeError(f"{type(self).__name__!r} object has no attribute {name!r}")

    def _expiry(self, ttl: int) -> DatetimeMS:
        return DatetimeMS(math.ceil((self.clock() + ttl) * 1000))

    def _now(self) -> DatetimeMS:
        return DatetimeMS(math.floor(self.clock() * 1000))

    def _live(self, key: str, expected: Record | None = None) -> Document:
        if expected is None:
            return {"id": key, "expiration": {"$gt": self._now()}}
        if expected.expires_at is not None and expected.expires_at > self.clock():
            # It was found to live longer than now, so the server has one thing less to compare.
            return {"id": key, "val": expected.data}
        return {**self._live(key), "val": expected.data}


def concern(wanted: ReadConcern) -> ReadConcern:
    """Answer the read concern by which a log-out is seen at once; a server's default may differ.

    https://www.mongodb.com/docs/manual/reference/read-concern/
    """
    return wanted if wanted.level == "linearizable" else ReadConcern("local")
