from __future__ import annotations

import secrets
from collections.abc import Iterator
from typing import Any

import boto3
import pytest
from botocore.config import Config
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
    """Provide the endpoint, after the first table, for which DynamoDB Local needs seconds."""
    url = server("dynamodb").url
    patient = boto3.client(
        "dynamodb", endpoint_url=url, config=Config(read_timeout=30), **ARGUMENTS
    )
    first = DynamoDBStore(patient, "First", owns_client=True)
    first.setup()
    first.create("session:first", b"data", 60)
    first.close()
    return url


@pytest.fixture
def arguments(url: str) -> dict[str, Any]:
    """Provide what boto3 takes to make a resource or a client for the server."""
    return {"endpoint_url": url, **ARGUMENTS}


@pytest.fixture(scope="session")
def administrator(url: str) -> Iterator[Any]:
    """Provide a client that is not the store's, to look at the tables with."""
    client = boto3.client("dynamodb", endpoint_url=url, **ARGUMENTS)
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
def resource(arguments: dict[str, Any]) -> Iterator[Any]:
    """Provide what Flask-Session 0.8 took as SESSION_DYNAMODB."""
    resource = boto3.resource("dynamodb", **arguments)
    yield resource
    resource.meta.client.close()


@pytest.fixture
def store(url: str, table_name: str) -> Iterator[DynamoDBStore]:
    """Provide a store on clients that we built."""
    resource, low_level = build(url)
    store = DynamoDBStore(resource, table_name, low_level=low_level, owns_client=True)
    yield store
    store.close()
