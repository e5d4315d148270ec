"""What SESSION_CACHELIB and the older SESSION_FILE_* may hold, and what is refused at start."""

from __future__ import annotations

import warnings
from pathlib import Path
from typing import Any

import pytest
from cachelib import (
    BaseCache,
    FileSystemCache,
    MemcachedCache,
    NullCache,
    RedisCache,
    SimpleCache,
)
from cachelib.serializers import BaseSerializer
from flask import Flask, session
from flask_session import ConfigurationError, Session
from flask_session_cachelib import (
    CacheLibSession,
    CacheLibSessionInterface,
    CacheStore,
    FileStore,
    FileSystemSession,
    FileSystemSessionInterface,
)
from redis import Redis

backend = "cachelib files"


def interface_of(**config: Any) -> Any:
    app = Flask("configuration")
    app.config.update({"SESSION_TYPE": "cachelib", **config})
    Session(app)
    return app.session_interface


def test_a_path_is_a_directory_of_files(tmp_path: Path) -> None:
    assert interface_of(SESSION_CACHELIB=str(tmp_path)).store.directory == str(tmp_path)


def test_a_file_url_is_a_directory_of_files(tmp_path: Path) -> None:
    assert interface_of(SESSION_CACHELIB=f"file://{tmp_path}").store.directory == str(tmp_path)


def test_a_file_system_cache_names_directory_and_mode(tmp_path: Path) -> None:
    store = interface_of(SESSION_CACHELIB=FileSystemCache(str(tmp_path), mode=0o640)).store
    assert isinstance(store, FileStore)
    assert (store.directory, store.mode) == (str(tmp_path), 0o640)


def test_another_cache_is_used_as_it_is() -> None:
    cache = SimpleCache()
    interface = interface_of(SESSION_CACHELIB=cache)
    assert isinstance(interface.store, CacheStore)


def test_nothing_set_is_the_directory_of_0_8_and_a_warning(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.warns(RuntimeWarning, match="SESSION_CACHELIB is not set"):
        interface = interface_of()
    assert interface.store.directory == str(tmp_path / "flask_session")


def test_starting_makes_no_file(tmp_path: Path) -> None:
    interface_of(SESSION_CACHELIB=str(tmp_path / "sessions"))
    assert list(tmp_path.iterdir()) == []


class Unserialized(BaseCache):
    """Does with values whatever it likes."""


class Encrypting(BaseSerializer):
    """An application's own serializer."""


def reading_elsewhere() -> RedisCache:
    """Make a cache as flask-caching's for sentinels, which reads from a replica."""
    cache = RedisCache(Redis())
    cache._read_client = Redis()
    return cache


REFUSED = {
    "a cache that reads from a replica": (reading_elsewhere(), "reads from replicas"),
    "a trailing comma": ((SimpleCache(),), "Remove the comma"),
    "another object": (object(), "not a cachelib cache"),
    "a class": (SimpleCache, "not a cachelib cache"),
    "another database": ("redis://:secret@localhost", "SESSION_TYPE"),
    "an empty text": ("", "not a directory"),
    "a cache that keeps nothing": (NullCache(), "keeps nothing"),
    "memcached": (MemcachedCache(object()), 'SESSION_TYPE = "memcached"'),
    "no serializer": (Unserialized(), "may unpickle"),
}


@pytest.mark.parametrize(("client", "hint"), REFUSED.values(), ids=REFUSED.keys())
def test_refused_at_start(client: Any, hint: str) -> None:
    with pytest.raises(ConfigurationError, match=hint) as error:
        interface_of(SESSION_CACHELIB=client)
    assert "SESSION_CACHELIB" in str(error.value)
    assert "secret" not in str(error.value)


@pytest.mark.parametrize(
    ("client", "shown"),
    [
        (42, "is of type int: "),
        ((SimpleCache(),), "is of type tuple: "),
        (NullCache(), "is of type cachelib.base.NullCache: "),
        ("redis://:secret@localhost", "= 'redis://…': "),
    ],
)
def test_what_is_shown_as_the_value_is_not_its_type(client: Any, shown: str) -> None:
    with pytest.raises(ConfigurationError, match=f"^SESSION_CACHELIB {shown}"):
        interface_of(SESSION_CACHELIB=client)


def test_a_serializer_of_the_application_is_not_dropped_silently(tmp_path: Path) -> None:
    cache: Any = FileSystemCache(str(tmp_path))
    cache.serializer = Encrypting()
    with pytest.warns(RuntimeWarning, match="Encrypting is not used"):
        interface_of(SESSION_CACHELIB=cache)


def test_the_positional_arguments_are_those_of_0_8(tmp_path: Path) -> None:
    interface = CacheLibSessionInterface(
        Flask("positional"), SimpleCache(), "prefix:", False, False, 16, "json"
    )
    assert (interface.key_prefix, interface.use_signer) == ("prefix:", False)
    assert (interface.permanent, interface.sid_length) == (False, 16)


def test_the_interface_needs_no_app() -> None:
    assert CacheLibSessionInterface(client=SimpleCache()).app is None


def test_the_session_is_of_the_class_of_0_8(tmp_path: Path) -> None:
    assert interface_of(SESSION_CACHELIB=str(tmp_path)).session_class is CacheLibSession


def filesystem(**config: Any) -> tuple[Any, list[str]]:
    """Start an app with the older type; answer its interface and what it warned of."""
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        interface = interface_of(SESSION_TYPE="filesystem", **config)
    assert {warning.category for warning in caught} == {DeprecationWarning}
    return interface, [str(warning.message).split()[0] for warning in caught]


def test_the_older_type_warns_of_itself_alone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    interface, warned = filesystem()
    assert warned == ["SESSION_TYPE"]
    assert interface.store.directory == str(tmp_path / "flask_session")
    assert interface.session_class is FileSystemSession


def test_each_older_setting_works_and_warns(tmp_path: Path) -> None:
    interface, warned = filesystem(
        SESSION_FILE_DIR=str(tmp_path), SESSION_FILE_THRESHOLD=100, SESSION_FILE_MODE=0o640
    )
    names = ["SESSION_FILE_DIR", "SESSION_FILE_THRESHOLD", "SESSION_FILE_MODE", "SESSION_TYPE"]
    assert warned == names
    assert (interface.store.directory, interface.store.mode) == (str(tmp_path), 0o640)


def test_the_older_directory_may_be_a_path_object(tmp_path: Path) -> None:
    assert filesystem(SESSION_FILE_DIR=tmp_path)[0].store.directory == str(tmp_path)


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("SESSION_FILE_DIR", ""),
        ("SESSION_FILE_DIR", 7),
        ("SESSION_FILE_THRESHOLD", -1),
        ("SESSION_FILE_THRESHOLD", "many"),
        ("SESSION_FILE_MODE", "0600"),
        ("SESSION_FILE_MODE", 0o10000),
    ],
)
def test_a_wrong_older_setting_is_refused_at_start(key: str, value: Any) -> None:
    with pytest.raises(ConfigurationError, match=key):
        interface_of(SESSION_TYPE="filesystem", **{key: value})


