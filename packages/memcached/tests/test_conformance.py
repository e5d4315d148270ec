"""One server, and a ring of two, keep the store contract."""

from __future__ import annotations

import socket
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from flask_session_conformance import SessionConformance, StoreConformance
from flask_session_conformance.backend import Backend, ConfigAt, not_applicable
from flask_session_conformance.plugin import GetServer
from flask_session_memcached import MemcachedStore
from flask_session_memcached.client import connect


class MemcachedBackend(Backend):
    server_decides_expiry = True

    @pytest.fixture
    def store(self, addresses: str) -> Iterator[MemcachedStore]:
        store = MemcachedStore(connect(addresses))
        yield store
        store.close()

    @pytest.fixture
    def config(self, addresses: str) -> dict[str, Any]:
        return {"SESSION_TYPE": "memcached", "SESSION_MEMCACHED": addresses}

    crash = not_applicable("Memcached keeps nothing on a disk; see test_forgetting.py")
    memory_full = not_applicable("Memcached makes room by forgetting; see test_forgetting.py")

    @pytest.fixture
    def make_store(self, addresses: str) -> Iterator[Callable[[], MemcachedStore]]:
        made: list[MemcachedStore] = []

        def make() -> MemcachedStore:
            made.append(MemcachedStore(connect(addresses)))
            return made[-1]

        yield make
        for store in made:
            store.close()

    @pytest.fixture
    def worker_config(self, config: dict[str, Any]) -> dict[str, Any]:
        return config

    @pytest.fixture
    def unreachable_store(self) -> Iterator[MemcachedStore]:
        with socket.socket() as bound:  # bound and not listening: connections are refused
            bound.bind(("127.0.0.1", 0))
            yield MemcachedStore(connect(f"127.0.0.1:{bound.getsockname()[1]}"))

    @pytest.fixture
    def put_foreign_value(self, store: MemcachedStore) -> Iterator[Callable[[str], None]]:
        def put(key: str) -> None:
            store.client.set(key, b"not compressed", flags=8, noreply=False)

        yield put
        store.client.close()


class OnMemcached(MemcachedBackend):
    backend = "memcached"

    @pytest.fixture
    def addresses(self, server: GetServer) -> str:
        return server("memcached").url

    @pytest.fixture
    def server_address(self, server: GetServer) -> tuple[str, int]:
        return server("memcached").host, server("memcached").port

    @pytest.fixture
    def config_at(self) -> ConfigAt:
        return lambda host, port: {
            "SESSION_TYPE": "memcached",
            "SESSION_MEMCACHED": f"{host}:{port}",
        }


class OnRingOfTwo(MemcachedBackend):
    backend = "memcached ring"

    @pytest.fixture
    def addresses(self, server: GetServer) -> str:
        return server("memcached-ring").url

    config_at = not_applicable("the faults of a ring are in test_failover.py")


class TestStoreOnMemcached(OnMemcached, StoreConformance): ...


class TestStoreOnRingOfTwo(OnRingOfTwo, StoreConformance): ...


class TestSessionOnMemcached(OnMemcached, SessionConformance): ...


class TestSessionOnRingOfTwo(OnRingOfTwo, SessionConformance): ...
