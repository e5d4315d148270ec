from __future__ import annotations

import socket
import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from flask_session.store import SupportsKeys
from flask_session_conformance import SessionConformance, StoreConformance
from flask_session_conformance.backend import Backend, ConfigAt, Fault
from flask_session_conformance.plugin import GetServer
from flask_session_conformance.servers import start
from flask_session_conformance.stores.base import StoreSuite
from flask_session_conformance.stores.data import DataFacts
from flask_session_conformance.stores.expiry import Expiry
from flask_session_conformance.stores.verbs import Verbs
from flask_session_dynamodb import DynamoDBStore
from flask_session_dynamodb.client import build


class DynamoDBBackend(Backend):
    """The table of the test, on both levels."""

    backend = "dynamodb"

    @pytest.fixture
    def worker_config(self, url: str, table_name: str) -> dict[str, Any]:
        return {
            "SESSION_TYPE": "dynamodb",
            "SESSION_DYNAMODB": url,
            "SESSION_DYNAMODB_TABLE": table_name,
        }


class DynamoDBSuite(DynamoDBBackend, StoreSuite):
    capabilities = frozenset({SupportsKeys})

    def connect(self, url: str, table_name: str) -> DynamoDBStore:
        resource, low_level = build(url)
        return DynamoDBStore(resource, table_name, low_level=low_level, owns_client=True)

    @pytest.fixture
    def store(self, url: str, table_name: str) -> Iterator[DynamoDBStore]:
        store = self.connect(url, table_name)
        yield store
        store.close()

    @pytest.fixture
    def make_store(self, url: str, table_name: str) -> Iterator[Callable[[], DynamoDBStore]]:
        made: list[DynamoDBStore] = []

        def make() -> DynamoDBStore:
            made.append(self.connect(url, table_name))
            return made[-1]

        yield make
        for store in made:
            store.close()

    @pytest.fixture
    def unreachable_store(self, table_name: str) -> Iterator[DynamoDBStore]:
        with socket.socket() as bound:  # bound and not listening: connections are refused
            bound.bind(("127.0.0.1", 0))
            store = self.connect(f"http://127.0.0.1:{bound.getsockname()[1]}", table_name)
            yield store
            store.close()

    @pytest.fixture
    def put_foreign_value(self, store: DynamoDBStore, administrator: Any) -> Callable[[str], None]:
        def put(key: str) -> None:
            store.create(key, b"data", 60)
            administrator.update_item(
                TableName=store.table_name,
                Key={"id": {"S": key}},
                UpdateExpression="SET val = :list",
                ExpressionAttributeValues={":list": {"L": [{"S": "a list"}]}},
            )

        return put


class TestDynamoDB(DynamoDBSuite, StoreConformance):
    """A client of our own making."""


class TestDynamoDBThroughAResource(DynamoDBSuite, Verbs, Expiry, DataFacts):
    backend = "dynamodb (resource)"

    @pytest.fixture
    def store(self, resource: Any, table_name: str) -> DynamoDBStore:
        return DynamoDBStore(resource, table_name)


class TestDynamoDBSessions(DynamoDBBackend, SessionConformance):
    @pytest.fixture
    def config(self, resource: Any, table_name: str) -> dict[str, Any]:
        return {
            "SESSION_TYPE": "dynamodb",
            "SESSION_DYNAMODB": resource,
            "SESSION_DYNAMODB_TABLE": table_name,
        }

    @pytest.fixture
    def server_address(self, server: GetServer) -> tuple[str, int]:
        return server("dynamodb").host, server("dynamodb").port

    @pytest.fixture
    def config_at(self, server: GetServer, resource: Any, table_name: str) -> ConfigAt:
        DynamoDBStore(resource, table_name).setup()

        def config(host: str, port: int) -> dict[str, Any]:
            return {
                "SESSION_TYPE": "dynamodb",
                "SESSION_DYNAMODB": server("dynamodb").url_at(f"{host}:{port}"),
                "SESSION_DYNAMODB_TABLE": table_name,
            }

        return config

    @pytest.fixture
    def put_foreign_value(self, administrator: Any, table_name: str) -> Callable[[str], None]:
        def put(key: str) -> None:
            foreign = {
                "id": {"S": key},
                "val": {"L": [{"S": "a list"}]},
                "expiration": {"N": str(int(time.time() + 60))},
            }
            administrator.put_item(TableName=table_name, Item=foreign)

        return put

    @pytest.fixture
    def crash(self) -> Iterator[Fault]:
        with start("dynamodb", durable=True) as server:
            config = {
                "SESSION_TYPE": "dynamodb",
                "SESSION_DYNAMODB": server.url + "?read_timeout=20",
            }
            yield Fault(config, server.kill, server.restart)
