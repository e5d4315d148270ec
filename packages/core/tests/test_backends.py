"""How ``SESSION_TYPE`` finds a backend; what is said where there is none, or it has no store."""

from __future__ import annotations

import re
import subprocess
import sys
from typing import Any

import pytest
from flask import Flask
from flask_session import ConfigurationError, ServerSideSessionInterface, Session
from flask_session.memory import MemorySessionInterface

from packages.core.tests.apps import new_app, start


def offer(monkeypatch: pytest.MonkeyPatch, *backends: str) -> None:
    """Let these be the backends that the project maintains."""
    monkeypatch.setattr("flask_session.extension.official_backends", lambda: [*backends])


@pytest.mark.parametrize(
    ("name", "message"),
    [
        (None, r"SESSION_TYPE = None: no backend is chosen; .*memory"),
        ("null", "'null': no backend is chosen"),
        ("cassandra", "'cassandra': no such backend; .*redis"),
        ("valkey", "'valkey': .*the one for it is 'redis'.*Set SESSION_TYPE = \"redis\""),
        ("Postgres", "the one for it is 'sqlalchemy'"),
        ("mongo", "the one for it is 'mongodb'"),
        ("files", "the one for it is 'cachelib'"),
        (7, "SESSION_TYPE = 7: no such backend"),
    ],
)
def test_a_type_without_backend_is_an_error_at_start(name: Any, message: str) -> None:
    with pytest.raises(ConfigurationError, match=message):
        start(SESSION_TYPE=name)


def test_a_backend_that_is_not_installed_is_named_with_its_pip_command(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("flask_session.extension.entry_points", lambda group: [])
    with pytest.raises(ConfigurationError, match=r'pip install "flask-session\[redis\]"'):
        start(SESSION_TYPE="redis")


def test_a_backend_that_was_meant_and_is_not_installed_is_named_with_its_pip_command(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("flask_session.extension.entry_points", lambda group: [])
    remedy = 'Set SESSION_TYPE = "redis" and pip install "flask-session[redis]"'
    with pytest.raises(ConfigurationError, match=re.escape(remedy)):
        start(SESSION_TYPE="valkey")


def test_an_unknown_backend_recommends_none(monkeypatch: pytest.MonkeyPatch) -> None:
    # It was cachelib, the first of the alphabet.
    offer(monkeypatch, "memory", "dear", "missing")
    with pytest.raises(ConfigurationError) as caught:
        start(SESSION_TYPE="cassandra")
    *_, remedy = str(caught.value).partition(". ")
    assert remedy == (
        'Set SESSION_TYPE to one of these, or install another with pip install "flask-session[…]": '
        "dear, missing."
    )


def test_where_all_backends_are_installed_none_is_to_be_installed(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    offer(monkeypatch, "memory")
    with pytest.raises(ConfigurationError, match=r"memory.*Set SESSION_TYPE to one of these\.$"):
        start(SESSION_TYPE="nope")


@pytest.mark.parametrize("name", ["null", "nope"])
def test_the_backend_to_install_is_one_that_is_missing(
    monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    offer(monkeypatch, "memory", "missing")
    with pytest.raises(ConfigurationError, match=r'pip install "flask-session\[…\]": missing'):
        start(SESSION_TYPE=name)


def test_the_type_may_be_written_in_capitals() -> None:
    assert type(start(SESSION_TYPE="Memory").session_interface).__name__ == "MemorySessionInterface"


def test_the_type_may_have_spaces_around_it() -> None:
    assert (
        type(start(SESSION_TYPE=" memory\n").session_interface).__module__ == "flask_session.memory"
    )


def test_init_app_does_as_the_constructor() -> None:
    app, extension = Flask("later"), Session()
    app.config.update(SESSION_TYPE="memory")
    extension.init_app(app)
    assert type(app.session_interface).__name__ == "MemorySessionInterface"


def test_importing_the_core_imports_no_client_library() -> None:
    program = "import flask_session, sys; print(*sys.modules)"
    loaded = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    ).stdout.split()
    clients = {"redis", "valkey", "pymemcache", "cachelib", "pymongo", "sqlalchemy", "boto3"}
    assert clients.isdisjoint(loaded)


class OwnConstructor(MemorySessionInterface):
    """Passes over the constructor of its backend, which made a table on 0.8."""

    def __init__(self, app: Flask) -> None:
        ServerSideSessionInterface.__init__(self, app)


def test_one_that_passes_over_the_constructor_of_its_backend_is_told_to_call_it() -> None:
    with pytest.raises(TypeError, match="OwnConstructor has no store: call MemorySessionInterface"):
        OwnConstructor(new_app())


def test_one_without_any_storage_is_told_what_it_may_bring() -> None:
    with pytest.raises(TypeError, match="has no store: pass one, or override all of _retrieve_"):
        ServerSideSessionInterface(new_app())


def test_what_is_no_app_is_refused() -> None:
    directory: Any = "/tmp/sessions"
    with pytest.raises(TypeError, match="MemorySessionInterface: the first argument is the app"):
        MemorySessionInterface(directory)
