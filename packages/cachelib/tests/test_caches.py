"""Every cache of cachelib that is accepted: no pickle, nothing forgotten, every refusal noticed."""

from __future__ import annotations

import pickle
import time
from pathlib import Path
from typing import Any

import pytest
from cachelib import RedisCache, SimpleCache
from flask import Flask, session
from flask.testing import FlaskClient
from flask_session import Session
from flask_session.errors import ConfigurationError, UnreadableRecord
from flask_session.store import Outcome, Record
from flask_session_cachelib import CacheStore
from flask_session_cachelib.caches import NotStoredError
from flask_session_cachelib.client import store_for
from flask_session_conformance.plugin import GetServer
from redis import Redis
from redis.exceptions import RedisClusterException

# DynamoDbCache makes a second client of boto3 and leaves closing it to the garbage collector.
# Older releases of RedisCache call what redis-py has deprecated.
pytestmark = pytest.mark.filterwarnings(
    "ignore::pytest.PytestUnraisableExceptionWarning",
    "ignore:unclosed:ResourceWarning",
    "ignore:Call to deprecated setex:DeprecationWarning",
)
backend = "cachelib caches"
SID = "0123456789abcdef0123456789abcdef"
KEY = f"session:{SID}"
DATA = {"_permanent": True, "user": "alice"}


@pytest.fixture
def browser(any_cache: Any) -> FlaskClient:
    app = Flask("caches")
    app.config.update(SESSION_TYPE="cachelib", SESSION_CACHELIB=any_cache, TESTING=True)
    Session(app)

    @app.get("/")
    def show() -> dict[str, Any]:
        return dict(session)

    @app.post("/")
    def change() -> str:
        session["more"] = 1
        return "changed"

    client = app.test_client()
    client.set_cookie("session", SID)
    return client


def test_a_session_of_0_8_is_still_logged_in(any_cache: Any, browser: FlaskClient) -> None:
    any_cache.set(KEY, DATA, 60)
    assert browser.get("/").get_json() == DATA


def test_a_session_of_0_8_keeps_its_data_when_it_changes(
    any_cache: Any, browser: FlaskClient
) -> None:
    any_cache.set(KEY, DATA, 60)
    browser.post("/")
    assert browser.get("/").get_json() == {**DATA, "more": 1}


def test_a_touched_session_of_0_8_is_still_one_of_0_8(any_cache: Any) -> None:
    any_cache.set(KEY, DATA, 60)
    assert CacheStore(any_cache).touch(KEY, 60) is True
    assert any_cache.get(KEY) == DATA


