"""Which clients are accepted, and how the others are refused at the start."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import memcache
import pytest
from flask_session.errors import ConfigurationError
from flask_session_memcached.client import connect
from pymemcache import Client, HashClient, PooledClient
from pymemcache.client.retrying import RetryingClient
from pymemcache.fallback import FallbackClient

NOWHERE = ("127.0.0.1", 9)

REFUSED: dict[str, Callable[[], Any]] = {
    "a number": lambda: 11211,
    "a list": lambda: ["127.0.0.1:11211"],
    "the class": lambda: Client,
    "an empty text": lambda: "",
    "an empty address": lambda: "127.0.0.1:11211,",
    "a port that is none": lambda: "127.0.0.1:port",
    "a ring without servers": lambda: HashClient([]),
    "a client that repeats commands": lambda: RetryingClient(Client(NOWHERE)),
    "a client that reads an old server": lambda: FallbackClient([Client(NOWHERE)]),
}


@pytest.mark.parametrize("name", REFUSED)
def test_refused_at_the_start(name: str) -> None:
    with pytest.raises(ConfigurationError, match=r"SESSION_MEMCACHED (= |is of type )"):
        connect(REFUSED[name]())


def test_a_python_memcached_client_is_refused_with_the_line_to_write() -> None:
    client = memcache.Client(["10.0.0.1:11211", ("10.0.0.2:11212", 2), "unix:/run/memcached"])
    line = 'SESSION_MEMCACHED = "10.0.0.1:11211,10.0.0.2:11212,/run/memcached"'
    with pytest.raises(ConfigurationError, match=line):
        connect(client)


def test_a_pylibmc_client_is_refused_with_the_line_to_write() -> None:
    pylibmc = pytest.importorskip("pylibmc", reason="pylibmc has no wheel for this Python")
    line = 'SESSION_MEMCACHED = "10.0.0.1:11211,10.0.0.2"'
    with pytest.raises(ConfigurationError, match=line):
        connect(pylibmc.Client(["10.0.0.1:11211", "10.0.0.2"]))


@pytest.mark.parametrize("make", [Client, PooledClient, lambda server: HashClient([server])])
def test_a_client_of_pymemcache_is_accepted_without_a_connection(make: Any) -> None:
    client = make(NOWHERE)
    assert connect(client) is client


@pytest.mark.parametrize(
    ("text", "server"),
    [
        ("cache:11212", ("cache", 11212)),
        ("cache", ("cache", 11211)),
        ("[::1]:11212", ("::1", 11212)),
        ("memcached://cache:11212", ("cache", 11212)),
        ("/run/memcached.sock", "/run/memcached.sock"),
        ("unix:/run/memcached.sock", "/run/memcached.sock"),
    ],
)
def test_an_address_becomes_a_client(text: str, server: object) -> None:
    assert connect(text).server == server


def test_several_addresses_become_a_ring() -> None:
    assert set(connect("one:11211, two:11212").clients) == {"one:11211", "two:11212"}


@pytest.mark.parametrize("addresses", ["127.0.0.1:9", "127.0.0.1:9,127.0.0.1:10"])
def test_a_client_we_built_keeps_its_promises(addresses: str) -> None:
    client = connect(addresses)
    one = next(iter(client.clients.values())) if isinstance(client, HashClient) else client
    assert [one.timeout, one.connect_timeout, one.no_delay, one.default_noreply] == [
        1.0,
        1.0,
        True,
        False,
    ]


def test_nothing_configured_means_localhost_with_a_warning() -> None:
    with pytest.warns(RuntimeWarning, match="SESSION_MEMCACHED is not set"):
        client = connect(None)
    assert client.server == ("127.0.0.1", 11211)
