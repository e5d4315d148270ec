"""The caches of cachelib, each on its real server."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing
from typing import Any

import cachelib
import pymongo
import pytest
import redis
from flask_session_conformance.plugin import GetServer

NAMES = ["SimpleCache", "RedisCache", "ValkeyCache", "MongoDbCache", "DynamoDbCache"]
AVAILABLE = [name for name in NAMES if hasattr(cachelib, name)]
"""The classes that this release of cachelib has and that a test can have a server for."""


@pytest.fixture(params=AVAILABLE)
def any_cache(request: pytest.FixtureRequest) -> Any:
    """Provide each of the caches in turn, empty."""
    return request.getfixturevalue(request.param)


@pytest.fixture(params=[name for name in AVAILABLE if name in ("MongoDbCache", "DynamoDbCache")])
def limited_cache(request: pytest.FixtureRequest) -> Any:
    """Provide each of the caches that take less than we do by default."""
    return request.getfixturevalue(request.param)


@pytest.fixture
def SimpleCache() -> cachelib.SimpleCache:  # noqa: N802 - fixtures are named like the classes
    return cachelib.SimpleCache()


@pytest.fixture
def RedisCache(server: GetServer) -> Iterator[cachelib.RedisCache]:  # noqa: N802
    with redis.Redis.from_url(server("redis").url) as client:
        yield cachelib.RedisCache(client, key_prefix=secrets.token_hex(8))


@pytest.fixture
def ValkeyCache(server: GetServer) -> Iterator[Any]:  # noqa: N802
    with redis.Redis.from_url(server("valkey").url) as client:
        yield cachelib.ValkeyCache(client, key_prefix=secrets.token_hex(8))


@pytest.fixture
def MongoDbCache(server: GetServer) -> Iterator[Any]:  # noqa: N802
    client: pymongo.MongoClient[Any]
    with pymongo.MongoClient(server("mongodb").url) as client:
        yield cachelib.MongoDbCache(client, db="cachelib", collection=secrets.token_hex(8))


@pytest.fixture
def dynamodb_cache_at() -> Iterator[Callable[[str], Any]]:
    """Provide a function that makes a DynamoDbCache for a URL, which connects."""
    credentials: Any = {"aws_access_key_id": "key", "aws_secret_access_key": "secret"}
    with ExitStack() as stack:

        def make(url: str) -> Any:
            cache = cachelib.DynamoDbCache(
                secrets.token_hex(8), endpoint_url=url, region_name="us-west-2", **credentials
            )
            stack.enter_context(closing(client_of(cache._dynamo)))
            return cache

        yield make


@pytest.fixture
def DynamoDbCache(server: GetServer, dynamodb_cache_at: Callable[[str], Any]) -> Any:  # noqa: N802
    return dynamodb_cache_at(server("dynamodb").url)


def client_of(resource: Any) -> Any:
    return resource.meta.client
