"""One server of a ring is stopped, or silent, under traffic."""

from __future__ import annotations

import time
from collections.abc import Iterator

import pytest
from flask_session_conformance.failover import Traffic
from flask_session_conformance.servers import Group, start_group
from flask_session_conformance.sessions.base import build_site
from flask_session_conformance.site import Site


@pytest.fixture
def servers() -> Iterator[Group]:
    with start_group("memcached-ring") as group:
        yield group


@pytest.fixture
def site(servers: Group) -> Iterator[Site]:
    config = {"SESSION_TYPE": "memcached", "SESSION_MEMCACHED": servers.url}
    site = build_site({"SECRET_KEY": "key", **config})
    yield site
    site.store.store.close()


@pytest.mark.promise("survives loss of the primary", "no; the rest of a ring keeps its own")
def test_a_ring_loses_a_server_that_comes_back_empty(servers: Group, site: Site) -> None:
    with Traffic(site) as traffic:
        traffic.wait_for(400)
        servers.kill_node("server2")
        traffic.wait_for(100, status=503)
        servers.start_node("server2")
        servers.wait_until_ready()
        traffic.excuse(0, time.monotonic(), "write")  # the server has forgotten them
        traffic.wait_until_well()
        traffic.wait_for(400)
    traffic.check()


def test_a_ring_waits_for_a_silent_server(servers: Group, site: Site) -> None:
    with Traffic(site) as traffic:
        traffic.wait_for(400)
        servers.pause_node("server2")
        traffic.wait_for(12, status=503)
        servers.unpause_node("server2")
        traffic.wait_until_well()
        traffic.wait_for(400)
    traffic.check()
