"""A DynamoDbCache whose answers do not arrive whole; botocore takes them for empty ones."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import suppress
from types import SimpleNamespace
from typing import Any

import cachelib
import pytest
from flask_session.store import Outcome, Record
from flask_session_cachelib import CacheStore
from flask_session_cachelib.table import NoAnswerError, Table
from flask_session_conformance.plugin import GetServer
from flask_session_conformance.proxy import Proxy

pytestmark = pytest.mark.filterwarnings(
    "ignore::pytest.PytestUnraisableExceptionWarning", "ignore:unclosed:ResourceWarning"
)
backend = "cachelib caches"
LENGTHS = range(15, 420, 15)
"""Where to cut: in the status line, in the headers, between them and the body, in the body."""
VERBS: dict[str, tuple[object, Callable[[CacheStore], object]]] = {
    "load": (Record(b"data"), lambda store: _data(store.load("bob"))),
    "create": (False, lambda store: store.create("bob", b"mine", 60)),
    "update": (Outcome.CONFLICT, lambda store: store.update("bob", b"new", 60, Record(b"old"))),
    "delete": (Outcome.CONFLICT, lambda store: store.delete("bob", Record(b"old"))),
}


@pytest.fixture
def proxy(server: GetServer) -> Iterator[Proxy]:
    running = server("dynamodb")
    with Proxy(running.host, running.port) as proxy:
        yield proxy


@pytest.mark.skipif(not hasattr(cachelib, "DynamoDbCache"), reason="an older cachelib")
@pytest.mark.parametrize("verb", VERBS)
def test_an_answer_that_is_cut_off_is_never_taken_for_another(
    proxy: Proxy, dynamodb_cache_at: Callable[[str], Any], verb: str
) -> None:
    # A session that was there was said to be missing: the visitor got another, with 200.
    store = CacheStore(dynamodb_cache_at(f"http://{proxy.address}"))
    store.create("bob", b"data", 60)
    right, ask = VERBS[verb]
    answers: list[object] = []
    for length in LENGTHS:
        proxy.cut_after(length)
        with suppress(*store.errors):
            answers.append(ask(store))
        proxy.heal()
    assert [answer for answer in answers if answer != right] == []


def _data(found: Record | None) -> Record | None:
    return found and Record(found.data)


@pytest.mark.parametrize(
    "error",
    [TypeError("list indices"), RuntimeError("the refreshed credentials are still expired")],
)
def test_what_botocore_raises_besides_its_own_errors_is_a_declared_one(error: Exception) -> None:
    def fail(**_: object) -> object:
        raise error

    client = SimpleNamespace(close=lambda: None)
    table = SimpleNamespace(get_item=fail, meta=SimpleNamespace(client=client))
    with pytest.raises(NoAnswerError):
        Table(table).get_item(Key={})
