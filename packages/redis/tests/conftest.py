from __future__ import annotations

import secrets
from collections.abc import Iterator
from typing import Any

import pytest
from flask_session_conformance.plugin import GetServer
from flask_session_redis import RedisStore
from flask_session_redis.client import connect
from flask_session_redis.direct import Direct, sender


@pytest.fixture
def url(server: GetServer) -> str:
    return server("redis").url


@pytest.fixture
def client(url: str) -> Iterator[Any]:
    client = connect(url)
    yield client
    client.close()


@pytest.fixture
def store(client: Any) -> RedisStore:
    return RedisStore(client)


@pytest.fixture
def direct(client: Any) -> Direct:
    answer = sender(client)
    assert isinstance(answer, Direct)
    return answer


@pytest.fixture
def prefix(client: Any) -> Iterator[str]:
    """Provide a random key prefix; what was written under it is removed in the end."""
    prefix = f"test-{secrets.token_hex(6)}:"
    yield prefix
    for key in client.scan_iter(match=f"{prefix}*"):
        client.delete(key)
