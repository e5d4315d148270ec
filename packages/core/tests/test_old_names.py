"""Every name that Flask-Session 0.4 to 0.8 could be imported by."""

from __future__ import annotations

from datetime import timedelta
from importlib import import_module

import pytest
from flask_session import ServerSideSession, ServerSideSessionInterface
from flask_session.compat import oldnames

NAMES = {
    "redis": "Redis",
    "memcached": "Memcached",
    "filesystem": "FileSystem",
    "cachelib": "CacheLib",
    "mongodb": "MongoDB",
    "sqlalchemy": "SqlAlchemy",
    "dynamodb": "DynamoDB",
}


@pytest.mark.parametrize("path", ["flask_session.{0}", "flask_session.{0}.{0}"])
@pytest.mark.parametrize(("module", "name"), NAMES.items())
def test_the_paths_of_0_7_and_0_8_lead_to_the_backend(module: str, name: str, path: str) -> None:
    found = import_module(path.format(module))
    assert issubclass(getattr(found, f"{name}SessionInterface"), ServerSideSessionInterface)
    assert issubclass(getattr(found, f"{name}Session"), ServerSideSession)


@pytest.mark.parametrize("module", ["flask_session", "flask_session.sessions"])
@pytest.mark.parametrize("name", NAMES.values())
def test_the_names_of_0_4_to_0_6_lead_there_with_a_warning(module: str, name: str) -> None:
    message = "has moved: import it from flask_session"
    with pytest.warns(DeprecationWarning, match=message) as warned:
        assert issubclass(
            getattr(import_module(module), f"{name}SessionInterface"), ServerSideSessionInterface
        )
    assert warned[0].filename == __file__


def test_the_shared_names_are_where_they_were() -> None:
    base, sessions = import_module("flask_session.base"), import_module("flask_session.sessions")
    assert base.ServerSideSession is sessions.ServerSideSession is ServerSideSession
    assert base.ServerSideSessionInterface is ServerSideSessionInterface
    assert {"encode", "decode"} <= set(dir(base.Serializer))
    assert base.MsgSpecSerializer(app=None, format="json").encode({"a": 1}) == b'{"a":1}'
    assert sessions.total_seconds(timedelta(minutes=1, microseconds=5)) == 60
    assert import_module("flask_session").NullSessionInterface is sessions.NullSessionInterface


def test_the_sqlalchemy_model_maker_is_where_it_was() -> None:
    assert callable(import_module("flask_session.sqlalchemy.sqlalchemy").create_session_model)


def test_the_defaults_are_where_they_were() -> None:
    defaults = import_module("flask_session.defaults").Defaults
    assert import_module("flask_session").Defaults is defaults
    assert (defaults.SESSION_KEY_PREFIX, defaults.SESSION_ID_LENGTH) == ("session:", 32)


def test_a_query_of_a_subclass_is_asked_once() -> None:
    utils, calls = import_module("flask_session._utils"), list[int]()

    def fail(number: int) -> None:
        calls.append(number)
        raise ConnectionError

    with pytest.warns(DeprecationWarning, match="no longer repeats"):
        query = utils.retry_query(max_attempts=5)(fail)
    with pytest.raises(ConnectionError):
        query(1)
    assert calls == [1]
    assert utils.total_seconds(timedelta(minutes=1)) == 60


def test_an_unknown_name_is_an_attribute_error() -> None:
    with pytest.raises(AttributeError, match="CassandraSessionInterface"):
        _ = import_module("flask_session.sessions").CassandraSessionInterface


def test_a_backend_that_is_not_installed_names_its_pip_command() -> None:
    with pytest.raises(ImportError, match=r'pip install "flask-session\[cassandra\]"'):
        oldnames.from_backend("cassandra", "CassandraSessionInterface")
