"""A primary dies under traffic."""

from __future__ import annotations

import time
from collections.abc import Iterator
from typing import Any

import pytest
import redis
from flask_session_conformance.failover import Traffic
from flask_session_conformance.servers import Group, start_group
from flask_session_conformance.sessions.base import build_site
from flask_session_conformance.site import Site
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
    sentinel: Any = Sentinel(addresses, **settings)  # type: ignore[no-untyped-call]
    with sentinel.master_for("session") as client:
        traffic = fail_over(site_of(client), sentinels, "server1")
        traffic.check()
    assert "server2" in sentinels.primaries()
