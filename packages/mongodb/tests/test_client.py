"""Which clients are accepted, what those built from a URL do, and what a verb costs."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from threading import enumerate as enumerate_threads
from typing import Any

import pymongo
import pytest
from flask_session.errors import ConfigurationError
from flask_session.store import Outcome, Record
from flask_session_conformance.servers import start
from flask_session_mongodb import MongoDBStore
from flask_session_mongodb.client import build, connect
from pymongo import MongoClient, ReadPreference, WriteConcern
from pymongo.errors import PyMongoError
from pymongo.monitoring import CommandListener, CommandStartedEvent

KEY = "session:0b5e6ae2-5a0e-4c0c-9a52-1d3bd7a9f4a1"


class Commands(CommandListener):
    """Note the name of every command that is sent."""

    def __init__(self) -> None:
        self.names: list[str] = []

    def started(self, event: CommandStartedEvent) -> None:
        self.names.append(event.command_name)

    def succeeded(self, event: object) -> None:
        pass

    def failed(self, event: object) -> None:
        pass


@pytest.fixture
def commands() -> Commands:
    return Commands()


@pytest.fixture
def counted(url: str, database: str, commands: Commands) -> Iterator[MongoDBStore]:
    """Provide a store after its first use, whose commands are noted."""
    with MongoClient[Any](url, event_listeners=[commands]) as client:
        store = MongoDBStore(client, database)
        store.load("session:other")
        commands.names.clear()
        yield store


def in_one_trip(store: MongoDBStore, verb: str) -> object:
    match verb:
        case "create":
            return store.create(KEY, b"new", 60)
        case "load":
            return store.load(KEY)
        case "update":
            return store.update(KEY, b"new", 60, Record(b"old"))
        case "touch":
            return store.touch(KEY, 60)
        case _:
            return store.delete(KEY, Record(b"old"))


@pytest.mark.parametrize("verb", ["load", "update", "touch", "delete"])
def test_a_verb_is_one_command(counted: MongoDBStore, commands: Commands, verb: str) -> None:
    counted.create(KEY, b"old", 60)
    commands.names.clear()
    assert in_one_trip(counted, verb) not in (None, False, Outcome.CONFLICT, Outcome.GONE)
    assert len(commands.names) == 1


def test_create_is_one_command(counted: MongoDBStore, commands: Commands) -> None:
    assert in_one_trip(counted, "create") is True
    assert commands.names == ["insert"]


def test_a_conflict_is_two_commands(counted: MongoDBStore, commands: Commands) -> None:
    counted.create(KEY, b"theirs", 60)
    commands.names.clear()
    assert in_one_trip(counted, "update") is Outcome.CONFLICT
    assert commands.names == ["update", "find"]


def test_reads_ask_the_primary_whatever_the_client_prefers(url: str, database: str) -> None:
    with MongoClient[Any](url, readPreference="secondaryPreferred") as client:
        store = MongoDBStore(client, database)
        assert store._documents.read_preference == ReadPreference.PRIMARY


@pytest.mark.parametrize(
    ("wanted", "used"),
    [
        ("majority", "local"),
        ("available", "local"),
        ("linearizable", "linearizable"),
        (None, "local"),
    ],
)
def test_reads_see_what_was_written_last(
    url: str, database: str, wanted: str | None, used: str | None
) -> None:
    # With "majority", a log-out that was acknowledged by the primary alone was not seen.
    with MongoClient[Any](url, readConcernLevel=wanted) as client:
        store = MongoDBStore(client, database)
        assert store._documents.read_concern.level == used
        assert store._commands._find.get("readConcern", {}).get("level") == used


def test_writes_use_the_write_concern_of_the_client(url: str, database: str) -> None:
    with MongoClient[Any](url, w=1, journal=True) as client:
        store = MongoDBStore(client, database)
        assert store._documents.write_concern == WriteConcern(w=1, j=True)


def test_a_client_handed_in_is_used_as_it_is(client: MongoClient[Any]) -> None:
    assert connect(client) is client


def test_closing_the_store_leaves_a_client_open_that_was_handed_in(
    client: MongoClient[Any], store: MongoDBStore
) -> None:
    store.close()
    assert client.admin.command("ping")["ok"]


def test_closing_the_store_closes_a_client_of_its_own(url: str, database: str) -> None:
    store = MongoDBStore(build(url), database, owns_client=True)
    store.load(KEY)
    store.close()
    with pytest.raises(PyMongoError):
        store.load(KEY)


def test_nothing_configured_is_localhost_with_a_warning() -> None:
    with pytest.warns(RuntimeWarning, match="SESSION_MONGODB is not set"):
        client = connect(None)
    assert "localhost:27017" in repr(client)
    client.close()


def test_a_client_we_build_starts_no_thread_before_its_first_use(url: str) -> None:
    before = set(enumerate_threads())
    with build(url):
        assert set(enumerate_threads()) <= before


def test_a_url_without_a_server_costs_nothing_at_the_start() -> None:
    began = time.monotonic()
    connect("mongodb://192.0.2.1:27017/").close()
    assert time.monotonic() - began < 0.5


@pytest.mark.parametrize(
    ("option", "value"),
    [
        ("server_selection_timeout", 1.0),
        ("retry_reads", False),
        ("retry_writes", False),
    ],
)
def test_a_client_we_build(url: str, option: str, value: object) -> None:
    with build(url) as client:
        assert getattr(client.options, option) == value


@pytest.mark.parametrize(
    ("option", "value"),
    [("connect_timeout", 1.0), ("socket_timeout", 1.0), ("wait_queue_timeout", 1.0)],
)
def test_a_connection_of_a_client_we_build(url: str, option: str, value: object) -> None:
    with build(url) as client:
        assert getattr(client.options.pool_options, option) == value


def test_options_in_the_url_win(url: str) -> None:
    with build(f"{url}?sockettimeoutms=3000&retryWrites=true&w=majority") as client:
        assert client.options.pool_options.socket_timeout == 3.0
        assert client.options.retry_writes is True
        assert client.write_concern == WriteConcern("majority")


@pytest.mark.parametrize("use", ["first", "later"])
def test_a_silent_server_is_given_up_within_the_timeout(database: str, use: str) -> None:
    with start("mongodb") as server, build(server.url) as client:
        store = MongoDBStore(client, database)
        if use == "later":
            store.load(KEY)
        server.pause()
        began = time.monotonic()
        with pytest.raises(store.errors):
            store.load(KEY)
        assert time.monotonic() - began < 2
        server.unpause()


@pytest.mark.parametrize(
    "wrong",
    [
        "mongodb://user:se/cret@host/", "mongodb://user:secret@host:port/", "redis://:secret@host",
        "mongodb://user:s\u2100cret@host:port/",
    ],
)  # fmt: skip
def test_a_wrong_url_is_refused_without_telling_the_password(wrong: str) -> None:
    with pytest.raises(ConfigurationError, match="SESSION_MONGODB") as refusal:
        connect(wrong)
    assert "cret" not in str(refusal.value)
    assert refusal.value.__cause__ is None


def test_who_has_not_encoded_the_password_is_told_how() -> None:
    with pytest.raises(ConfigurationError, match=r"urllib\.parse\.quote\(password, safe=''\)"):
        connect("mongodb://user:a/b@host/")


def test_a_password_may_have_brackets() -> None:
    # Python's own reader of URLs takes them for an IPv6 address.
    build("mongodb://user:s[ecret@host/?w=majority").close()


def test_a_client_that_does_not_wait_for_an_answer_is_refused() -> None:
    with (
        MongoClient[Any]("mongodb://localhost/?w=0", connect=False) as client,
        pytest.raises(ConfigurationError, match="w=0"),
    ):
        connect(client)


def test_an_asynchronous_client_is_refused() -> None:
    client_class: Any = getattr(pymongo, "AsyncMongoClient", None)
    if client_class is None:
        pytest.skip("not applicable: this pymongo has no asynchronous client")
    with pytest.raises(ConfigurationError, match="asynchronous"):
        connect(client_class(connect=False))


@pytest.mark.parametrize("make", [object, dict, lambda: 27017])
def test_an_object_of_another_kind_is_refused(make: Callable[[], Any]) -> None:
    with pytest.raises(ConfigurationError, match="cannot be used"):
        connect(make())
