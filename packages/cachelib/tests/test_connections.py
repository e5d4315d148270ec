"""Connections below a cache: after a fork, and after a command that was interrupted."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable, Iterator
from typing import Any

import pytest
import redis
from cachelib import RedisCache
from flask_session.store import Record
from flask_session_cachelib import CacheStore
from flask_session_conformance.plugin import GetServer
from flask_session_conformance.proxy import Proxy
from flask_session_conformance.servers import start_group
from flask_session_conformance.timelimits import TimeLimit, interrupted

# DynamoDbCache makes a second client of boto3 and leaves closing it to the garbage collector.
# Older releases of RedisCache call what redis-py has deprecated.
pytestmark = pytest.mark.filterwarnings(
    "ignore::pytest.PytestUnraisableExceptionWarning",
    "ignore:unclosed:ResourceWarning",
    "ignore:Call to deprecated setex:DeprecationWarning",
    "ignore:.*multi-threaded:DeprecationWarning",
)
backend = "cachelib caches"


@pytest.fixture
def proxy(server: GetServer) -> Iterator[Proxy]:
    running = server("dynamodb")
    with Proxy(running.host, running.port) as proxy:
        yield proxy


@pytest.fixture
def cache(proxy: Proxy, dynamodb_cache_at: Callable[[str], Any]) -> Any:
    """Provide a DynamoDbCache, which has a connection open, behind a proxy that counts them."""
    return dynamodb_cache_at(f"http://{proxy.address}")


def connections_in_child(proxy: Proxy, act: Callable[[], bool]) -> int:
    """Answer how many connections are made by a forked process; ``act`` tells if it went well."""
    with proxy.measure() as traffic:
        child = os.fork()
        if child == 0:
            signal.alarm(20)
            os._exit(0 if act() else 1)
        assert os.waitpid(child, 0)[1] == 0
    return traffic.connections


def test_a_forked_process_leaves_our_connection_to_dynamodb_alone(proxy: Proxy, cache: Any) -> None:
    # With gunicorn --preload, visitors of one worker got the sessions of another's.
    store = CacheStore(cache)
    store.create("bob", b"bob", 60)
    assert connections_in_child(proxy, lambda: _bob(store.load("bob"))) == 1
    assert _bob(store.load("bob"))


def test_so_does_an_app_that_is_made_after_the_fork(proxy: Proxy, cache: Any) -> None:
    CacheStore(cache).create("bob", b"bob", 60)
    assert connections_in_child(proxy, lambda: _bob(CacheStore(cache).load("bob"))) == 1


def test_one_process_goes_on_with_one_connection(proxy: Proxy, cache: Any) -> None:
    store = CacheStore(cache)
    store.create("bob", b"bob", 60)
    with proxy.measure() as traffic:
        assert _bob(store.load("bob"))
    assert traffic.connections == 0


def _bob(found: Record | None) -> bool:
    return found is not None and found.data == b"bob"


@pytest.fixture
def late(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let redis-py see no reply before it reads, as where the reply has yet to arrive."""
    monkeypatch.setattr(redis.Connection, "can_read", lambda *_, **__: False)


VERBS: dict[str, Callable[[CacheStore], object]] = {
    "load": lambda store: store.load("{a}alice"),
    "create": lambda store: store.create("{a}carol", b"carol", 60),
    "update": lambda store: store.update("{a}alice", b"new", 60, Record(b"alice")),
    "delete": lambda store: store.delete("{a}alice"),
}


@pytest.mark.usefixtures("late")
@pytest.mark.parametrize("verb", ["load", "create"])
@pytest.mark.parametrize("error", [TimeLimit, KeyboardInterrupt])
def test_an_interrupted_command_leaves_its_reply_to_nobody(
    RedisCache: Any,  # noqa: N803
    verb: str,
    error: type[BaseException],
) -> None:
    # Every visitor got the session of the one before, until the worker ended.
    store = store_with_records(RedisCache)
    with interrupted(error, redis.Connection):
        VERBS[verb](store)
    assert _bob(store.load("{a}bob"))


def interrupt_late(client: Any, name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let a time limit strike while a command of this name waits for its reply."""
    command = getattr(client, name)

    def late_limit(*arguments: Any, **options: Any) -> Any:
        with interrupted(TimeLimit, redis.Connection):
            command(*arguments, **options)
        raise TimeLimit

    monkeypatch.setattr(client, name, late_limit)


@pytest.mark.usefixtures("late")
@pytest.mark.parametrize(("verb", "names"), [("update", ["set", "setex"]), ("delete", ["delete"])])
def test_neither_does_one_behind_another(
    RedisCache: Any,  # noqa: N803
    verb: str,
    names: list[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    # What is changed is read first; here, the second command is the interrupted one. That of an
    # update is SETEX in cachelib 0.10, SET in later ones.
    store = store_with_records(RedisCache)
    for name in names:
        interrupt_late(RedisCache._write_client, name, monkeypatch)
    with pytest.raises(TimeLimit):
        VERBS[verb](store)
    assert _bob(store.load("{a}bob"))


@pytest.mark.usefixtures("late")
def test_neither_does_a_command_to_a_cluster() -> None:
    with (
        start_group("redis-cluster") as group,
        redis.RedisCluster(host=group.host, port=group.port) as client,
    ):
        store = store_with_records(RedisCache(client))
        with interrupted(KeyboardInterrupt, redis.Connection):
            store.load("{a}alice")
        assert _bob(store.load("{a}bob"))


def test_an_error_of_the_server_closes_no_connection(RedisCache: Any) -> None:  # noqa: N803
    client = RedisCache._write_client
    store = store_with_records(RedisCache)
    client.rpush(f"{RedisCache.key_prefix}list", "a")
    before = client.client_id()
    with pytest.raises(redis.ResponseError):
        store.load("list")
    assert client.client_id() == before


def store_with_records(cache: Any) -> CacheStore:
    store = CacheStore(cache)
    for name in ("alice", "bob"):
        store.create(f"{{a}}{name}", name.encode(), 60)
    return store
