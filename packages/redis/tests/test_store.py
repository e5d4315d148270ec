"""What is particular to Redis: scripts, types, patterns, permissions, forks."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from typing import Any

import pytest
from flask_session.errors import UnreadableRecord
from flask_session.store import Outcome, Record
from flask_session_conformance.servers import start
from flask_session_conformance.stores.base import wait_until_gone
from flask_session_redis import RedisStore
from flask_session_redis.client import connect

A_RECORD = Record(b"data")


@pytest.fixture
def list_key(client: Any, prefix: str) -> str:
    """Provide a key that holds a list."""
    client.rpush(f"{prefix}list", "an item")
    return f"{prefix}list"


def test_an_update_works_on_a_server_that_forgot_the_script(
    client: Any, store: RedisStore, prefix: str
) -> None:
    store.create(f"{prefix}a", b"data", 60)
    client.script_flush()
    assert store.update(f"{prefix}a", b"new", 60, A_RECORD) is Outcome.SAVED


def test_the_script_is_sent_once(client: Any, store: RedisStore, prefix: str) -> None:
    client.script_flush()
    client.config_resetstat()
    store.create(f"{prefix}a", b"data", 60)
    store.update(f"{prefix}a", b"1", 60, A_RECORD)
    store.update(f"{prefix}a", b"2", 60, Record(b"1"))
    calls = client.info("commandstats")
    assert calls["cmdstat_eval"]["calls"] == 1
    assert calls["cmdstat_evalsha"]["calls"] == 2


def test_a_repeated_update_starts_a_new_ttl(client: Any, store: RedisStore, prefix: str) -> None:
    store.create(f"{prefix}a", b"data", 60)
    store.update(f"{prefix}a", b"new", 60, A_RECORD)
    store.update(f"{prefix}a", b"new", 600, A_RECORD)
    assert client.ttl(f"{prefix}a") > 60


def test_the_expiry_can_be_asked_for(client: Any, store: RedisStore, prefix: str) -> None:
    client.set(f"{prefix}short", b"data", ex=600)
    client.set(f"{prefix}endless", b"data")
    assert store.expires_at(f"{prefix}short") == pytest.approx(store.clock() + 600, abs=1)
    assert store.expires_at(f"{prefix}endless") is None
    assert store.expires_at(f"{prefix}none") is None


def test_a_list_is_no_readable_record(store: RedisStore, list_key: str) -> None:
    with pytest.raises(UnreadableRecord):
        store.load(list_key)


def test_a_list_takes_the_key(store: RedisStore, list_key: str) -> None:
    assert store.create(list_key, b"data", 60) is False


def test_an_update_leaves_a_list_alone(client: Any, store: RedisStore, list_key: str) -> None:
    assert store.update(list_key, b"data", 60, A_RECORD) is Outcome.CONFLICT
    assert client.llen(list_key) == 1


def test_a_compare_and_delete_leaves_a_list_alone(
    client: Any, store: RedisStore, list_key: str
) -> None:
    assert store.delete(list_key, A_RECORD) is Outcome.CONFLICT
    assert client.llen(list_key) == 1


def test_an_unconditional_delete_removes_a_list(store: RedisStore, list_key: str) -> None:
    assert store.delete(list_key) is Outcome.DELETED


def test_keys_reads_more_than_one_batch(client: Any, store: RedisStore, prefix: str) -> None:
    made = {f"{prefix}{number}" for number in range(1234)}
    client.mset(dict.fromkeys(made, b"data"))
    assert {key for key, _ in store.keys(prefix)} == made


def test_keys_tells_when_a_record_expires(store: RedisStore, prefix: str) -> None:
    store.create(f"{prefix}a", b"data", 600)
    ((key, expires_at),) = store.keys(prefix)
    assert key == f"{prefix}a"
    assert expires_at == pytest.approx(store.clock() + 600, abs=1)


def test_keys_tells_that_a_record_never_expires(
    client: Any, store: RedisStore, prefix: str
) -> None:
    client.set(f"{prefix}a", b"data")
    assert list(store.keys(prefix)) == [(f"{prefix}a", None)]


@pytest.mark.parametrize("special", ["*", "?", "[a]", "[^a]", "\\", "-"])
def test_keys_takes_a_prefix_literally(store: RedisStore, prefix: str, special: str) -> None:
    store.create(f"{prefix}a", b"other", 60)
    store.create(f"{prefix}{special}b", b"data", 60)
    assert [key for key, _ in store.keys(f"{prefix}{special}")] == [f"{prefix}{special}b"]


def test_keys_passes_over_keys_that_are_not_ascii(
    client: Any, store: RedisStore, prefix: str
) -> None:
    client.set(prefix.encode() + b"\xff", b"data")
    assert list(store.keys(prefix)) == []


RIGHTS = "+@connection +get +set +expire +del +evalsha +eval +scan +pttl"
"""As the README has them."""


@pytest.fixture
def user(client: Any, prefix: str) -> Iterator[str]:
    """Provide a user who may do nothing yet, with the keys of the prefix."""
    name = prefix.rstrip(":")
    client.acl_setuser(name, enabled=True, nopass=True, keys=[f"{prefix}*"])
    yield name
    client.acl_deluser(name)


@pytest.fixture
def limited(url: str, user: str) -> Iterator[RedisStore]:
    """Provide a store of that user."""
    store = RedisStore(connect(url.replace("//", f"//{user}:any@")), owns_client=True)
    yield store
    store.close()


def test_the_documented_rights_suffice(
    client: Any, limited: RedisStore, user: str, prefix: str
) -> None:
    client.script_flush()
    client.execute_command("ACL SETUSER", user, *RIGHTS.split())
    key = f"{prefix}a"
    assert limited.create(key, b"data", 60)
    assert limited.update(key, b"new", 60, A_RECORD) is Outcome.SAVED
    assert limited.touch(key, 60)
    assert limited.touch_expected(key, 60, Record(b"new"))
    assert [found for found, _ in limited.keys(prefix)] == [key]
    assert limited.delete(key, Record(b"new")) is Outcome.DELETED
    assert limited.delete(key) is Outcome.GONE


@pytest.mark.parametrize("verb", ["load", "update"])
def test_what_the_server_refuses_is_a_declared_error(
    client: Any, limited: RedisStore, user: str, prefix: str, verb: str
) -> None:
    client.execute_command("ACL SETUSER", user, "+@connection")
    arguments: tuple[Any, ...] = (b"new", 60, A_RECORD) if verb == "update" else ()
    with pytest.raises(limited.errors):
        getattr(limited, verb)(f"{prefix}a", *arguments)


def test_keys_leaves_out_what_expired_meanwhile(store: RedisStore, prefix: str) -> None:
    assert list(store._with_expiry([f"{prefix}gone".encode()])) == []


def test_a_full_server_refuses_an_update_and_keeps_the_record() -> None:
    with start("redis", "--maxmemory-policy", "noeviction") as server:
        client: Any = connect(server.url)
        store = RedisStore(client, owns_client=True)
        store.create("a", b"data", 60)
        client.config_set("maxmemory", 1)
        with pytest.raises(store.errors):
            store.update("a", b"new", 60, A_RECORD)
        assert store.load("a") == A_RECORD
        store.close()


def test_a_read_only_replica_refuses_every_write(prefix: str) -> None:
    with start("redis") as server:
        client: Any = connect(server.url)
        store = RedisStore(client, owns_client=True)
        store.create("a", b"data", 60)
        client.replicaof("127.0.0.1", "9")
        with pytest.raises(store.errors):
            store.update("a", b"new", 60, A_RECORD)
        with pytest.raises(store.errors):
            store.touch("a", 60)
        store.close()


def test_a_forked_process_does_not_share_our_connections(store: RedisStore, prefix: str) -> None:
    keys = [f"{prefix}{number}" for number in range(4)]
    for key in keys:
        store.create(key, key.encode(), 60)
    children = [fork_and_check(store, key) for key in keys]
    assert all(store.load(keys[0]) == Record(keys[0].encode()) for _ in range(200))
    assert [os.waitpid(child, 0)[1] for child in children] == [0] * 4


def fork_and_check(store: RedisStore, key: str) -> int:
    """Fork a process that ends with 0 if it reads nothing but its own record, 200 times."""
    child = os.fork()
    if child == 0:
        signal.alarm(20)
        right = all(store.load(key) == Record(key.encode()) for _ in range(200))
        os._exit(0 if right else 1)
    return child


def test_closing_leaves_a_client_that_was_handed_in_open(client: Any, store: RedisStore) -> None:
    before = client.client_id()
    store.close()
    assert client.client_id() == before


@pytest.mark.row("F1")
@pytest.mark.parametrize("name", ["redis", "valkey"])
def test_what_the_server_has_not_swept_is_gone_for_every_verb(
    request: pytest.FixtureRequest, name: str
) -> None:
    request.node.backend = name
    with start(name) as server:
        client: Any = connect(server.url)
        client.execute_command("DEBUG", "SET-ACTIVE-EXPIRE", "0")
        store = RedisStore(client, owns_client=True)
        for key in "bcdea":  # the last to expire is the one to wait for
            store.create(key, b"data", 1)
        wait_until_gone(store, "a")
        assert client.dbsize() == 4
        assert store.update("b", b"new", 60, A_RECORD) is Outcome.GONE
        assert store.touch("c", 60) is False
        assert store.delete("d", A_RECORD) is Outcome.GONE
        assert store.create("e", b"new", 60) is True
        assert [key for key, _ in store.keys("")] == ["e"]
        store.close()
