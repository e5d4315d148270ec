"""Every server and every client library keeps the store contract."""

from __future__ import annotations

import socket
from collections.abc import Callable, Iterator
from typing import Any, ClassVar

import pytest
import redis
import valkey
from flask_session.store import SupportsKeys
from flask_session_conformance import StoreConformance
from flask_session_conformance.plugin import GetServer
from flask_session_redis import RedisStore
from flask_session_redis.client import Client, connect


class RedisConformance(StoreConformance):
    capabilities = frozenset({SupportsKeys})
    server_decides_expiry = True
    server_name: ClassVar[str]

    @pytest.fixture
    def url(self, server: GetServer) -> str:
        return server(self.server_name).url

    @pytest.fixture
    def client(self, url: str) -> Iterator[Client]:
        client = self.connect(url)
        yield client
        client.close()

    def connect(self, url: str) -> Client:
        return connect(url)

    @pytest.fixture
    def store(self, client: Client) -> RedisStore:
        return RedisStore(client)

    @pytest.fixture
    def make_store(self, url: str) -> Iterator[Callable[[], RedisStore]]:
        made: list[RedisStore] = []

        def make() -> RedisStore:
            made.append(RedisStore(self.connect(url), owns_client=True))
            return made[-1]

        yield make
        for store in made:
            store.close()

    @pytest.fixture
    def worker_config(self, url: str) -> dict[str, Any]:
        return {"SESSION_TYPE": "redis", "SESSION_REDIS": url}

    @pytest.fixture
    def unreachable_store(self) -> Iterator[RedisStore]:
        with socket.socket() as bound:  # bound and not listening: connections are refused
            bound.bind(("127.0.0.1", 0))
            url = f"redis://127.0.0.1:{bound.getsockname()[1]}"
            store = RedisStore(self.connect(url), owns_client=True)
            yield store
            store.close()

    @pytest.fixture
    def put_foreign_value(self, client: Client) -> Callable[[str], None]:
        return lambda key: client.execute_command("LPUSH", key, "a list")


class TestRedis(RedisConformance):
    backend = "redis"
    server_name = "redis"


class TestValkey(RedisConformance):
    backend = "valkey"
    server_name = "valkey"

    def connect(self, url: str) -> Client:
        return redis.Redis.from_url(url)


class TestValkeyThroughValkeyClient(RedisConformance):
    backend = "valkey (valkey-py)"
    server_name = "valkey"

    def connect(self, url: str) -> Client:
        return valkey.Valkey.from_url(url)