class Marker:
    """Pickled, a command that leaves a file behind where it is run."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def __reduce__(self) -> tuple[Any, ...]:
        return Path.touch, (self.path,)


@pytest.mark.row("B1")
def test_a_command_in_a_cached_pickle_is_not_run(
    any_cache: Any, browser: FlaskClient, tmp_path: Path
) -> None:
    any_cache.set(KEY, {"user": Marker(tmp_path / "ran")}, 60)
    assert "user" not in browser.get("/").get_json()
    assert not (tmp_path / "ran").exists()


def test_0_8_takes_our_record_for_a_miss(any_cache: Any) -> None:
    CacheStore(any_cache).create(KEY, b"data", 60)
    assert any_cache.get(KEY) is None


def test_a_record_keeps_the_bytes_that_mark_a_pickle_in_redis(any_cache: Any) -> None:
    store = CacheStore(any_cache)
    store.create(KEY, b"!data", 60)
    record = store.load(KEY)
    assert record is not None
    assert record.data == b"!data"


def test_a_record_under_another_key_is_unreadable() -> None:
    cache = SimpleCache()
    store = CacheStore(cache)
    store.create("session:mallory", b"data", 60)
    cache._cache[KEY] = cache._cache["session:mallory"]
    with pytest.raises(UnreadableRecord):
        store.load(KEY)


def test_a_record_that_was_deleted_is_gone(any_cache: Any) -> None:
    store = CacheStore(any_cache)
    store.create(KEY, b"data", 60)
    assert store.delete(KEY) is Outcome.DELETED
    assert store.delete(KEY) is Outcome.GONE


def test_a_change_is_found_by_another_store_on_the_same_cache(any_cache: Any) -> None:
    store = CacheStore(any_cache)
    store.create(KEY, b"old", 60)
    assert store.update(KEY, b"new", 60, Record(b"old")) is Outcome.SAVED
    assert CacheStore(any_cache).update(KEY, b"mine", 60, Record(b"old")) is Outcome.CONFLICT


def test_an_expired_record_is_replaced_although_the_cache_still_has_it(any_cache: Any) -> None:
    store = CacheStore(any_cache)
    store.create(KEY, b"old", 600)
    store.clock = lambda: time.time() + 601
    assert store.create(KEY, b"new", 600) is True


def test_the_handed_cache_itself_stays_as_it_was(any_cache: Any) -> None:
    CacheStore(any_cache)
    any_cache.set("app's own", {"a": (1, 2)}, 60)
    assert any_cache.get("app's own") == {"a": (1, 2)}


@pytest.mark.row("H3")
def test_a_simple_cache_keeps_the_first_of_2_000_sessions() -> None:
    store = CacheStore(SimpleCache(threshold=500))
    for number in range(2_000):
        store.create(f"session:{number}", b"data", 60)
    assert store.load("session:0") is not None


def test_a_simple_cache_is_swept_of_expired_sessions() -> None:
    cache = SimpleCache()
    long_past = (int(time.time()) - 10, pickle.dumps("expired"))
    cache._cache.update({f"session:{number}": long_past for number in range(501)})
    CacheStore(cache).create("session:new", b"data", 60)
    assert len(cache._cache) == 1


class FullCache(SimpleCache):
    """Answers as cachelib says that a cache does which could not store: ``False``."""

    def set(self, *_: Any, **__: Any) -> bool:
        return False

    def add(self, *_: Any, **__: Any) -> bool:
        return False


def test_a_cache_that_adds_nothing_is_an_error() -> None:
    with pytest.raises(NotStoredError):
        CacheStore(FullCache()).create(KEY, b"data", 60)


def test_a_cache_that_sets_nothing_is_an_error() -> None:
    cache = FullCache()
    SimpleCache.set(cache, KEY, DATA, 60)
    store = CacheStore(cache)
    record = store.load(KEY)
    assert record is not None
    with pytest.raises(NotStoredError):
        store.update(KEY, b"new", 60, record)


def test_dynamodb_is_asked_for_what_was_written_last(DynamoDbCache: Any) -> None:  # noqa: N803
    asked = list[Any]()
    store = CacheStore(DynamoDbCache)
    events = DynamoDbCache._table.meta.client.meta.events
    events.register(
        "provide-client-params.dynamodb.GetItem", lambda params, **_: asked.append(params)
    )
    store.create(KEY, b"data", 60)
    store.load(KEY)
    assert asked
    assert all(params.get("ConsistentRead") for params in asked)


def test_a_cluster_that_is_away_is_a_declared_error() -> None:
    # redis-py's error of it is none of its own RedisError.
    store = CacheStore(SimpleCache())
    assert issubclass(RedisClusterException, store.errors)


def test_dynamodbs_hidden_refusal_of_a_large_item_is_an_error(DynamoDbCache: Any) -> None:  # noqa: N803
    store = CacheStore(DynamoDbCache)
    with pytest.raises(store.errors):
        store.create(KEY, bytes(500_000), 60)


@pytest.mark.row("B4")
def test_max_bytes_fit_under_the_longest_key(limited_cache: Any) -> None:
    store = CacheStore(limited_cache)
    assert store.create("k" * 250, bytes(store.max_bytes), 60) is True


def test_a_redis_cache_that_decodes_answers_is_refused_at_start(server: GetServer) -> None:
    with Redis.from_url(server("redis").url, decode_responses=True) as client:
        cache = RedisCache(client)
        with pytest.raises(ConfigurationError, match="decode_responses"):
            store_for(cache)
