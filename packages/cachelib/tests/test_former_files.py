"""Files that Flask-Session 0.4 to 0.8 left, found and kept until they change."""

from __future__ import annotations

import hashlib
import os
import pickle
import time
from pathlib import Path
from typing import Any

import pytest
from cachelib import FileSystemCache
from flask import Flask, session
from flask.testing import FlaskClient
from flask_session import Session
from flask_session.store import Outcome, Record
from flask_session_cachelib import FileStore
from flask_session_cachelib.client import store_for
from flask_session_cachelib.envelope import seal
from flask_session_cachelib.names import name_of

backend = "cachelib files"
SID = "0123456789abcdef0123456789abcdef"
KEY = f"session:{SID}"
DATA = {"_permanent": True, "user": "alice"}


@pytest.fixture(params=["sha256", "md5", "sha512"])
def cache(request: pytest.FixtureRequest, tmp_path: Path) -> FileSystemCache:
    """Provide a cache as 0.8 used it, with the file naming of new and old releases or its own."""
    return FileSystemCache(str(tmp_path), hash_method=getattr(hashlib, request.param))


@pytest.fixture
def store(cache: FileSystemCache) -> FileStore:
    return FileStore(cache._path, hash_method=cache._hash_method)


def loaded(store: FileStore) -> Record:
    record = store.load(KEY)
    assert record is not None
    return record


def test_a_former_file_loads_as_the_bytes_of_its_pickle(
    cache: FileSystemCache, store: FileStore
) -> None:
    cache.set(KEY, DATA, 60)
    assert loaded(store).data == pickle.dumps(DATA, pickle.HIGHEST_PROTOCOL)


def test_a_former_file_loads_with_its_remaining_lifetime(
    cache: FileSystemCache, store: FileStore
) -> None:
    cache.set(KEY, DATA, 60)
    assert loaded(store).expires_at == pytest.approx(time.time() + 60, abs=2)


def test_former_files_are_counted_where_sessions_are_listed(
    cache: FileSystemCache, store: FileStore
) -> None:
    # ``flask session migrate`` said that there were none, and operators removed the directory.
    cache.set(KEY, DATA, 60)
    cache.set("later", DATA, 600)
    store.create("session:new", b"data", 60)
    assert store.unlisted() == 2
    store.clock = lambda: time.time() + 61
    assert store.unlisted() == 1


@pytest.mark.parametrize("moving", [True, False])
def test_the_command_tells_of_former_files(tmp_path: Path, moving: bool) -> None:
    FileSystemCache(str(tmp_path)).set(KEY, DATA, 60)
    files = {"SESSION_TYPE": "cachelib", "SESSION_CACHELIB": str(tmp_path)}
    app = Flask(__name__)
    app.config.update(files, SECRET_KEY="key")
    if moving:
        app.config.update(SESSION_TYPE="memory", SESSION_MIGRATE_FROM=files)
    Session(app)
    result = app.test_cli_runner().invoke(
        args=["session", "migrate", *([] if moving else ["--reencode"])]
    )
    assert (result.exit_code, "1 unlisted" in result.output) == (int(moving), True)


def test_an_expired_former_file_is_missing(cache: FileSystemCache, store: FileStore) -> None:
    cache.set(KEY, DATA, 60)
    store.clock = lambda: time.time() + 61
    assert store.load(KEY) is None


def test_a_live_former_file_takes_the_key(cache: FileSystemCache, store: FileStore) -> None:
    cache.set(KEY, DATA, 60)
    assert store.create(KEY, b"new", 60) is False


def test_an_update_turns_a_former_file_into_ours(
    cache: FileSystemCache, store: FileStore, tmp_path: Path
) -> None:
    cache.set(KEY, DATA, 60)
    assert store.update(KEY, b"new", 60, loaded(store)) is Outcome.SAVED
    assert loaded(store).data == b"new"
    assert not os.path.exists(cache._get_filename(KEY))


def test_a_touched_former_file_is_still_one_of_cachelib(
    cache: FileSystemCache, store: FileStore, tmp_path: Path
) -> None:
    cache.set(KEY, DATA, 2)
    assert store.touch(KEY, 600) is True
    assert cache.get(KEY) == DATA
    assert not (tmp_path / name_of(KEY)).exists()
    assert loaded(store).expires_at == pytest.approx(time.time() + 600, abs=2)


