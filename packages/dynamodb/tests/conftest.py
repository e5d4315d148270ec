from __future__ import annotations

import secrets
from collections.abc import Iterator
from typing import Any, cast

import boto3
import pytest
from flask_session_conformance.plugin import GetServer
from flask_session_dynamodb import DynamoDBStore
from flask_session_dynamodb.client import build

ARGUMENTS: dict[str, Any] = {
    "region_name": "us-west-2",
    "aws_access_key_id": "dummy",
    "aws_secret_access_key": "dummy",
}


@pytest.fixture(scope="session")
def url(server: GetServer) -> str:
    """Provide an endpoint that may take its time, as DynamoDB Local does on a busy machine."""
    return server("dynamodb").url + "?read_timeout=20"


@pytest.fixture(scope="session")
def arguments(url: str) -> dict[str, Any]:
    """Provide what boto3 takes to make a resource or a client for the server."""
    return {"endpoint_url": url.partition("?")[0], **ARGUMENTS}


@pytest.fixture(scope="session")
def administrator(arguments: dict[str, Any]) -> Iterator[Any]:
    """Provide a client that is not the store's, to look at the tables with."""
    client = boto3.client("dynamodb", **arguments)
    yield client
    client.close()


@pytest.fixture
def table_name(administrator: Any) -> Iterator[str]:
    """Provide the name of a table that does not exist, and delete it in the end."""
    name = f"test-{secrets.token_hex(6)}"
    yield name
    if name in administrator.list_tables()["TableNames"]:
        administrator.delete_table(TableName=name)


@pytest.fixture
def table_of_0_8(administrator: Any, table_name: str) -> str:
    """Make the table as Flask-Session 0.8 did; nothing ever removes an item from it."""
    administrator.create_table(
        TableName=table_name,
        AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}],
        KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
        BillingMode="PAY_PER_REQUEST",
    )
    return table_name


@pytest.fixture
def resource(arguments: dict[str, Any]) -> Iterator[Any]:
    """Provide what Flask-Session 0.8 took as SESSION_DYNAMODB."""
    resource = cast(Any, boto3.resource("dynamodb", **arguments))
    yield resource
    resource.meta.client.close()


@pytest.fixture
def store(url: str, table_name: str) -> Iterator[DynamoDBStore]:
    """Provide a store on clients that we built."""
    resource, low_level = build(url)
    store = DynamoDBStore(resource, table_name, low_level=low_level, owns_client=True)
    yield store
    store.close()
