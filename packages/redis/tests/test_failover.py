"""A primary is lost: under traffic, or behind a name that leads to another one."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest
import redis
import valkey
from flask_session_conformance.failover import Traffic
from flask_session_conformance.proxy import Proxy
from flask_session_conformance.servers import Group, start, start_group
from flask_session_conformance.sessions.base import build_site
from flask_session_conformance.site import Site
from flask_session_conformance.threads import together
from flask_session_conformance.views import items, put
from flask_session_redis.client import connect
from flask_session_redis.direct import sender
from redis.backoff import NoBackoff
from redis.retry import Retry
from redis.sentinel import Sentinel

PATIENCE = 30.0
AT_ONCE = Retry(NoBackoff(), 0)


@pytest.fixture
def cluster() -> Iterator[Group]:
    with start_group("redis-cluster") as group:
        yield group


@pytest.fixture
def sentinels() -> Iterator[Group]:
    with start_group("redis-sentinel") as group:
        yield group


def site_of(client: Any) -> Site:
    """Make a site with its sessions there."""
    return build_site({"SECRET_KEY": "key", "SESSION_TYPE": "redis", "SESSION_REDIS": client})


def fail_over(site: Site, group: Group, primary: str) -> Traffic:
    """Kill a primary under traffic, once its replica has what was written until then."""
    with Traffic(site) as traffic:
        traffic.wait_for(400)
        since = wait_until_replicated(group, primary)
        before = len(group.primaries())
        group.kill_node(primary)
        traffic.excuse(since, time.monotonic())
        wait_until_replaced(group, primary, before)
        traffic.wait_until_well()
        traffic.wait_for(400)
    return traffic


def wait_until_replaced(group: Group, primary: str, before: int) -> None:
    """Return when another node takes its writes; until then, other slots serve everybody well."""
    deadline = time.monotonic() + PATIENCE
    while primary in (found := group.primaries()) or len(found) < before:
        assert time.monotonic() < deadline, f"nobody has taken the place of {primary}"
        time.sleep(0.05)


def wait_until_replicated(group: Group, primary: str) -> float:
    """Answer a moment whose past is on the replica, too."""
    since = time.monotonic()
    with redis.Redis(host=group.host, port=group.nodes[primary].port) as client:
        # WAIT is for what its own connection has written: here, something that needs no slot.
        client.execute_command("FUNCTION", "FLUSH")
        assert client.wait(1, 2000) == 1
    return since


@pytest.mark.skipif(
    tuple(map(int, redis.__version__.split(".")[:2])) < (6, 4),
    reason="not applicable: a RedisCluster before 6.4 may fail when two threads see a failover",
)
@pytest.mark.promise("survives loss of the primary", "all but the last writes")
def test_a_cluster_loses_a_primary(cluster: Group) -> None:
    with redis.RedisCluster(
        host=cluster.host, port=cluster.port, socket_timeout=1, retry=AT_ONCE
    ) as client:
        traffic = fail_over(site_of(client), cluster, "primary1")
        traffic.check()
    assert len(cluster.primaries()) == 3


@pytest.mark.promise("survives loss of the primary", "all but the last writes")
def test_sentinels_choose_the_replica(sentinels: Group) -> None:
    addresses = [("127.0.0.1", port) for port in sentinels.ports("sentinel")]
    settings: Any = {"socket_timeout": 1, "retry": AT_ONCE}
    sentinel: Any = Sentinel(addresses, **settings)
    with sentinel.master_for("session") as client:
        traffic = fail_over(site_of(client), sentinels, "server1")
        traffic.check()
    assert "server2" in sentinels.primaries()


def test_a_client_that_repeats_after_readonly_finds_the_new_primary(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    # The connection to the former primary was kept, and every save was a 503 from then on.
    again = Retry(NoBackoff(), 3)
    with start("redis") as server, redis.Redis.from_url(server.url) as administrator:
        client = redis.Redis.from_url(server.url, retry=again, retry_on_error=[redis.ReadOnlyError])
        alice = site_of(client).visitor()
        alice.does(put(user="alice"))
        alice.does(put(more=0))  # loads the script, so that nothing is opened but for READONLY
        administrator.replicaof("127.0.0.1", "1")

        def reach_the_new_primary(connection: redis.Connection) -> None:
            monkeypatch.undo()
            administrator.replicaof("NO", "ONE")
            connection.connect()

        monkeypatch.setattr(redis.Connection, "connect", reach_the_new_primary)
        alice.does(put(more=1))
        assert alice.does(items) == {"user": "alice", "more": 1}
        client.close()


CLIENTS: dict[str, Callable[[str], Any]] = {
    "our own": connect,
    "a subclass": type("Mine", (redis.Redis,), {}).from_url,  # type: ignore[attr-defined]
    "a small pool": lambda url: redis.Redis.from_url(url, max_connections=20),
    "a pool that waits": lambda url: redis.Redis(
        connection_pool=redis.BlockingConnectionPool.from_url(url)
    ),
    "valkey": valkey.Valkey.from_url,
}


@pytest.mark.parametrize("kind", CLIENTS)
def test_after_a_failover_behind_a_name_new_connections_are_made(
    url: str, client: redis.Redis, prefix: str, kind: str
) -> None:
    # Clients with a pool of their own stayed with the former primary: a 503 for ever.
    kwargs = client.connection_pool.connection_kwargs
    with start("redis") as former, Proxy(former.host, former.port) as name:
        behind = CLIENTS[kind](f"redis://{name.address}")
        send = sender(behind)
        together([lambda: send("PING")] * 4)
        redis.Redis(former.host, former.port).replicaof("127.0.0.1", 1)
        name.target = (kwargs["host"], kwargs["port"])
        with pytest.raises(Exception, match="read only"):
            send("SET", f"{prefix}a", b"1", "EX", 60)
        together([lambda: send("SET", f"{prefix}a", b"1", "EX", 60)] * 4)
        behind.close()
    assert client.get(f"{prefix}a") == b"1"
