"""Which clients are accepted, and how the others are refused at the start."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest
import redis.asyncio
import valkey
import valkey.asyncio
from flask_session.errors import ConfigurationError
from flask_session_conformance.plugin import GetServer
from flask_session_conformance.servers import start
from flask_session_redis.client import build, check, connect
from redis.sentinel import Sentinel

NOWHERE = "redis://127.0.0.1:9/0"
SENTINEL = Sentinel([("127.0.0.1", 9)])


def caching_client() -> redis.Redis:
    cache = pytest.importorskip("redis.cache", reason="not applicable: this redis-py has no cache")
    return redis.Redis(protocol=3, cache_config=cache.CacheConfig())


class OfATest(redis.Redis):
    """Answers from a dictionary, as in tests of apps on Flask-Session 0.8."""

    def __init__(self) -> None:
        self.kept: dict[str, bytes] = {}


REFUSED: dict[str, Callable[[], Any]] = {
    "an asynchronous client": redis.asyncio.Redis,
    "an asynchronous valkey client": valkey.asyncio.Valkey,
    "a client that decodes": lambda: redis.Redis(decode_responses=True),
    "a valkey client that decodes": lambda: valkey.Valkey(decode_responses=True),
    "a pipeline": lambda: redis.Redis().pipeline(),
    "a valkey pipeline": lambda: valkey.Valkey().pipeline(),
    "a Sentinel": lambda: SENTINEL,
    "a client of the replicas": lambda: SENTINEL.slave_for("main"),
    "a client that caches": caching_client,
    "a valkey client that caches": lambda: valkey.Valkey(cache_enabled=True),
    "one that was made without its constructor": OfATest,
    "a number": lambda: 6379,
    "a dictionary": lambda: {"host": "localhost"},
    "the class": lambda: redis.Redis,
    "a URL of something else": lambda: "http://localhost:6379",
    "a host": lambda: "localhost",
    "an empty text": lambda: "",
    "a URL with a port that is none": lambda: "redis://localhost:port/0",
    "a URL with a database that is no number": lambda: "redis://localhost/sessions",
    "a URL with an unknown parameter": lambda: "redis://localhost/0?colour=red",
    "a URL that decodes": lambda: "redis://localhost/0?decode_responses=True",
    "a URL with a wrong parameter of TLS": lambda: "rediss://localhost?ssl_cert_reqs=CERT_NONE",
    "a URL with an unknown protocol": lambda: "redis://localhost?protocol=5",
    "a URL with a text for an object": lambda: "redis://localhost?cache_config=1",
    "a password with # or a fragment": lambda: "redis://:#hunter2@cache:6379/0",
    "a password with ? or a parameter without value": lambda: "redis://:?hunter2@cache:6379/0",
}


@pytest.mark.parametrize("name", REFUSED)
def test_refused_at_the_start(name: str) -> None:
    with pytest.raises(ConfigurationError, match=r"SESSION_REDIS (= |is of type )"):
        connect(REFUSED[name]())


@pytest.mark.parametrize(
    ("url", "database"),
    [
        ("redis://h/3", 3),
        ("redis://h/%33", 3),
        ("redis://:a%2Fb@h/3?client_name=web@eu/west", 3),
        ("redis://h/x?db=3", 3),
        ("redis://h", 0),
        ("unix:///run/redis/server.sock?db=3", 3),
    ],
)
def test_the_database_is_the_one_in_the_url(url: str, database: int) -> None:
    assert build(url).connection_pool.connection_kwargs.get("db", 0) == database


def test_as_many_requests_as_come_have_a_connection(url: str) -> None:
    # By default redis-py 8.1 refuses the hundred and first: a 503 from a server that is well.
    assert build(url).connection_pool.max_connections > 10_000
    assert build(f"{url}?max_connections=70").connection_pool.max_connections == 70


def test_a_client_with_a_single_connection_is_refused(url: str) -> None:
    with (
        redis.Redis.from_url(url, single_connection_client=True) as client,
        pytest.raises(ConfigurationError, match="single_connection_client"),
    ):
        check(client)


@pytest.mark.parametrize("password", ["hunter2", "\u2100hunter2", "[hunter2"])
def test_a_refused_url_does_not_show_its_password(password: str) -> None:
    with pytest.raises(ConfigurationError) as caught:
        connect(f"redis://user:{password}@localhost/0?colour=red")
    assert "hunter2" not in f"{caught.value!r} {caught.value.__cause__}"


@pytest.mark.parametrize("password", ["a/b", "a#b", "a?b", "#a", "?a"])
def test_who_has_not_encoded_the_password_is_told_how(password: str) -> None:
    # With "#" or "?" at its beginning it was localhost, without a password.
    with pytest.raises(ConfigurationError, match=r"urllib\.parse\.quote\(password, safe=''\)"):
        connect(f"redis://:{password}@cache:6379/0")


def test_a_client_of_the_primary_is_accepted_from_sentinel() -> None:
    client = SENTINEL.master_for("main")
    assert connect(client) is client


def test_a_subclass_is_accepted() -> None:
    class Mine(redis.Redis):
        pass

    client = Mine()
    assert connect(client) is client


@pytest.mark.parametrize("scheme", ["redis", "rediss"])
def test_building_a_client_opens_no_connection(scheme: str) -> None:
    build(f"{scheme}://127.0.0.1:9/0")


def test_a_client_for_a_unix_socket_is_built() -> None:
    path = build("unix:///tmp/redis.sock?db=2").connection_pool.connection_kwargs["path"]
    assert path == "/tmp/redis.sock"


def test_parameters_of_the_url_win() -> None:
    client = build("redis://127.0.0.1:9/0?socket_timeout=3")
    assert client.connection_pool.connection_kwargs["socket_timeout"] == 3


def test_nothing_configured_means_localhost_with_a_warning() -> None:
    with pytest.warns(RuntimeWarning, match="SESSION_REDIS is not set"):
        client: Any = connect(None)
    assert client.connection_pool.connection_kwargs["host"] == "localhost"


@pytest.fixture
def silent_url() -> Iterator[str]:
    """Provide the URL of a server that accepts connections and answers nothing."""
    with start("redis") as server:
        server.pause()
        yield server.url
        server.unpause()


def test_a_client_we_built_gives_up_on_a_silent_server_within_its_timeout(silent_url: str) -> None:
    client: Any = connect(silent_url)
    began = time.monotonic()
    with pytest.raises(redis.TimeoutError):
        client.get("key")
    client.close()
    assert time.monotonic() - began < 1.5


def test_a_client_we_built_sends_a_command_once(server: GetServer, url: str) -> None:
    client: Any = connect(url)
    assert client.get_retry()._retries == 0  # get_retries() is newer than 5.0
    client.close()
