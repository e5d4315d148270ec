"""Forks, repeated commands, credentials that run out, and a table that is made under faults."""

from __future__ import annotations

import json
import logging
import os
import signal
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from datetime import datetime, timedelta, timezone
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any

import boto3
import botocore.session
import pytest
from botocore.config import Config
from botocore.credentials import RefreshableCredentials
from flask_session.store import Outcome, Record
from flask_session_conformance.plugin import GetServer
from flask_session_conformance.proxy import Proxy
from flask_session_dynamodb import DynamoDBStore

OLD = Record(b"old")
KEY = "session:LN7qKhsI2CPWMq18ZhO6t-xmvG0g5ExsHDEbpCdbmq0"


def test_a_store_made_after_the_fork_leaves_the_connection_of_the_parent_alone(
    server: GetServer, arguments: dict[str, Any], table_of_0_8: str
) -> None:
    # Workers that share one got the answers to each other: visitors had each other's sessions.
    with Proxy(server("dynamodb").host, server("dynamodb").port) as proxy:
        there = {**arguments, "endpoint_url": f"http://{proxy.address}"}
        resource: Any = boto3.resource("dynamodb", **there)
        with closing(resource.meta.client), proxy.measure() as traffic:
            DynamoDBStore(resource, table_of_0_8).create(KEY, b"data", 60)
            for _ in range(2):
                fork_and_check(lambda: DynamoDBStore(resource, table_of_0_8).load(KEY) is not None)
            assert traffic.connections == 3


@pytest.mark.parametrize(
    ("command", "ask", "answer"),
    [
        (b"PutItem", lambda store: store.create(KEY + "2", b"new", 60), True),
        (b"UpdateItem", lambda store: store.update(KEY, b"new", 60, OLD), Outcome.SAVED),
        (b"UpdateItem", lambda store: store.touch_expected(KEY, 60, OLD), True),
        (b"DeleteItem", lambda store: store.delete(KEY, OLD), Outcome.DELETED),
        (b"DeleteItem", lambda store: store.delete(KEY), Outcome.DELETED),
    ],
)
def test_a_client_may_repeat_what_had_been_done(
    server: GetServer, arguments: dict[str, Any], table_of_0_8: str,
    command: bytes, ask: Callable[[DynamoDBStore], object], answer: object,
) -> None:  # fmt: skip
    # A log-out left the cookie where it was, and nobody was told that the session had ended; a new
    # session, or a renewed id, left a second record of it under an id that nobody knows.
    with Proxy(server("dynamodb").host, server("dynamodb").port) as proxy:
        there = {**arguments, "endpoint_url": f"http://{proxy.address}"}
        twice = Config(retries={"total_max_attempts": 2})
        with closing(boto3.client("dynamodb", config=twice, **there)) as client:
            store = DynamoDBStore(client, table_of_0_8)
            store.create(KEY, OLD.data, 60)
            proxy.drop_answer(containing=command, times=1)
            assert ask(store) == answer


def fork_and_check(act: Callable[[], bool]) -> None:
    child = os.fork()
    if child == 0:
        signal.alarm(20)
        os._exit(0 if act() else 1)
    assert os.waitpid(child, 0)[1] == 0


class Service(BaseHTTPRequestHandler):
    """Speaks for DynamoDB: a table is missed until it is made, and every command is answered."""

    answers: dict[str, bytes]
    asked: list[str]

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers["Content-Length"]))
        command = self.headers["X-Amz-Target"].partition(".")[2]
        self.asked.append(command)
        answer = self.answers.get(command, b'{"ConsumedCapacity": {"CapacityUnits": 1}}')
        is_missed = "CreateTable" not in self.asked
        if is_missed:
            answer = json.dumps({"__type": "com.amazonaws#ResourceNotFoundException"}).encode()
        self.send_response(400 if is_missed else 200)
        self.send_header("Content-Length", str(len(answer)))
        self.end_headers()
        self.wfile.write(answer)

    def log_message(self, format: str, *args: object) -> None:
        """Say nothing."""


@contextmanager
def service(**answers: bytes) -> Iterator[tuple[DynamoDBStore, list[str]]]:
    """Provide a store that such a service answers, and the names of its commands."""
    asked: list[str] = []
    handler = type("Answering", (Service,), {"answers": answers, "asked": asked})
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as http:
        thread = Thread(target=http.serve_forever)
        thread.start()
        client = session_of(lambda: 3600).client(
            "dynamodb",
            endpoint_url=f"http://127.0.0.1:{http.server_port}",
            config=Config(retries={"total_max_attempts": 1}),
        )
        try:
            with closing(client):
                yield DynamoDBStore(client), asked
        finally:
            http.shutdown()
            thread.join()


def session_of(seconds_left: Callable[[], float]) -> Any:
    """Make a session of boto3 whose credentials are fetched anew whenever they run out."""

    def fetch() -> dict[str, str]:
        ends = datetime.now(timezone.utc) + timedelta(seconds=seconds_left())
        names = ("access_key", "secret_key", "token")
        return {**dict.fromkeys(names, "dummy"), "expiry_time": ends.isoformat()}

    session = botocore.session.Session()
    session._credentials = RefreshableCredentials.create_from_metadata(fetch(), fetch, "test")
    return boto3.Session(botocore_session=session, region_name="us-west-2")


def test_credentials_that_have_run_out_are_a_declared_error_until_there_are_others(
    arguments: dict[str, Any], table_of_0_8: str
) -> None:
    # botocore raises a RuntimeError: every request was a 500, and the app's handlers saw no 503.
    left = [-1, -1, -1, 3600]
    session = session_of(lambda: left.pop(0))
    with closing(session.client("dynamodb", endpoint_url=arguments["endpoint_url"])) as client:
        store = DynamoDBStore(client, table_of_0_8)
        with pytest.raises(store.errors):
            store.load(KEY)
        with pytest.raises(store.errors):
            store.create(KEY, b"data", 60)
        assert store.create(KEY, b"data", 60) is True


def test_so_is_a_file_with_credentials_that_is_missing(arguments: dict[str, Any]) -> None:
    # As in Kubernetes, where the token of a service account is mounted late or not readable.
    lives = [-1]

    def seconds_left() -> float:
        if not lives:
            raise FileNotFoundError
        return lives.pop()

    session = session_of(seconds_left)
    with closing(session.client("dynamodb", endpoint_url=arguments["endpoint_url"])) as client:
        store = DynamoDBStore(client)
        with pytest.raises(store.errors):
            store.load(KEY)


def test_nonsense_for_an_answer_to_making_the_table_is_a_declared_error() -> None:
    with service(CreateTable=b"[1]") as (store, _), pytest.raises(store.errors):
        store.create(KEY, b"data", 60)


def test_a_write_that_was_done_is_no_failure_where_the_table_cannot_be_made_to_sweep(
    caplog: pytest.LogCaptureFixture,
) -> None:
    # Each command was carried out, and then was a 503 (or 500), for as long as that went on.
    with service(UpdateTimeToLive=b"[1]") as (store, asked):
        assert [store.create(KEY, b"data", 60) for _ in range(6)] == [True] * 6
    assert asked.count("UpdateTimeToLive") == 3
    warnings = [each for each in caplog.records if each.levelno == logging.WARNING]
    assert len(warnings) == 1
