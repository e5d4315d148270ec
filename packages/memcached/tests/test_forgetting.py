"""Memcached keeps sessions in memory alone, and makes room by forgetting."""

from __future__ import annotations

import os
from collections.abc import Iterator

import pytest
from flask_session_conformance.servers import Server, start
from flask_session_conformance.sessions.base import build_site, log_in
from flask_session_conformance.site import Site
from flask_session_conformance.views import items, put, user

backend = "memcached"
SMALLEST = ("-m", "8")
"""Megabytes; the server takes no less."""
LARGE = 200_000


@pytest.fixture
def server() -> Iterator[Server]:
    with start("memcached", *SMALLEST) as server:
        yield server


@pytest.fixture
def site(server: Server) -> Iterator[Site]:
    config = {"SESSION_TYPE": "memcached", "SESSION_MEMCACHED": server.url}
    site = build_site({"SECRET_KEY": "key", **config})
    yield site
    site.store.store.close()


@pytest.mark.row("D17")
@pytest.mark.promise("survives a server crash", "no")
def test_after_a_restart_everybody_is_a_stranger_and_can_log_in(server: Server, site: Site) -> None:
    alice = log_in(site, "alice")
    server.kill()
    assert alice.visit(user).status == 503
    server.restart()
    assert alice.does(user) is None
    alice.does(put(user="alice again"))
    assert alice.does(items) == {"user": "alice again"}


@pytest.mark.row("D12")
@pytest.mark.promise("may vanish early", "yes, when its memory is full")
def test_when_memory_is_full_old_sessions_are_forgotten_and_new_ones_kept(site: Site) -> None:
    alice = log_in(site, "alice")
    alice.does(put(more=os.urandom(LARGE)))
    others = [site.visitor() for _ in range(100)]
    for number, other in enumerate(others):
        other.does(put(user=f"{number}", more=os.urandom(LARGE)))
    assert alice.does(user) is None
    assert others[-1].does(user) == "99"
