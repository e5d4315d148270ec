"""What each verb sends, to the byte: the commands of RESP, written out by hand.

A command is ``*3\\r\\n``, the number of its words, and each word with its length before it. The key
has 19 bytes, so it takes 26; the digest of a script or of old data has 40 and takes 47. The old and
the new data have 4 and take 10.
https://redis.io/docs/latest/develop/reference/protocol-spec/
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
from flask_session.store import Record
from flask_session_conformance.plugin import GetServer
from flask_session_conformance.proxy import Proxy
from flask_session_redis import RedisStore
from flask_session_redis.client import connect

DATA, OTHER = Record(b"data"), b"1234"
Verb = Callable[[RedisStore, str], object]
SENT: dict[str, tuple[Verb, int]] = {
    # GET key
    "load": (lambda store, key: store.load(key), 4 + 9 + 26),
    # SET key 1234 EX 60 NX
    "create": (lambda store, key: store.create(key, OTHER, 60), 4 + 9 + 26 + 10 + 8 + 8 + 8),
    # EVALSHA script 1 key data 1234 60
    "update": (
        lambda store, key: store.update(key, OTHER, 60, DATA),
        4 + 13 + 47 + 7 + 26 + 10 + 10 + 8,
    ),
    # EXPIRE key 60
    "touch": (lambda store, key: store.touch(key, 60), 4 + 12 + 26 + 8),
    # EVALSHA script 1 key digest 60
    "touch_expected": (
        lambda store, key: store.touch_expected(key, 60, DATA),
        4 + 13 + 47 + 7 + 26 + 47 + 8,
    ),
    # DEL key
    "delete": (lambda store, key: store.delete(key), 4 + 9 + 26),
    # EVALSHA script 1 key digest
    "delete, if it is expected": (
        lambda store, key: store.delete(key, DATA),
        4 + 13 + 47 + 7 + 26 + 47,
    ),
}


@pytest.fixture
def proxy(server: GetServer) -> Iterator[Proxy]:
    redis = server("redis")
    with Proxy(redis.host, redis.port) as proxy:
        yield proxy


@pytest.fixture
def far_store(proxy: Proxy) -> Iterator[RedisStore]:
    """Provide a store that is connected, on a server that knows the scripts."""
    client = connect(f"redis://{proxy.address}")
    yield RedisStore(client)
    client.close()


@pytest.mark.parametrize("verb", SENT)
def test_a_verb_sends_its_command_and_nothing_else(
    far_store: RedisStore, proxy: Proxy, prefix: str, verb: str
) -> None:
    act, expected = SENT[verb]
    for key in (f"{prefix}1", f"{prefix}2"):
        far_store.create(key, DATA.data, 60)
    act(far_store, f"{prefix}1")
    with proxy.measure() as traffic:
        act(far_store, f"{prefix}2")
    assert len(traffic.sent) == expected
    assert traffic.round_trips == 1
