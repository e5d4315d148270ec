"""Sessions of Flask-Session 0.4 to 0.8 go on, on MongoDB."""

from __future__ import annotations

from datetime import datetime, timezone
from typing import Any

import pytest
from flask_session_conformance.migration import (
    EndlessRecords,
    ForeignTypes,
    Place,
    Recording,
    SideBySide,
)
from flask_session_conformance.plugin import GetServer
from pymongo import MongoClient
from pymongo.collection import Collection


class MongoDBPlanter:
    """Documents with ``id``, ``val`` and ``expiration``, which was None up to 0.6 for some."""

    def __init__(self, documents: Collection[Any]) -> None:
        self.documents = documents

    def plant(self, recording: Recording, expires_at: float | None) -> None:
        expiration = expires_at and datetime.fromtimestamp(expires_at, timezone.utc)
        document = {"id": recording.key, "val": recording.value, "expiration": expiration}
        self.documents.insert_one(document)

    def value(self, recording: Recording) -> bytes | None:
        document = self.documents.find_one({"id": recording.key})
        return None if document is None else bytes(document["val"])

    def expires_at(self, recording: Recording) -> float:
        document = self.documents.find_one({"id": recording.key})
        assert document is not None
        moment: datetime = document["expiration"].replace(tzinfo=timezone.utc)
        return moment.timestamp()

    def remove(self, recording: Recording) -> None:
        self.documents.delete_many({"id": recording.key})


class TestMongoDB(ForeignTypes, EndlessRecords):
    backend = recorded = "mongodb"

    @pytest.fixture
    def config(self, client: MongoClient[Any], database: str) -> dict[str, Any]:
        return {
            "SESSION_TYPE": "mongodb",
            "SESSION_MONGODB": client,
            "SESSION_MONGODB_DB": database,
        }

    @pytest.fixture
    def planter(self, documents: Collection[Any]) -> MongoDBPlanter:
        return MongoDBPlanter(documents)


class TestBesideTheOldRelease(SideBySide):
    backend = neighbour = "mongodb"

    @pytest.fixture
    def config(self, client: MongoClient[Any], database: str) -> dict[str, Any]:
        return {
            "SESSION_TYPE": "mongodb",
            "SESSION_MONGODB": client,
            "SESSION_MONGODB_DB": database,
        }

    @pytest.fixture
    def place(self, server: GetServer, database: str) -> Place:
        return Place(server("mongodb").address, config={"SESSION_MONGODB_DB": database})
