"""The line to the server: one round trip a verb, answers that are lost, late or cut."""

from __future__ import annotations

import signal
import time
from collections.abc import Callable, Iterator

import pytest
from flask_session.store import Outcome, Record
from flask_session_conformance.plugin import GetServer
from flask_session_conformance.proxy import Proxy
from flask_session_conformance.stores.base import loaded
from flask_session_sqlalchemy import SqlAlchemyStore
from flask_session_sqlalchemy.engine import build
from sqlalchemy import Table

KEY = "session:alice"
Call = Callable[[SqlAlchemyStore], object]
CALLS: dict[str, Call] = {
    "load": lambda store: loaded(store, KEY).data,
    "create": lambda store: store.create("session:bob", b"data", 60),
    "update": lambda store: store.update(KEY, b"new", 60, Record(b"data")),
    "touch": lambda store: store.touch(KEY, 60),
    "delete": lambda store: store.delete(KEY),
    "delete the expected": lambda store: store.delete(KEY, Record(b"data")),
}
every_call = pytest.mark.parametrize("call", CALLS.values(), ids=CALLS)


@pytest.fixture(params=["postgresql", "mariadb"])
def database(request: pytest.FixtureRequest) -> str:
    name: str = request.param
    return name


@pytest.fixture
def proxy(server: GetServer, database: str) -> Iterator[Proxy]:
    with Proxy(server(database).host, server(database).port) as proxy:
        yield proxy


@pytest.fixture
def store(
    server: GetServer, database: str, proxy: Proxy, table: Table
) -> Iterator[SqlAlchemyStore]:
    """Provide a store behind the proxy, connected, with a record of alice's."""
    store = SqlAlchemyStore(build(server(database).url_at(proxy.address)), table)
    store.create(KEY, b"data", 60)
    yield store
    store.close()


@every_call
def test_a_verb_is_one_round_trip(store: SqlAlchemyStore, proxy: Proxy, call: Call) -> None:
    with proxy.measure() as traffic:
        call(store)
    assert traffic.round_trips == 1


def test_keys_and_purge_take_a_round_trip_for_each_batch(
    store: SqlAlchemyStore, proxy: Proxy
) -> None:
    store.purge()  # the first one asks whether there is an index
    with proxy.measure() as traffic:
        assert [key for key, _ in store.keys("session:")] == [KEY]
        assert store.purge() == 0
    assert traffic.round_trips == 3


@pytest.mark.row("D5")
def test_an_update_whose_answer_is_lost_is_found_saved(
    store: SqlAlchemyStore, proxy: Proxy
) -> None:
    proxy.drop_answer(containing=b"UPDATE", times=1)
    assert store.update(KEY, b"new", 60, Record(b"data")) is Outcome.SAVED
    assert loaded(store, KEY).data == b"new"


@pytest.mark.row("D5")
def test_an_update_whose_answer_is_lost_is_not_repeated_over_a_later_one(
    store: SqlAlchemyStore, proxy: Proxy, server: GetServer, database: str
) -> None:
    with_answer = SqlAlchemyStore(build(server(database).url), store.table)
    proxy.drop_answer(containing=b"UPDATE")
    with pytest.raises(store.errors):
        store.update(KEY, b"new", 60, Record(b"data"))
    proxy.heal()
    assert with_answer.update(KEY, b"later", 60, Record(b"new")) is Outcome.SAVED
    assert store.update(KEY, b"new", 60, Record(b"data")) is Outcome.CONFLICT
    with_answer.close()


@pytest.mark.row("D5")
@pytest.mark.parametrize("verb", ["touch", "delete", "delete the expected"])
def test_what_sets_or_deletes_may_happen_twice(
    store: SqlAlchemyStore, proxy: Proxy, verb: str
) -> None:
    proxy.drop_answer(containing=b"UPDATE" if verb == "touch" else b"DELETE", times=1)
    assert CALLS[verb](store) in (True, Outcome.GONE)


@pytest.mark.row("D5")
def test_a_create_whose_answer_is_lost_never_gives_an_id_to_two(
    store: SqlAlchemyStore, proxy: Proxy
) -> None:
    proxy.drop_answer(containing=b"INSERT", times=1)
    assert store.create("session:bob", b"data", 60) is False


@pytest.mark.row("D6")
@every_call
def test_an_answer_that_is_late_is_waited_for_one_second(
    store: SqlAlchemyStore, proxy: Proxy, call: Call
) -> None:
    proxy.delay(1.6)
    began = time.monotonic()
    with pytest.raises(store.errors):
        call(store)
    assert time.monotonic() - began < 1.5


@pytest.mark.row("D6")
def test_a_late_answer_is_never_anothers(store: SqlAlchemyStore, proxy: Proxy) -> None:
    store.create("session:bob", b"bob", 60)
    proxy.delay(1.2, times=1)
    with pytest.raises(store.errors):
        store.load("session:bob")
    assert loaded(store, KEY).data == b"data"


@pytest.mark.row("D7")
@pytest.mark.parametrize("count", [1, 5, 20])
def test_an_answer_that_is_cut_is_asked_for_again_once(
    store: SqlAlchemyStore, proxy: Proxy, count: int
) -> None:
    proxy.cut_after(count, containing=b"SELECT", times=1)
    assert loaded(store, KEY).data == b"data"


@pytest.mark.row("D7")
def test_a_line_that_cuts_every_answer_is_an_error(store: SqlAlchemyStore, proxy: Proxy) -> None:
    proxy.cut_after(5)
    with pytest.raises(store.errors):
        store.load(KEY)


@pytest.mark.row("D1")
@every_call
def test_a_server_that_refuses_is_an_error_at_once(
    store: SqlAlchemyStore, proxy: Proxy, call: Call
) -> None:
    proxy.refuse()
    began = time.monotonic()
    with pytest.raises(store.errors):
        call(store)
    assert time.monotonic() - began < 1


@pytest.mark.row("D8")
@every_call
def test_connections_that_were_reset_are_made_anew(
    store: SqlAlchemyStore, proxy: Proxy, call: Call
) -> None:
    proxy.kill_connections()
    assert call(store)


class Interrupted(BaseException):
    """What a worker's time limit raises in the middle of whatever it does."""


def test_an_interrupted_load_leaves_no_answer_for_the_next_visitor(
    store: SqlAlchemyStore, proxy: Proxy
) -> None:
    def interrupt(*_: object) -> None:
        raise Interrupted

    store.create("session:bob", b"bob's", 60)
    loaded(store, KEY)
    proxy.delay(0.3, times=1)
    former = signal.signal(signal.SIGALRM, interrupt)
    try:
        signal.setitimer(signal.ITIMER_REAL, 0.1)
        with pytest.raises(Interrupted):
            store.load(KEY)
    finally:
        signal.signal(signal.SIGALRM, former)
    assert loaded(store, "session:bob").data == b"bob's"
