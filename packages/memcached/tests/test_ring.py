"""Connections: threads, forks, restarts, and servers that are away."""

from __future__ import annotations

import os
import secrets
import signal
import time
from collections.abc import Iterator
from functools import partial
from typing import Any, cast
from zlib import crc32

import pytest
from flask_session.store import Record
from flask_session_conformance.servers import Server, start
from flask_session_conformance.threads import together
from flask_session_memcached import MemcachedStore
from flask_session_memcached.client import connect
from flask_session_memcached.ring import LONGEST_IDLE, MOST_KEPT
from flask_session_memcached.wire import Wire
from pymemcache import Client, HashClient, PooledClient


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


def test_a_plain_client_serves_many_threads(address: str) -> None:
    client = Client(address)
    store = MemcachedStore(client)
    keys = [f"{secrets.token_hex(8)}" for _ in range(8)]
    for key in keys:
        store.create(key, key.encode(), 60)
    assert all(together([partial(reads_its_own, store, key) for key in keys]))
    store.close()
    assert client.sock is None


def reads_its_own(store: MemcachedStore, key: str) -> bool:
    """Load a record many times and tell whether it was the right one each time."""
    return all(store.load(key) == Record(key.encode(), RIGHT) for _ in range(200))


class Anything:
    """Equals any token."""

    def __eq__(self, other: object) -> bool:
        return True

    def __hash__(self) -> int:
        return 0


RIGHT = Anything()


def test_a_forked_process_does_not_share_our_connections(store: MemcachedStore, key: str) -> None:
    keys = [f"{key}-{number}" for number in range(4)]
    for each in keys:
        store.create(each, each.encode(), 60)
    children = [fork_and_check(store, each) for each in keys]
    assert reads_its_own(store, keys[0])
    assert [os.waitpid(child, 0)[1] for child in children] == [0] * 4


def fork_and_check(store: MemcachedStore, key: str) -> int:
    """Fork a process that ends with 0 if it reads nothing but its own record."""
    child = os.fork()
    if child == 0:
        signal.alarm(20)
        os._exit(0 if reads_its_own(store, key) else 1)
    return child


def test_an_interrupted_command_does_not_answer_the_next_one(
    store: MemcachedStore, client: PooledClient, key: str
) -> None:
    store.create(key, b"data", 60)
    with pytest.raises(KeyboardInterrupt):
        store._ring.server_of(key).run(ask_and_be_interrupted)
    assert store.load(key) == Record(b"data", RIGHT)


def ask_and_be_interrupted(wire: Wire) -> None:
    """Send half a command and do not come back."""
    wire.client.version()
    wire.client.sock.sendall(b"set somebody-elses-key 0 60 99\r\nhalf of the da")
    raise KeyboardInterrupt


def ask_too_much(wire: Wire) -> None:
    """Leave an answer behind."""
    wire.client.version()
    wire.client.sock.sendall(b"get somebody-elses-key\r\n")
    wire.client.sock.recv(1, 2)  # MSG_PEEK: wait for the answer and leave it there


def test_a_connection_with_an_answer_too_many_is_not_used(store: MemcachedStore, key: str) -> None:
    store.create(key, b"data", 60)
    store._ring.server_of(key).run(ask_too_much)
    assert store.load(key) == Record(b"data", RIGHT)


def test_what_a_rush_needed_is_not_kept(store: MemcachedStore, key: str) -> None:
    connections = store._ring.server_of(key)

    def use(wire: Wire, more: int) -> None:
        wire.fetch(key)
        if more:
            connections.run(use, more - 1)

    connections.run(use, MOST_KEPT + 5)
    assert len(connections._idle) == MOST_KEPT


def test_a_connection_that_was_idle_for_long_is_not_used(
    store: MemcachedStore, key: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    connections = store._ring.server_of(key)
    before = connections.run(lambda wire: wire.fetch(key) or wire.client.sock)
    assert connections.run(lambda wire: wire.fetch(key) or wire.client.sock) is before
    later = time.monotonic() + LONGEST_IDLE + 1
    monkeypatch.setattr("time.monotonic", lambda: later)
    assert connections.run(lambda wire: wire.fetch(key) or wire.client.sock) is not before


def test_what_is_idle_below_the_others_is_closed_some_time(
    store: MemcachedStore, key: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    connections = store._ring.server_of(key)
    connections.run(lambda wire: connections.run(Wire.fetch, key))
    assert len(connections._idle) == 2
    later = time.monotonic() + LONGEST_IDLE + 1
    monkeypatch.setattr("time.monotonic", lambda: later)
    store.load(key)
    assert len(connections._idle) == 1


def test_closing_leaves_the_client_that_was_handed_in_open(
    store: MemcachedStore, client: PooledClient, key: str
) -> None:
    client.get(key)
    store.load(key)
    store.close()
    assert client.client_pool.free[0].sock is not None


def test_a_closed_store_connects_again(store: MemcachedStore, key: str) -> None:
    store.create(key, b"data", 60)
    store.close()
    assert store.load(key) == Record(b"data", RIGHT)
