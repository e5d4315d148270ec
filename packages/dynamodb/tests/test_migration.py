"""Sessions of Flask-Session 0.8 go on, on DynamoDB, whatever the time zone of its worker was."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import boto3
import pytest
from flask_session_conformance.migration import MigrationConformance, Place, Recording, SideBySide
from flask_session_conformance.plugin import GetServer


class DynamoDBPlanter:
    """Items whose expiration is a fraction of seconds, in a table like the one that 0.8 made."""

    def __init__(self, client: Any, table: str) -> None:
        self.client = client
        self.table = table
        client.create_table(
            AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}],
            TableName=table,
            KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
            BillingMode="PAY_PER_REQUEST",
        )

    def plant(self, recording: Recording, expires_at: float | None) -> None:
        item = {
            "id": {"S": recording.key},
            "val": {"B": recording.value},
            "expiration": {"N": f"{expires_at:.6f}"},
        }
        self.client.put_item(TableName=self.table, Item=item)

    def item(self, recording: Recording) -> Any:
        key = {"id": {"S": recording.key}}
        return self.client.get_item(TableName=self.table, Key=key, ConsistentRead=True).get("Item")

    def value(self, recording: Recording) -> bytes | None:
        item = self.item(recording)
        return None if item is None else bytes(item["val"]["B"])

    def expires_at(self, recording: Recording) -> float:
        return float(self.item(recording)["expiration"]["N"])

    def remove(self, recording: Recording) -> None:
        self.client.delete_item(TableName=self.table, Key={"id": {"S": recording.key}})


@pytest.fixture
def config(arguments: dict[str, Any], table_name: str) -> Iterator[dict[str, Any]]:
    client = boto3.client("dynamodb", **arguments)
    yield {
        "SESSION_TYPE": "dynamodb",
        "SESSION_DYNAMODB": client,
        "SESSION_DYNAMODB_TABLE": table_name,
    }
    client.close()


class TestDynamoDB(MigrationConformance):
    backend = recorded = "dynamodb"

    @pytest.fixture
    def planter(self, administrator: Any, table_name: str) -> DynamoDBPlanter:
        return DynamoDBPlanter(administrator, table_name)

    @pytest.fixture
    def config(self, config: dict[str, Any]) -> dict[str, Any]:
        return config


class TestBesideTheOldRelease(SideBySide):
    backend = neighbour = "dynamodb"

    @pytest.fixture
    def config(self, config: dict[str, Any]) -> dict[str, Any]:
        return config

    @pytest.fixture
    def place(self, server: GetServer, table_name: str) -> Place:
        config = {"SESSION_DYNAMODB_TABLE": table_name}
        return Place(server("dynamodb").address, config=config)
