"""``session_interface.cache``, through which programs read, changed and ended sessions on 0.8."""

from __future__ import annotations

import copy
import pickle
import secrets
import struct
import time
from collections.abc import Callable
from datetime import timedelta
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest
from cachelib import FileSystemCache, SimpleCache
from flask import Flask, session
from flask.testing import FlaskClient
from flask_session import ServerSideSession, Session
from flask_session_cachelib import CacheLibSessionInterface

backend = "cachelib files"
ALICE = {"_permanent": True, "user": "alice"}


@pytest.fixture(params=["files", "filesystem", "FileSystemCache", "SimpleCache"])
def app(request: pytest.FixtureRequest, tmp_path: Path) -> Flask:
    """Provide an app on each kind of cache, and of directory."""
    app = Flask("view")
    app.config.update(SECRET_KEY="key", SESSION_USE_SIGNER=False, SESSION_TYPE="cachelib")
    caches: dict[str, Callable[[], Any]] = {
        "FileSystemCache": lambda: FileSystemCache(str(tmp_path)),
        "SimpleCache": SimpleCache,
    }
    app.config["SESSION_CACHELIB"] = caches.get(request.param, lambda: str(tmp_path))()
    if request.param == "filesystem":
        app.config.update(SESSION_TYPE="filesystem", SESSION_FILE_DIR=str(tmp_path))
        with pytest.deprecated_call():
            Session(app)
    else:
        Session(app)
    add_views(app)
    add_renewals(app)
    return app


def add_views(app: Flask) -> None:
    @app.get("/login")
    def login() -> str:
        session["user"] = "alice"
        return str(session.sid)  # type: ignore[attr-defined]

    @app.get("/")
    def show() -> dict[str, Any]:
        return dict(session)


def add_renewals(app: Flask) -> None:
    interface: Any = app.session_interface

    @app.get("/renew/<order>")
    def renew(order: str) -> str:
        """Do by hand what apps did against session fixation, in one order or the other."""
        old, new = interface.key_prefix + session.sid, secrets.token_urlsafe(32)  # type: ignore[attr-defined]
        if order == "clearing":
            session.clear()
        if order == "deleting":
            interface.cache.delete(old)
        session.sid = new  # type: ignore[attr-defined]
        if order != "deleting":
            interface.cache.delete(old)
        session["admin"] = True
        return new

    @app.get("/end")
    def end() -> str:
        interface.cache.delete(interface.key_prefix + session.sid)  # type: ignore[attr-defined]
        session["late"] = 1
        return ""


@pytest.fixture
def client(app: Flask) -> FlaskClient:
    return app.test_client()


@pytest.fixture
def key(client: FlaskClient) -> str:
    """Log in, and answer the key of the session."""
    return f"session:{client.get('/login').text}"


@pytest.fixture
def cache(app: Flask) -> Any:
    return app.session_interface.cache  # type: ignore[attr-defined]


def test_a_session_is_read_by_its_key(cache: Any, key: str) -> None:
    assert (cache.get(key), cache.has(key)) == (ALICE, True)
    assert cache.get_dict(key, "session:none") == {key: ALICE, "session:none": None}


def test_a_session_that_is_deleted_is_over(client: FlaskClient, cache: Any, key: str) -> None:
    assert cache.delete(key) is True
    assert client.get("/").json == {"_permanent": True}
    assert (cache.get(key), cache.has(key), cache.delete(key)) == (None, False, False)


def test_a_session_that_is_set_is_what_its_visitor_has(
    client: FlaskClient, cache: Any, key: str
) -> None:
    assert cache.set(key, {**cache.get(key), "user": "bob"}, timeout=100) is True
    assert client.get("/").json == {"_permanent": True, "user": "bob"}


def test_what_is_set_lives_as_long_as_is_said(app: Flask, cache: Any) -> None:
    store = app.session_interface.store  # type: ignore[attr-defined]
    for timeout, seconds in ((90, 90), (0, 400 * 86400), (None, 300)):
        cache.set("session:" + "x" * 43, ALICE, timeout)
        left = store.load("session:" + "x" * 43).expires_at - time.time()
        assert seconds - 2 < left < seconds + 2


def test_a_session_is_added_only_once(cache: Any) -> None:
    assert cache.add("session:" + "x" * 43, {"n": 1}) is True
    assert cache.add("session:" + "x" * 43, {"n": 2}) is False
    assert cache.get("session:" + "x" * 43) == {"n": 1}


def test_clearing_ends_all_sessions(client: FlaskClient, cache: Any, key: str) -> None:
    assert cache.clear() is True
    assert client.get("/").json == {"_permanent": True}