def test_permissions_from_an_environment_are_asked_for_in_decimal(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    # Flask reads values as JSON, which has no octal numbers: 600 is 0o1130.
    monkeypatch.setenv("FLASK_SESSION_FILE_MODE", "600")
    app = Flask("environment")
    app.config.from_prefixed_env()
    app.config.update(SESSION_TYPE="filesystem", SECRET_KEY="key")
    with pytest.raises(ConfigurationError, match="in the environment in decimal: 384 is 0o600"):
        Session(app)


def test_the_older_positional_arguments_are_those_of_0_8(tmp_path: Path) -> None:
    with pytest.deprecated_call():
        interface: Any = FileSystemSessionInterface(
            Flask("positional"), "p:", False, True, 32, "msgpack", str(tmp_path), 500, 0o600
        )
    assert interface.store.directory == str(tmp_path)


@pytest.mark.parametrize("kind", ["cachelib", "filesystem"])
def test_the_cache_of_a_directory_knows_it_and_has_no_threshold(tmp_path: Path, kind: str) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        config = {"SESSION_CACHELIB": str(tmp_path), "SESSION_FILE_DIR": str(tmp_path)}
        cache = interface_of(SESSION_TYPE=kind, **config).cache
    assert (cache._path, cache._threshold) == (str(tmp_path), 0)
    assert isinstance(cache, BaseCache)


def test_a_session_lives_in_the_directory(tmp_path: Path) -> None:
    app = Flask("lives")
    app.config.update(SESSION_TYPE="cachelib", SESSION_CACHELIB=str(tmp_path), SECRET_KEY="key")
    Session(app)

    @app.get("/")
    def count() -> str:
        session["visits"] = session.get("visits", 0) + 1
        return str(session["visits"])

    client = app.test_client()
    assert [client.get("/").text for _ in range(3)] == ["1", "2", "3"]