def test_deleting_removes_a_former_file(cache: FileSystemCache, store: FileStore) -> None:
    cache.set(KEY, DATA, 60)
    assert store.delete(KEY, loaded(store)) is Outcome.DELETED
    assert cache.get(KEY) is None


def test_deleting_ours_removes_what_an_old_worker_wrote_meanwhile(
    cache: FileSystemCache, store: FileStore
) -> None:
    store.create(KEY, b"ours", 60)
    cache.set(KEY, DATA, 60)
    store.delete(KEY)
    assert store.load(KEY) is None


def test_a_conversion_cut_off_in_the_middle_loses_nothing(
    cache: FileSystemCache, store: FileStore, tmp_path: Path
) -> None:
    cache.set(KEY, DATA, 60)
    os.replace(cache._get_filename(KEY), tmp_path / name_of(KEY))
    assert store.update(KEY, b"new", 60, loaded(store)) is Outcome.SAVED
    assert loaded(store).data == b"new"


def test_purge_removes_a_former_file_a_minute_after_it_expired(
    cache: FileSystemCache, store: FileStore
) -> None:
    cache.set(KEY, DATA, 60)
    store.clock = lambda: time.time() + 119
    assert store.purge() == 0
    store.clock = lambda: time.time() + 122
    assert store.purge() == 1


def test_purge_leaves_cachelibs_count_of_its_files(
    cache: FileSystemCache, store: FileStore
) -> None:
    cache.set(KEY, DATA, 60)
    store.clock = lambda: time.time() + 200
    store.purge()
    assert cache._file_count == 1


def test_cachelib_takes_our_bytes_under_its_own_name_for_a_miss(cache: FileSystemCache) -> None:
    content = seal(KEY, b"data", time.time() + 60)
    Path(cache._get_filename(KEY)).write_bytes(content)
    assert cache.get(KEY) is None


def test_our_files_are_none_of_cachelibs(cache: FileSystemCache, store: FileStore) -> None:
    store.create(KEY, b"data", 60)
    assert list(cache._list_dir()) == []


def test_the_naming_of_a_handed_cache_is_known(cache: FileSystemCache) -> None:
    cache.set(KEY, DATA, 60)
    store = store_for(cache)
    assert store.load(KEY) is not None


@pytest.fixture
def app(tmp_path: Path) -> Flask:
    app = Flask("former")
    app.config.update(SESSION_TYPE="cachelib", SESSION_CACHELIB=str(tmp_path), TESTING=True)
    Session(app)

    @app.get("/")
    def show() -> dict[str, Any]:
        return dict(session)

    @app.post("/")
    def change() -> str:
        session["more"] = 1
        return "changed"

    return app


@pytest.fixture
def browser(app: Flask) -> FlaskClient:
    client = app.test_client()
    client.set_cookie("session", SID)
    return client


@pytest.mark.parametrize("naming", [hashlib.sha256, hashlib.md5])
def test_a_former_session_is_still_logged_in(
    tmp_path: Path, browser: FlaskClient, naming: Any
) -> None:
    FileSystemCache(str(tmp_path), hash_method=naming).set(KEY, DATA, 60)
    assert browser.get("/").json == DATA


def test_a_former_session_keeps_its_data_when_it_changes(
    tmp_path: Path, browser: FlaskClient
) -> None:
    FileSystemCache(str(tmp_path)).set(KEY, DATA, 60)
    browser.post("/")
    assert browser.get("/").json == {**DATA, "more": 1}


class Marker:
    """Pickled, a command that leaves a file behind where it is run."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def __reduce__(self) -> tuple[Any, ...]:
        return Path.touch, (self.path,)


@pytest.mark.row("B1")
@pytest.mark.parametrize("naming", [hashlib.sha256, hashlib.md5])
def test_a_command_in_a_former_file_is_not_run(
    tmp_path: Path, browser: FlaskClient, naming: Any
) -> None:
    cache = FileSystemCache(str(tmp_path), hash_method=naming)
    cache.set(KEY, {"user": Marker(tmp_path / "ran")}, 60)
    assert "user" not in browser.get("/").get_json()
    assert not (tmp_path / "ran").exists()
