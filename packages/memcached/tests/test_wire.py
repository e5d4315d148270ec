"""The text protocol: what Memcached answers, and what somebody else might."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from contextlib import closing
from threading import Thread

import pytest
from flask_session.waiting import offering
from flask_session_memcached import MemcachedStore
from flask_session_memcached.client import connect
from flask_session_memcached.wire import CHUNK, Wire
from pymemcache import Client
from pymemcache.exceptions import (
    MemcacheClientError,
    MemcacheError,
    MemcacheIllegalInputError,
    MemcacheServerError,
    MemcacheUnexpectedCloseError,
    MemcacheUnknownError,
)

SIZES = [0, 1, CHUNK - 50, CHUNK, CHUNK + 1, 10 * CHUNK + 7]


@pytest.fixture
def wire(address: str) -> Iterator[Wire]:
    with closing(Client(address, timeout=5)) as client:
        yield Wire(client)


@pytest.mark.parametrize("size", SIZES)
def test_a_value_of_any_size_comes_back(wire: Wire, key: str, size: int) -> None:
    data = bytes(each % 256 for each in range(size))
    assert wire.write(b"add", key, data, 60) == b"STORED"
    found = wire.load(key)
    assert found is not None
    assert found[:2] == (data, 0)


def test_a_value_may_look_like_the_protocol(wire: Wire, key: str) -> None:
    data = b"\r\nEND\r\nVALUE a 0 1 1\r\nb\r\nEND\r\n"
    wire.write(b"add", key, data, 60)
    found = wire.load(key)
    assert found is not None
    assert found[0] == data


def test_each_command_says_what_came_of_it(wire: Wire, key: str) -> None:
    assert wire.load(key) is None
    assert not wire.touch(key, 60)
    assert not wire.delete(key)
    assert wire.write(b"cas", key, b"data", 60, b"1") == b"NOT_FOUND"
    assert wire.write(b"add", key, b"data", 60) == b"STORED"
    assert wire.write(b"add", key, b"other", 60) == b"NOT_STORED"
    found = wire.load(key)
    assert found is not None
    assert wire.write(b"cas", key, b"new", 60, found[2]) == b"STORED"
    assert wire.write(b"cas", key, b"late", 60, found[2]) == b"EXISTS"
    assert wire.touch(key, 60)
    assert wire.delete(key)


def test_the_prefix_of_a_client_is_before_each_key(address: str, key: str) -> None:
    with closing(Client(address, key_prefix=b"mine-")) as client, closing(Client(address)) as other:
        Wire(client).write(b"add", key, b"data", 60)
        assert client.get(key) == b"data"
        assert other.get(f"mine-{key}") == b"data"


@pytest.mark.parametrize("key", ["a b", "a\r\nflush_all", "ä", "a\0b", "a\tb"])
def test_a_key_that_would_be_another_command_is_not_sent(wire: Wire, key: str) -> None:
    with pytest.raises(MemcacheIllegalInputError):
        wire.load(key)
    assert wire.client.sock is None


def test_an_item_that_is_too_large_is_an_error_of_the_server(wire: Wire, key: str) -> None:
    with pytest.raises(MemcacheServerError, match="too large"):
        wire.write(b"add", key, b"x" * (2 * 1024 * 1024), 60)


def test_a_key_that_is_too_long_is_an_error_of_the_client(wire: Wire) -> None:
    with pytest.raises(MemcacheClientError):
        wire.load("k" * 251)


def test_an_interrupted_command_leaves_its_answer_to_nobody(address: str, key: str) -> None:
    store = MemcachedStore(connect(address))
    store.create(f"{key}-alice", b"of alice", 60)
    store.create(f"{key}-bob", b"of bob", 60)
    with pytest.raises(KeyboardInterrupt):
        offering(interrupt, store.load, f"{key}-alice")
    found = store.load(f"{key}-bob")
    store.close()
    assert found is not None
    assert found.data == b"of bob"


def interrupt() -> None:
    """Do what a worker's time limit does while a command is under way."""
    raise KeyboardInterrupt


STRANGE: list[tuple[bytes, type[MemcacheError]]] = [
    (b"SERVER_ERROR out of memory\r\n", MemcacheServerError),
    (b"CLIENT_ERROR bad command line format\r\n", MemcacheClientError),
    (b"ERROR\r\n", MemcacheUnknownError),
    (b"\r\n", MemcacheUnknownError),
    (b"VALUE\r\n", MemcacheUnknownError),
    (b"STORED\r\n", MemcacheUnknownError),
    (b"VALUE key 0 4 1\r\ndata+more\r\nEND\r\n", MemcacheUnknownError),
    (b"VALUE key 0 x 1\r\ndata\r\nEND\r\n", MemcacheUnknownError),
    (b"VALUE other 0 4 1\r\ndata\r\nEND\r\n", MemcacheUnknownError),
    (b"VALUE key 0 4 1\r\ndata\r\nEND\r\nEND\r\n", MemcacheUnknownError),
    (b"END\r\nSTORED\r\n", MemcacheUnknownError),
    (b"STORED\r\nEND\r\n", MemcacheUnknownError),
    (b"NOT_STORED\r\n", MemcacheUnknownError),
    (b"DELETED\r\n", MemcacheUnknownError),
    (b"VALUE key 0 4 1\r\nda", MemcacheUnexpectedCloseError),
    (b"VALUE key", MemcacheUnexpectedCloseError),
    (b"", MemcacheUnexpectedCloseError),
]


@pytest.mark.parametrize(("answer", "error"), STRANGE)
def test_a_strange_answer_is_an_error(answer: bytes, error: type[MemcacheError]) -> None:
    with closing(Client(answering(answer), timeout=5)) as client, pytest.raises(error) as raised:
        Wire(client).load("key")
    assert "data" not in str(raised.value)


@pytest.mark.parametrize(("answer", "error"), STRANGE)
def test_no_strange_answer_says_that_something_was_stored(
    answer: bytes, error: type[MemcacheError]
) -> None:
    if answer == b"STORED\r\n":
        answer, error = b"END\r\n", MemcacheUnknownError
    elif answer.startswith(b"VALUE key 0 4"):
        error = MemcacheUnknownError
    with closing(Client(answering(answer), timeout=5)) as client, pytest.raises(error):
        Wire(client).write(b"cas", "key", b"data", 60, b"1")


def answering(answer: bytes) -> tuple[str, int]:
    """Listen for one client, answer whatever it sends, and hang up."""
    listener = socket.create_server(("127.0.0.1", 0))

    def serve() -> None:
        with listener, listener.accept()[0] as connection:
            connection.recv(CHUNK)
            connection.sendall(answer)

    Thread(target=serve, daemon=True).start()
    address: tuple[str, int] = listener.getsockname()
    return address
