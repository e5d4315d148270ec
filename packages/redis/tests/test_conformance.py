"""Every server, topology and client library keeps the store contract and the sessions' promises."""

from __future__ import annotations

import socket
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from typing import Any, ClassVar

import pytest
import redis
import valkey
from flask_session.store import SupportsKeys
from flask_session_conformance import SessionConformance, StoreConformance
from flask_session_conformance.backend import Backend, ConfigAt, Fault, not_applicable
from flask_session_conformance.plugin import GetServer
from flask_session_conformance.servers import Server, start
from flask_session_redis import RedisStore
from flask_session_redis.client import Client, connect
from redis.sentinel import Sentinel

StartOwn = Callable[..., Server]
ON_A_SMALL_DISK = ("--dir", "/small", "--appendonly", "yes", "--appendfsync", "everysec")


class RedisBackend(Backend):
    """A server and the client library that reaches it."""

    capabilities: ClassVar[frozenset[type]] = frozenset({SupportsKeys})
    server_decides_expiry = True
    server_name: ClassVar[str] = "redis"

    @pytest.fixture
    def running(self, server: GetServer) -> Server:
        return server(self.server_name)

    @pytest.fixture
    def client(self, running: Server) -> Iterator[Client]:
        client = self.connect(running)
        yield client
        client.close()

    def connect(self, running: Server) -> Client:
        return self.client_of(running.url)

    def client_of(self, url: str) -> Client:
        return connect(url)

    @pytest.fixture
    def server_address(self, running: Server) -> tuple[str, int]:
        return running.host, running.port

    @pytest.fixture
    def config_at(self, running: Server) -> ConfigAt:
        return lambda host, port: {
            "SESSION_TYPE": "redis",
            "SESSION_REDIS": running.url_at(f"{host}:{port}"),
        }

    @pytest.fixture
    def store(self, client: Client) -> RedisStore:
        return RedisStore(client)

    @pytest.fixture
    def config(self, client: Client) -> dict[str, Any]:
        return {"SESSION_TYPE": "redis", "SESSION_REDIS": client}

    @pytest.fixture
    def make_store(self, running: Server) -> Iterator[Callable[[], RedisStore]]:
        made: list[RedisStore] = []

        def make() -> RedisStore:
            made.append(RedisStore(self.connect(running), owns_client=True))
            return made[-1]

        yield make
        for store in made:
            store.close()

    @pytest.fixture
    def worker_config(self, running: Server) -> dict[str, Any]:
        return {"SESSION_TYPE": "redis", "SESSION_REDIS": running.url}

    @pytest.fixture
    def unreachable_store(self) -> Iterator[RedisStore]:
        with socket.socket() as bound:  # bound and not listening: connections are refused
            bound.bind(("127.0.0.1", 0))
            url = f"redis://127.0.0.1:{bound.getsockname()[1]}"
            store = RedisStore(self.client_of(url), owns_client=True)
            yield store
            store.close()

    @pytest.fixture
    def put_foreign_value(self, client: Client) -> Callable[[str], None]:
        return lambda key: client.execute_command("LPUSH", key, "a list")

    @pytest.fixture
    def start_own(self) -> Iterator[StartOwn]:
        with ExitStack() as stack:

            def start_one(*arguments: str, **settings: Any) -> Server:
                return stack.enter_context(start(self.server_name, *arguments, **settings))

            yield start_one

    @pytest.fixture
    def crash(self, start_own: StartOwn) -> Fault:
        server = start_own(durable=True)
        return Fault(config_of(server), server.kill, server.restart)

    @pytest.fixture
    def read_only(self, start_own: StartOwn) -> Iterator[Fault]:
        server = start_own()
        with redis.Redis.from_url(server.url) as administrator:
            yield Fault(
                config_of(server),
                lambda: administrator.replicaof("127.0.0.1", "9"),
                lambda: administrator.replicaof("no", "one"),
            )

    @pytest.fixture
    def memory_full(self, start_own: StartOwn) -> Iterator[Fault]:
        server = start_own("--maxmemory-policy", "noeviction")
        with redis.Redis.from_url(server.url) as administrator:
            yield Fault(
                config_of(server),
                lambda: administrator.config_set("maxmemory", 1),
                lambda: administrator.config_set("maxmemory", 0),
            )

    @pytest.fixture
    def disk_full(self, start_own: StartOwn) -> Iterator[Fault]:
        server = start_own(*ON_A_SMALL_DISK, tmpfs={"/small": "size=8m,mode=1777"})
        with redis.Redis.from_url(server.url) as administrator:

            def fill() -> None:
                server.execute("sh", "-c", "dd if=/dev/zero of=/small/fill bs=64k || true")
                server.wait_until(lambda: not writes(administrator))

            def clear() -> None:
                server.execute("rm", "/small/fill")
                server.wait_until(lambda: writes(administrator))

            yield Fault(config_of(server), fill, clear)


def config_of(server: Server) -> dict[str, Any]:
    """Answer what an app is configured with."""
    return {"SESSION_TYPE": "redis", "SESSION_REDIS": server.url}


def writes(client: redis.Redis) -> bool:
    """Tell whether the server takes a write."""
    try:
        return bool(client.set("written", bytes(10_000)))
    except redis.ResponseError:
        return False


class OnRedis(RedisBackend):
    backend = "redis"


class OnValkey(RedisBackend):
    backend = "valkey"
    server_name = "valkey"


class OnValkeyByValkeyPy(OnValkey):
    backend = "valkey (valkey-py)"

    def client_of(self, url: str) -> Client:
        return valkey.Valkey.from_url(url)


class OnTopology(RedisBackend):
    """Several servers, which only a client of the caller's can reach."""

    worker_config = not_applicable("SESSION_REDIS takes a topology as a client, not as a URL")
    start_own = not_applicable("what befalls a topology is in test_failover.py")
    config_at = not_applicable("a topology tells its own addresses; see test_failover.py")


class OnCluster(OnTopology):
    backend = "redis cluster"
    server_name = "redis-cluster"

    def connect(self, running: Server) -> Client:
        return redis.RedisCluster(host=running.host, port=running.port)


class OnSentinel(OnTopology):
    backend = "redis sentinel"
    server_name = "redis-sentinel"

    def connect(self, running: Server) -> Client:
        addresses = [address.split(":") for address in running.url.split(",")]
        sentinel: Any = Sentinel(addresses, socket_timeout=1)
        client: Client = sentinel.master_for("session")
        return client


class TestStoreOnRedis(OnRedis, StoreConformance): ...


class TestStoreOnValkey(OnValkey, StoreConformance): ...


class TestStoreOnValkeyByValkeyPy(OnValkeyByValkeyPy, StoreConformance): ...


class TestStoreOnCluster(OnCluster, StoreConformance): ...


class TestStoreOnSentinel(OnSentinel, StoreConformance): ...


class TestSessionOnRedis(OnRedis, SessionConformance): ...


class TestSessionOnValkey(OnValkey, SessionConformance): ...


class TestSessionOnCluster(OnCluster, SessionConformance): ...


class TestSessionOnSentinel(OnSentinel, SessionConformance): ...
