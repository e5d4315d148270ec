from __future__ import annotations

import socket
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta, timezone
from typing import Any

import pytest
from flask_session.store import SupportsKeys, SupportsPurge
from flask_session_conformance import SessionConformance, StoreConformance
from flask_session_conformance.backend import Backend, ConfigAt, Fault, not_applicable
from flask_session_conformance.plugin import GetServer
from flask_session_conformance.servers import start
from flask_session_mongodb import MongoDBStore
from flask_session_mongodb.client import build
from pymongo import MongoClient
from pymongo.collection import Collection

UNAUTHORIZED = 13
"""What a server answers to the writes of a user who may only read."""


class MongoDBBackend(Backend):
    """The database of the test, on both levels."""

    backend = "mongodb"

    @pytest.fixture
    def worker_config(self, url: str, database: str) -> dict[str, Any]:
        return {
            "SESSION_TYPE": "mongodb",
            "SESSION_MONGODB": url,
            "SESSION_MONGODB_DB": database,
        }

    @pytest.fixture
    def put_foreign_value(self, documents: Collection[Any]) -> Callable[[str], None]:
        def put(key: str) -> None:
            expiration = datetime.now(timezone.utc) + timedelta(seconds=60)
            foreign = {"id": key, "val": ["a", "list"], "expiration": expiration}
            documents.replace_one({"id": key}, foreign, upsert=True)

        return put


class TestMongoDBStore(MongoDBBackend, StoreConformance):
    capabilities = frozenset({SupportsPurge, SupportsKeys})

    @pytest.fixture
    def store(self, store: MongoDBStore) -> MongoDBStore:
        return store

    @pytest.fixture
    def make_store(
        self, client: MongoClient[Any], store: MongoDBStore
    ) -> Callable[[], MongoDBStore]:
        return lambda: MongoDBStore(client, store.collection.database.name)

    @pytest.fixture
    def unreachable_store(self) -> Iterator[MongoDBStore]:
        with socket.socket() as bound:  # bound and not listening: connections are refused
            bound.bind(("127.0.0.1", 0))
            store = MongoDBStore(
                build(f"mongodb://127.0.0.1:{bound.getsockname()[1]}"), owns_client=True
            )
            yield store
            store.close()

    @pytest.fixture
    def make_many_expired(
        self, store: MongoDBStore, documents: Collection[Any]
    ) -> Callable[[], int]:
        def make() -> int:
            store.setup()
            documents.drop_index("expiration_1")  # or the server would sweep as well
            expired = datetime.now(timezone.utc) - timedelta(seconds=60)
            many = [{"id": f"{n}", "val": b"data", "expiration": expired} for n in range(20_000)]
            return len(documents.insert_many(many, ordered=False).inserted_ids)

        return make


class TestMongoDBSessions(MongoDBBackend, SessionConformance):
    @pytest.fixture
    def config(self, client: MongoClient[Any], database: str) -> dict[str, Any]:
        return {
            "SESSION_TYPE": "mongodb",
            "SESSION_MONGODB": client,
            "SESSION_MONGODB_DB": database,
        }

    @pytest.fixture
    def server_address(self, server: GetServer) -> tuple[str, int]:
        return server("mongodb").host, server("mongodb").port

    @pytest.fixture
    def config_at(self, server: GetServer, database: str) -> ConfigAt:
        def config(host: str, port: int) -> dict[str, Any]:
            return {
                "SESSION_TYPE": "mongodb",
                "SESSION_MONGODB": server("mongodb").url_at(f"{host}:{port}"),
                "SESSION_MONGODB_DB": database,
            }

        return config

    @pytest.fixture
    def crash(self) -> Iterator[Fault]:
        with start("mongodb") as server:
            config = {"SESSION_TYPE": "mongodb", "SESSION_MONGODB": f"{server.url}?journal=true"}
            yield Fault(config, server.kill, server.restart)

    @pytest.fixture
    def read_only(self) -> Iterator[Fault]:
        with start("mongodb") as server, MongoClient[Any](server.url) as administrator:

            def turn(mode: str) -> None:
                refused = {
                    "failCommands": ["insert", "update", "delete"],
                    "errorCode": UNAUTHORIZED,
                }
                administrator.admin.command(
                    "configureFailPoint", "failCommand", mode=mode, data=refused
                )

            config = {"SESSION_TYPE": "mongodb", "SESSION_MONGODB": server.url}
            yield Fault(config, lambda: turn("alwaysOn"), lambda: turn("off"))

    disk_full = not_applicable("mongod ends when its disk is full, which D1 and D17 are about")
