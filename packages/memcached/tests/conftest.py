from __future__ import annotations

import secrets
from collections.abc import Iterator

import pytest
from flask_session_conformance.plugin import GetServer
from flask_session_memcached import MemcachedStore
from pymemcache import PooledClient


@pytest.fixture
def address(server: GetServer) -> str:
    return server("memcached").url


@pytest.fixture
def client(address: str) -> Iterator[PooledClient]:
    client = PooledClient(address, default_noreply=False)
    yield client
    client.close()


@pytest.fixture
def store(client: PooledClient) -> Iterator[MemcachedStore]:
    store = MemcachedStore(client)
    yield store
    store.close()


@pytest.fixture
def key() -> str:
    """Provide an unused key; the server forgets what is under it with its container."""
    return f"test-{secrets.token_hex(8)}"