def test_clearing_ends_sessions_that_have_yet_to_move(tmp_path: Path) -> None:
    # The new store alone was listed, and who had a session in the old one stayed logged in.
    old, new = (str(tmp_path / each) for each in ("old", "new"))
    sid = app_in(old).test_client().get("/login").text
    source = {"SESSION_TYPE": "cachelib", "SESSION_CACHELIB": old}
    app = app_in(new, SESSION_MIGRATE_FROM=source)
    app.session_interface.cache.clear()  # type: ignore[attr-defined]
    client = app.test_client()
    client.set_cookie("session", sid)
    assert client.get("/").json == {"_permanent": True}


def app_in(folder: str, **config: Any) -> Flask:
    app = Flask("folder")
    app.config.update(SECRET_KEY="key", SESSION_USE_SIGNER=False, SESSION_TYPE="cachelib")
    app.config.update(config, SESSION_CACHELIB=folder)
    Session(app)
    add_views(app)
    return app


class OwnSessionInterface(CacheLibSessionInterface):
    """Overrides a storage hook, as programs did on 0.8."""

    def _upsert_session(
        self, session_lifetime: timedelta, session: ServerSideSession, store_id: str
    ) -> None:
        self.upserted = session.sid
        super()._upsert_session(session_lifetime, session, store_id)


def test_an_overridden_hook_gets_a_session_with_its_id(tmp_path: Path) -> None:
    # It got a dict; and without a cache of the app's own there was an AttributeError before that.
    interface = OwnSessionInterface(Flask("own"), str(tmp_path), use_signer=False)
    interface.cache.set("session:" + "x" * 43, ALICE, 100)
    assert interface.upserted == "x" * 43
    assert interface.cache.get("session:" + "x" * 43) == ALICE


def test_another_key_is_that_of_the_cache_itself() -> None:
    handed = SimpleCache()
    cache = CacheLibSessionInterface(client=handed).cache
    assert cache.set("page", ["html"], 50) is True
    assert handed.get("page") == ["html"]
    assert (cache.get("page"), cache.has("page"), cache.add("page", 1)) == (["html"], True, False)
    assert (cache.delete("page"), cache.get("page")) == (True, None)


def test_a_signed_session_stays_one_that_only_a_signed_cookie_opens(tmp_path: Path) -> None:
    app = Flask("signed")
    app.config.update(SECRET_KEY="key", SESSION_TYPE="cachelib", SESSION_CACHELIB=str(tmp_path))
    Session(app)
    add_views(app)
    client = app.test_client()
    sid = client.get("/login").text
    app.session_interface.cache.set(f"session:{sid}", {"user": "bob"})  # type: ignore[attr-defined]
    assert client.get("/").json == {"user": "bob"}
    client.set_cookie("session", sid)
    assert client.get("/").json == {"_permanent": True}


def test_a_file_of_0_8_is_read_and_cleared(tmp_path: Path) -> None:
    app = Flask("former")
    app.config.update(SESSION_TYPE="cachelib", SESSION_CACHELIB=str(tmp_path))
    Session(app)
    cache = app.session_interface.cache  # type: ignore[attr-defined]
    former = tmp_path / sha256(b"session:old").hexdigest()
    former.write_bytes(struct.pack("<I", int(time.time()) + 100) + pickle.dumps(ALICE))
    assert cache.get("session:old") == ALICE
    cache.clear()
    assert (former.exists(), cache.get("session:old")) == (False, None)


def test_what_is_no_session_is_none(tmp_path: Path, cache: Any, app: Flask) -> None:
    store = app.session_interface.store  # type: ignore[attr-defined]
    store.create("session:" + "g" * 43, b"\xc1 garbage", 100)
    assert cache.get("session:" + "g" * 43) is None


def test_it_can_be_copied(cache: Any, key: str) -> None:
    assert copy.copy(cache).get(key) == ALICE


def test_an_interface_without_an_app_has_one() -> None:
    cache = CacheLibSessionInterface(client=SimpleCache()).cache
    assert cache.set("session:" + "x" * 43, ALICE, int(timedelta(hours=1).total_seconds()))
    assert cache.get("session:" + "x" * 43) == ALICE


@pytest.mark.parametrize("order", ["deleting", "assigning", "clearing"])
def test_a_record_deleted_by_hand_to_renew_the_id_is_moved(
    app: Flask, client: FlaskClient, order: str
) -> None:
    # The log-in was lost: its change belonged to a record that was gone.
    old = client.get("/login").text
    new = client.get(f"/renew/{order}").text
    kept = {"_permanent": True} if order == "clearing" else ALICE
    assert client.get("/").json == {**kept, "admin": True}
    cache: Any = app.session_interface.cache  # type: ignore[attr-defined]
    assert cache.get("session:" + old) is None
    assert cache.get("session:" + new) == {**kept, "admin": True}


def test_a_session_deleted_by_its_own_request_ends(app: Flask, client: FlaskClient) -> None:
    sid = client.get("/login").text
    client.get("/end")
    assert client.get("/").json == {"_permanent": True}
    assert app.session_interface.cache.get("session:" + sid) is None  # type: ignore[attr-defined]
