"""Servers that fall silent, or are started anew."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from flask_session_conformance.servers import Server, start
from flask_session_sqlalchemy import SqlAlchemyStore
from flask_session_sqlalchemy.engine import build

from packages.sqlalchemy.tests.databases import KEY, SERVERS, at_most


@pytest.fixture(scope="module", params=SERVERS)
def own_server(request: pytest.FixtureRequest) -> Iterator[Server]:
    """Provide a server that may be stopped."""
    with start(request.param, durable=True) as server:
        yield server


@pytest.fixture
def stoppable(own_server: Server) -> Iterator[SqlAlchemyStore]:
    store = SqlAlchemyStore(build(own_server.url))
    store.delete(KEY)
    store.create(KEY, b"data", 60)
    yield store
    store.close()


@contextmanager
def paused(server: Server) -> Iterator[None]:
    server.pause()
    try:
        yield
    finally:
        server.unpause()


@pytest.mark.row("D2")
def test_a_server_that_falls_silent_is_waited_for_one_second(
    own_server: Server, stoppable: SqlAlchemyStore
) -> None:
    with paused(own_server), at_most(1.5), pytest.raises(stoppable.errors):
        stoppable.load(KEY)


@pytest.mark.row("D2")
def test_connecting_to_a_silent_server_takes_at_most_one_second(own_server: Server) -> None:
    store = SqlAlchemyStore(build(own_server.url))
    with paused(own_server), at_most(1.5), pytest.raises(store.errors):
        store.load(KEY)
    store.close()


@pytest.mark.row("D9")
def test_after_a_silence_the_store_works_again(
    own_server: Server, stoppable: SqlAlchemyStore
) -> None:
    with paused(own_server), pytest.raises(stoppable.errors):
        stoppable.touch(KEY, 60)
    assert stoppable.load(KEY) is not None


@pytest.mark.row("D9")
def test_after_a_restart_the_store_works_again(
    own_server: Server, stoppable: SqlAlchemyStore
) -> None:
    own_server.kill()
    own_server.restart()
    assert stoppable.touch("session:nobody", 60) is False
