"""An answer that is cut off is no answer; botocore takes it for an empty one. Nor is nonsense."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread

import pytest
from flask_session.store import Outcome, Record
from flask_session_conformance.plugin import GetServer
from flask_session_conformance.proxy import Proxy
from flask_session_dynamodb import DynamoDBStore
from flask_session_dynamodb.client import build

KEY = "session:LN7qKhsI2CPWMq18ZhO6t-xmvG0g5ExsHDEbpCdbmq0"
LENGTHS = range(1, 420, 7)
"""Where to cut: in the status line, in the headers, between them and the body, in the body."""

NONSENSE = [(200, b"[1]"), (200, b"null"), (200, b"\xff\xfe"), (200, b"<html>"), (400, b"[1]")]


@pytest.fixture
def proxy(server: GetServer) -> Iterator[Proxy]:
    with Proxy(server("dynamodb").host, server("dynamodb").port) as proxy:
        yield proxy


@pytest.fixture
def far(store: DynamoDBStore, proxy: Proxy, table_of_0_8: str) -> Iterator[DynamoDBStore]:
    """Provide a store behind the proxy, on a table that holds a record."""
    store.create(KEY, b"data", 600)
    resource, low_level = build(f"http://{proxy.host}:{proxy.port}?read_timeout=20")
    far = DynamoDBStore(resource, table_of_0_8, low_level=low_level, owns_client=True)
    yield far
    proxy.heal()
    far.close()


def answers(proxy: Proxy, far: DynamoDBStore, ask: Callable[[], object]) -> list[object]:
    """Ask again and again, the answer being cut off elsewhere each time; leave out the errors."""
    found: list[object] = []
    for length in LENGTHS:
        proxy.cut_after(length)
        with suppress(*far.errors):
            found.append(ask())
        proxy.heal()
    return found


def test_a_record_that_is_there_is_never_said_to_be_missing(
    proxy: Proxy, far: DynamoDBStore
) -> None:
    loaded = answers(proxy, far, lambda: far.load(KEY))
    assert [record for record in loaded if record is None] == []


@pytest.mark.parametrize("verb", ["update", "delete"])
def test_a_conflict_is_never_taken_for_another_outcome(
    proxy: Proxy, far: DynamoDBStore, verb: str
) -> None:
    stale = Record(b"old")
    arguments = (KEY, b"new", 600, stale) if verb == "update" else (KEY, stale)
    outcomes = answers(proxy, far, lambda: getattr(far, verb)(*arguments))
    assert [outcome for outcome in outcomes if outcome is not Outcome.CONFLICT] == []


def test_a_taken_key_is_never_said_to_be_free(proxy: Proxy, far: DynamoDBStore) -> None:
    created = answers(proxy, far, lambda: far.create(KEY, b"mine", 600))
    assert [answer for answer in created if answer] == []


class Gateway(BaseHTTPRequestHandler):
    """Stands where DynamoDB should, as a gateway that is set up wrongly."""

    status: int
    body: bytes

    def do_POST(self) -> None:
        self.send_response(self.status)
        self.send_header("Content-Length", str(len(self.body)))
        self.end_headers()
        self.wfile.write(self.body)

    def log_message(self, format: str, *args: object) -> None:
        """Say nothing."""


@pytest.fixture(params=NONSENSE, ids=str)
def gateway(request: pytest.FixtureRequest) -> Iterator[DynamoDBStore]:
    """Provide a store that something else than DynamoDB answers."""
    status, body = request.param
    handler = type("Answering", (Gateway,), {"status": status, "body": body})
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        thread = Thread(target=server.serve_forever)
        thread.start()
        resource, low_level = build(f"http://127.0.0.1:{server.server_port}")
        store = DynamoDBStore(resource, low_level=low_level, owns_client=True)
        yield store
        store.close()
        server.shutdown()
        thread.join()


def test_nonsense_is_a_declared_error(gateway: DynamoDBStore) -> None:
    # It was a 500, with botocore's own TypeError.
    with pytest.raises(gateway.errors):
        gateway.load(KEY)
    with pytest.raises(gateway.errors):
        gateway.create(KEY, b"data", 60)
