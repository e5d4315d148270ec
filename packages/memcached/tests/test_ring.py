"""Several servers: which one keeps a key, and what happens while one of them is away."""

from __future__ import annotations

import secrets
import time
from collections.abc import Iterator
from typing import Any, cast
from zlib import crc32

import pytest
from flask_session_conformance.servers import Server, start
from flask_session_memcached import MemcachedStore
from flask_session_memcached.client import connect
from pymemcache import Client, HashClient


@pytest.fixture(scope="module")
def servers() -> Iterator[list[Server]]:
    with start("memcached") as first, start("memcached") as second:
        yield [first, second]


@pytest.fixture
def addresses(servers: list[Server]) -> str:
    return ",".join(server.url for server in servers)


@pytest.fixture
def mortal(servers: list[Server]) -> Iterator[Server]:
    """Provide the second server; it runs again in the end."""
    yield servers[1]
    servers[1].restart()


@pytest.fixture
def keys() -> list[str]:
    """Provide so many unused keys that both servers have some."""
    return [f"session:{secrets.token_urlsafe(32)}" for _ in range(60)]


@pytest.fixture
def ring(addresses: str, keys: list[str]) -> Iterator[MemcachedStore]:
    """Provide a store on two servers, with a record under each key."""
    store = MemcachedStore(connect(addresses))
    for key in keys:
        store.create(key, b"data", 60)
    yield store
    store.close()


def server_of(store: MemcachedStore, key: str) -> int:
    """Answer the port of the server that keeps a key."""
    port: int = store._ring.server_of(key).server[1]
    return port


def outcome_of(store: MemcachedStore, key: str) -> str:
    """Load a record and say how that went."""
    try:
        return "found" if store.load(key) else "not found"
    except store.errors:
        return "error"


def test_a_record_of_pymemcaches_hash_client_is_found(addresses: str, keys: list[str]) -> None:
    old = HashClient(addresses.split(","), default_noreply=False)
    for key in keys:
        old.set(key, b"old", 60)
    store = MemcachedStore(connect(addresses))
    assert {outcome_of(store, key) for key in keys} == {"found"}
    old.close()
    store.close()


def test_both_servers_keep_records(
    ring: MemcachedStore, keys: list[str], servers: list[Server]
) -> None:
    assert {server_of(ring, key) for key in keys} == {server.port for server in servers}


def test_the_keys_of_a_dead_server_are_errors_and_the_others_are_found(
    ring: MemcachedStore, keys: list[str], mortal: Server
) -> None:
    mortal.kill()
    for _ in range(4):
        for key in keys:
            dead = server_of(ring, key) == mortal.port
            assert outcome_of(ring, key) == ("error" if dead else "found")


def test_a_hash_client_that_hides_errors_and_moves_keys_does_neither_for_us(
    addresses: str, keys: list[str], mortal: Server
) -> None:
    client = HashClient(addresses.split(","), ignore_exc=True, retry_attempts=0)
    store = MemcachedStore(client)
    for key in keys:
        store.create(key, b"data", 60)
    mortal.kill()
    hidden = {client.get(key) for key in keys}
    outcomes = {outcome_of(store, key) for key in keys for _ in range(3)}
    client.close()
    store.close()
    assert None in hidden
    assert outcomes == {"found", "error"}


def test_a_server_that_the_client_has_given_up_still_has_its_keys(
    addresses: str, keys: list[str], ring: MemcachedStore
) -> None:
    # As by an app that caches through it, while a server was down at the start of one worker.
    client = HashClient(addresses.split(","))
    client.hasher.remove_node(next(iter(client.clients)))
    store = MemcachedStore(client)
    assert {outcome_of(store, key) for key in keys} == {"found"}
    store.close()


class Sorted:
    """A hasher of an app's own, for which a node that is added twice counts twice."""

    def __init__(self) -> None:
        self.nodes: list[str] = []

    def add_node(self, node: str) -> None:
        self.nodes = sorted([*self.nodes, node])

    def remove_node(self, node: str) -> None:
        self.nodes.remove(node)

    def get_node(self, key: str) -> str:
        return self.nodes[crc32(key.encode()) % len(self.nodes)]


def test_a_hasher_of_the_apps_own_places_keys_as_it_does_for_the_client() -> None:
    client = HashClient(["one:1", "two:2", "three:3"], hasher=cast(Any, Sorted))
    ring = MemcachedStore(client)._ring
    for number in range(100):
        placed = ring.server_of(f"key {number}").server
        assert client._make_client_key(placed) == client.hasher.get_node(f"key {number}")


def test_a_restarted_server_is_used_again_without_an_error(
    ring: MemcachedStore, keys: list[str], servers: list[Server]
) -> None:
    servers[1].restart()
    assert {outcome_of(ring, key) for key in keys} == {"found", "not found"}


def test_a_silent_server_is_an_error_within_a_second(servers: list[Server]) -> None:
    store = MemcachedStore(Client(servers[1].url))
    servers[1].pause()
    began = time.monotonic()
    outcome = outcome_of(store, "key")
    servers[1].unpause()
    store.close()
    assert outcome == "error"
    assert time.monotonic() - began < 1.5
