"""The session interface: settings, names of 0.8, records of 0.8."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest
import redis
from flask import Flask, session
from flask_session import Session
from flask_session.errors import ConfigurationError
from flask_session_redis import RedisSession, RedisSessionInterface
from redis.sentinel import Sentinel


def make_app(**config: Any) -> Flask:
    """Make an app that shows and changes its session."""
    app = Flask(__name__)
    app.config.update({"TESTING": True, "SESSION_TYPE": "redis", **config})
    Session(app)

    @app.get("/name")
    def name() -> str:
        return str(session.get("user"))

    return app


def interface_of(app: Flask) -> Any:
    return app.session_interface


def test_a_url_in_the_settings_is_used(url: str, prefix: str) -> None:
    app = make_app(SESSION_REDIS=url, SESSION_KEY_PREFIX=prefix)
    with app.test_client() as browser, browser.session_transaction() as changed:
        changed["user"] = "alice"
    assert isinstance(changed, RedisSession)
    assert interface_of(app).client.keys(f"{prefix}*") == [f"{prefix}{changed.sid}".encode()]
    interface_of(app).store.close()


def test_the_session_is_a_redis_session(client: Any, prefix: str) -> None:
    app = make_app(SESSION_REDIS=client, SESSION_KEY_PREFIX=prefix)
    with app.test_request_context() as context:
        assert isinstance(context.session, RedisSession)


def test_a_record_of_0_8_is_found_under_its_key(client: Any, prefix: str) -> None:
    sid = "A" * 43
    client.set(prefix + sid, msgspec.msgpack.encode({"_permanent": True, "user": "alice"}), ex=60)
    app = make_app(SESSION_REDIS=client, SESSION_KEY_PREFIX=prefix)
    browser = app.test_client()
    browser.set_cookie("session", sid)
    assert browser.get("/name").text == "alice"


def test_the_arguments_are_those_of_0_8_in_their_order(client: Any) -> None:
    interface: Any = RedisSessionInterface(
        Flask(__name__), client, "mine:", False, False, 24, "json"
    )
    assert [interface.client, interface.key_prefix, interface.use_signer] == [
        client,
        "mine:",
        False,
    ]
    assert [interface.permanent, interface.sid_length] == [False, 24]


def test_the_client_has_its_name_of_0_4(client: Any) -> None:
    assert RedisSessionInterface(Flask(__name__), client).redis is client


def test_a_client_in_the_place_of_the_app_is_an_error_that_says_so() -> None:
    # It named SESSION_REDIS, and said of the prefix that it is no URL.
    interface: Any = RedisSessionInterface
    with pytest.raises(TypeError, match=r"the first argument is the app.*client=…"):
        interface(redis.Redis(), "session:", False, True)


def test_a_wrong_client_is_an_error_at_the_start() -> None:
    with pytest.raises(
        ConfigurationError, match=r"SESSION_REDIS is of type .*decode_responses=False"
    ):
        make_app(SESSION_REDIS=redis.Redis(decode_responses=True))


def test_an_app_starts_while_the_server_is_away() -> None:
    app = make_app(SESSION_REDIS="redis://127.0.0.1:9/0")
    assert app.test_client().get("/name").status_code == 200


def test_a_sentinel_in_the_settings_leads_to_the_primary() -> None:
    app = make_app(
        SESSION_REDIS_SENTINEL=Sentinel([("127.0.0.1", 9)]),
        SESSION_REDIS_SENTINEL_MASTER_SET="sessions",
    )
    pool = interface_of(app).client.connection_pool
    assert [pool.service_name, pool.is_master] == ["sessions", True]


@pytest.mark.parametrize("name", [5, ""])
def test_the_primarys_name_is_checked_without_a_sentinel_too(name: object) -> None:
    with pytest.raises(ConfigurationError, match="SESSION_REDIS_SENTINEL_MASTER_SET = "):
        make_app(SESSION_REDIS="redis://localhost", SESSION_REDIS_SENTINEL_MASTER_SET=name)


def test_something_else_than_a_sentinel_is_an_error_at_the_start() -> None:
    with pytest.raises(ConfigurationError, match="SESSION_REDIS_SENTINEL is of type str: "):
        make_app(SESSION_REDIS_SENTINEL="127.0.0.1:26379")
