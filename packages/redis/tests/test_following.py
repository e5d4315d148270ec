"""An interrupted command leaves its reply to nobody, whichever client sends it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import closing
from typing import Any

import pytest
import redis
import valkey
from flask_session.store import Record
from flask_session_conformance.proxy import Proxy
from flask_session_conformance.servers import start_group
from flask_session_conformance.timelimits import TimeLimit, interrupted
from flask_session_redis import RedisStore, wire
from redis.backoff import NoBackoff
from redis.retry import Retry

MAKERS: dict[str, Callable[[str], Any]] = {
    "a subclass": type("Mine", (redis.Redis,), {}).from_url,  # type: ignore[attr-defined]
    "a small pool": lambda url: redis.Redis.from_url(url, max_connections=20),
    "a pool that waits": lambda url: redis.Redis(
        connection_pool=redis.BlockingConnectionPool.from_url(url)
    ),
    "one that repeats": lambda url: redis.Redis.from_url(
        url, retry=Retry(NoBackoff(), 3), retry_on_error=[redis.ReadOnlyError]
    ),
    "valkey": valkey.Valkey.from_url,
}


CLASSES = (redis.Connection, valkey.Connection)


def read_after(store: RedisStore, prefix: str, error: type[BaseException]) -> Record | None:
    """Answer what is read as bob's after alice's was to be read and something came in between."""
    for name in ("alice", "bob"):
        store.create(f"{prefix}{name}", name.encode(), 60)
    with interrupted(error, *CLASSES):
        store.load(f"{prefix}alice")
    return store.load(f"{prefix}bob")


@pytest.fixture
def proxy(client: redis.Redis, prefix: str) -> Iterator[Proxy]:
    """Provide the server behind a line on which the replies about alice are late.

    Most libraries look whether a connection is silent before they use it again.
    """
    kwargs = client.connection_pool.connection_kwargs
    with Proxy(kwargs["host"], kwargs["port"]) as proxy:
        proxy.delay(0.1, containing=f"{prefix}alice".encode())
        yield proxy


@pytest.mark.parametrize("error", [TimeLimit, KeyboardInterrupt])
@pytest.mark.parametrize("kind", MAKERS)
def test_an_interrupted_command_leaves_its_reply_to_nobody(
    proxy: Proxy, prefix: str, kind: str, error: type[BaseException]
) -> None:
    # Every visitor got the session of the one before, until the worker ended.
    with closing(MAKERS[kind](f"redis://{proxy.address}")) as client:
        assert read_after(RedisStore(client), prefix, error) == Record(b"bob")


def test_neither_does_one_that_a_tracer_sees(
    proxy: Proxy, prefix: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    original = redis.Redis.execute_command

    def traced(self: redis.Redis, *arguments: Any, **options: Any) -> Any:
        return original(self, *arguments, **options)

    with closing(redis.Redis.from_url(f"redis://{proxy.address}")) as client:
        store = RedisStore(client)
        monkeypatch.setattr(redis.Redis, "execute_command", traced)
        assert read_after(store, prefix, TimeLimit) == Record(b"bob")


def test_neither_does_one_that_is_repeated(
    proxy: Proxy, prefix: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: Any) -> None:
        raise BrokenPipeError

    retry = Retry(NoBackoff(), 2)
    with closing(redis.Redis.from_url(f"redis://{proxy.address}", retry=retry)) as client:
        store = RedisStore(client)
        store.create(f"{prefix}bob", b"bob", 60)
        with monkeypatch.context() as patch, interrupted(TimeLimit, *CLASSES):
            patch.setattr(wire, "send", broken)
            store.load(f"{prefix}alice")
        assert store.load(f"{prefix}bob") == Record(b"bob")


def test_neither_does_a_listing(proxy: Proxy, prefix: str) -> None:
    with closing(MAKERS["a small pool"](f"redis://{proxy.address}")) as client:
        store = RedisStore(client)
        store.create(f"{prefix}bob", b"bob", 60)
        client.set(f"{prefix}alice", b"alice")
        with interrupted(TimeLimit, *CLASSES):
            list(store.keys(f"{prefix}alice"))
        assert store.load(f"{prefix}bob") == Record(b"bob")


def test_neither_does_a_connection_that_was_being_opened(
    proxy: Proxy, client: redis.Redis, prefix: str
) -> None:
    # What is said first on it has a reply, too.
    client.set(f"{prefix}bob", b"bob")
    with closing(redis.Redis.from_url(f"redis://{proxy.address}")) as other:
        store = RedisStore(other)
        proxy.delay(0.1)
        with interrupted(TimeLimit, *CLASSES):
            store.load(f"{prefix}alice")
        proxy.heal()
        assert store.load(f"{prefix}bob") == Record(b"bob")


def test_an_error_of_the_server_closes_no_connection(url: str, prefix: str) -> None:
    with closing(MAKERS["a small pool"](url)) as client:
        store = RedisStore(client)
        before = store._send("CLIENT", "ID")
        with pytest.raises(redis.ResponseError):
            store._send("NOSUCHCOMMAND")
        assert store._send("CLIENT", "ID") == before


@pytest.mark.parametrize(
    "make", [redis.RedisCluster, valkey.ValkeyCluster], ids=["redis", "valkey"]
)
def test_neither_does_a_command_to_a_cluster(make: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    for library in (redis, valkey):  # as where the reply has yet to arrive
        monkeypatch.setattr(library.Connection, "can_read", lambda *_, **__: False)
    with (
        start_group("redis-cluster") as group,
        closing(make(host=group.host, port=group.port)) as client,
    ):
        # One slot, and with it one node: that of what is in braces.
        assert read_after(RedisStore(client), "{a}", KeyboardInterrupt) == Record(b"bob")


def test_neither_does_a_command_by_way_of_sentinels() -> None:
    with start_group("redis-sentinel") as group:
        addresses = [("127.0.0.1", port) for port in group.ports("sentinel")]
        sentinel: Any = redis.Sentinel(addresses)
        with closing(sentinel.master_for("session")) as client:
            assert read_after(RedisStore(client), "", TimeLimit) == Record(b"bob")
