"""The primary of a replica set dies, or falls silent, under traffic; writes wait for a majority."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from flask_session_conformance.failover import Traffic
from flask_session_conformance.servers import Group, start_group
from flask_session_conformance.sessions.base import build_site
from flask_session_conformance.site import Site


@pytest.fixture
def members() -> Iterator[Group]:
    with start_group("mongodb-replicaset") as group:
        yield group


@pytest.fixture
def site(members: Group) -> Iterator[Site]:
    config = {"SESSION_TYPE": "mongodb", "SESSION_MONGODB": f"{members.url}&w=majority"}
    site = build_site({"SECRET_KEY": "key", **config})
    yield site
    site.store.store.close()


@pytest.mark.promise("survives loss of the primary")
def test_a_replica_set_loses_its_primary(members: Group, site: Site) -> None:
    (primary,) = members.primaries()
    with Traffic(site) as traffic:
        traffic.wait_for(400)
        members.kill_node(primary)
        traffic.wait_for(1, status=503)
        traffic.wait_until_well()
        traffic.wait_for(400)
    traffic.check()
    assert primary not in members.primaries()


def test_a_primary_that_was_silent_comes_back(members: Group, site: Site) -> None:
    (primary,) = members.primaries()
    with Traffic(site) as traffic:
        traffic.wait_for(400)
        members.pause_node(primary)
        traffic.wait_for(1, status=503)
        traffic.wait_until_well()
        members.unpause_node(primary)
        traffic.wait_for(400)
    traffic.check()
    assert primary not in members.primaries()
