from __future__ import annotations

import secrets
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from typing import Any

import pytest
from flask_session_conformance.plugin import GetServer
from flask_session_mongodb import MongoDBStore
from pymongo import MongoClient
from pymongo.collection import Collection

FailPoint = Callable[..., AbstractContextManager[None]]


@pytest.fixture(scope="session")
def url(server: GetServer) -> str:
    return server("mongodb").url


@pytest.fixture(scope="session")
def client(url: str) -> Iterator[MongoClient[Any]]:
    with MongoClient[Any](url) as client:
        yield client


@pytest.fixture
def database(client: MongoClient[Any]) -> Iterator[str]:
    """Provide the name of a database that does not exist yet and is dropped in the end."""
    name = f"test_{secrets.token_hex(6)}"
    yield name
    client.drop_database(name)


@pytest.fixture
def store(client: MongoClient[Any], database: str) -> MongoDBStore:
    return MongoDBStore(client, database)


@pytest.fixture
def documents(client: MongoClient[Any], database: str) -> Collection[Any]:
    """Provide the collection of the store, as Flask-Session 0.8 would use it."""
    return client[database]["sessions"]


@pytest.fixture
def fail_point(client: MongoClient[Any]) -> FailPoint:
    """Provide a switch for the server's own fault points.

    https://github.com/mongodb/mongo/wiki/The-%22failCommand%22-fail-point
    """

    @contextmanager
    def switch(name: str, mode: Any = "alwaysOn", **data: Any) -> Iterator[None]:
        client.admin.command("configureFailPoint", name, mode=mode, data=data)
        try:
            yield
        finally:
            client.admin.command("configureFailPoint", name, mode="off")

    return switch
