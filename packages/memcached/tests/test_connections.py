"""The connections to one server: shared by threads, not by processes, and closed in time."""

from __future__ import annotations

import os
import secrets
import signal
import time
from functools import partial

import pytest
from flask_session.store import Record
from flask_session_conformance.threads import together
from flask_session_memcached import MemcachedStore
from flask_session_memcached.ring import LONGEST_IDLE, MOST_KEPT
from flask_session_memcached.wire import Wire
from pymemcache import Client, PooledClient


class Anything:
    """Equals any token."""

    def __eq__(self, other: object) -> bool:
        return True

    def __hash__(self) -> int:
        return 0


RIGHT = Anything()


def reads_its_own(store: MemcachedStore, key: str) -> bool:
    """Load a record many times and tell whether it was the right one each time."""
    return all(store.load(key) == Record(key.encode(), RIGHT) for _ in range(200))


def test_a_plain_client_serves_many_threads(address: str) -> None:
    client = Client(address)
    store = MemcachedStore(client)
    keys = [f"{secrets.token_hex(8)}" for _ in range(8)]
    for key in keys:
        store.create(key, key.encode(), 60)
    assert all(together([partial(reads_its_own, store, key) for key in keys]))
    store.close()
    assert client.sock is None


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
        wire.load(key)
        if more:
            connections.run(use, more - 1)

    connections.run(use, MOST_KEPT + 5)
    assert len(connections._idle) == MOST_KEPT


def test_a_connection_that_was_idle_for_long_is_not_used(
    store: MemcachedStore, key: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    connections = store._ring.server_of(key)
    before = connections.run(lambda wire: wire.load(key) or wire.client.sock)
    assert connections.run(lambda wire: wire.load(key) or wire.client.sock) is before
    later = time.monotonic() + LONGEST_IDLE + 1
    monkeypatch.setattr("time.monotonic", lambda: later)
    assert connections.run(lambda wire: wire.load(key) or wire.client.sock) is not before


def test_what_is_idle_below_the_others_is_closed_some_time(
    store: MemcachedStore, key: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    connections = store._ring.server_of(key)
    connections.run(lambda wire: connections.run(Wire.load, key))
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
