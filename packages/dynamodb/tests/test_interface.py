"""The session interface: settings, names and arguments of 0.8."""

from __future__ import annotations

from typing import Any

import boto3
import pytest
from flask import Flask, session
from flask_session import Session
from flask_session.errors import ConfigurationError, StoreUnavailable
from flask_session_dynamodb import DynamoDBSession, DynamoDBSessionInterface


def make_app(**config: Any) -> Flask:
    """Make an app that shows its session."""
    app = Flask(__name__)
    app.config.update({"TESTING": True, "SESSION_TYPE": "dynamodb", **config})
    Session(app)

    @app.get("/name")
    def name() -> str:
        return str(session.get("user"))

    return app


def interface_of(app: Flask) -> Any:
    return app.session_interface


def log_in(app: Flask) -> str:
    with app.test_client() as browser, browser.session_transaction() as changed:
        changed["user"] = "alice"
    assert isinstance(changed, DynamoDBSession)
    return changed.sid


@pytest.mark.parametrize("key", ["SESSION_DYNAMODB_TABLE", "SESSION_DYNAMODB_TABLE_NAME"])
def test_url_and_table_in_the_settings_are_used(
    url: str, table_name: str, administrator: Any, key: str
) -> None:
    app = make_app(SESSION_DYNAMODB=url, **{key: table_name})
    sid = log_in(app)
    (item,) = administrator.scan(TableName=table_name)["Items"]
    assert item["id"] == {"S": f"session:{sid}"}
    interface_of(app).store.close()


@pytest.mark.parametrize("kind", ["resource", "client"])
def test_what_boto3_makes_is_used(arguments: dict[str, Any], table_name: str, kind: str) -> None:
    client = getattr(boto3, kind)("dynamodb", **arguments)
    app = make_app(SESSION_DYNAMODB=client, SESSION_DYNAMODB_TABLE=table_name)
    sid = log_in(app)
    browser = app.test_client()
    browser.set_cookie("session", sid)
    assert browser.get("/name").text == "alice"
    assert interface_of(app).client is client
    getattr(client.meta, "client", client).close()


def test_a_table_that_is_said_to_exist_is_not_made(url: str, table_name: str) -> None:
    app = make_app(
        SESSION_DYNAMODB=url, SESSION_DYNAMODB_TABLE=table_name, SESSION_DYNAMODB_TABLE_EXISTS=True
    )
    with pytest.raises(StoreUnavailable, match="ResourceNotFoundException"):
        log_in(app)
    interface_of(app).store.close()


def test_the_session_is_a_dynamodb_session(resource: Any) -> None:
    app = make_app(SESSION_DYNAMODB=resource)
    with app.test_request_context() as context:
        assert isinstance(context.session, DynamoDBSession)


def test_the_client_of_a_url_is_a_resource_as_in_0_8(url: str) -> None:
    interface = interface_of(make_app(SESSION_DYNAMODB=url))
    assert interface.client.Table("Sessions").name == "Sessions"
    interface.store.close()


def test_the_arguments_are_those_of_0_8_in_their_order(resource: Any) -> None:
    interface: Any = DynamoDBSessionInterface(
        Flask(__name__), resource, "mine:", False, False, 24, "json", "Table", True
    )
    assert [interface.client, interface.key_prefix, interface.use_signer] == [
        resource,
        "mine:",
        False,
    ]
    assert [interface.permanent, interface.sid_length] == [False, 24]
    assert interface.store.name == "Table"


def test_the_default_table_is_that_of_0_8(resource: Any) -> None:
    interface: Any = DynamoDBSessionInterface(Flask(__name__), resource)
    assert interface.store.name == "Sessions"


def test_a_wrong_client_is_an_error_at_the_start() -> None:
    with pytest.raises(ConfigurationError, match=r"SESSION_DYNAMODB is of type .*cannot be used"):
        make_app(SESSION_DYNAMODB=boto3)


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("SESSION_DYNAMODB_TABLE", ""),
        ("SESSION_DYNAMODB_TABLE_NAME", 7),
        ("SESSION_DYNAMODB_TABLE_EXISTS", "yes"),
    ],
)
def test_a_wrong_setting_is_an_error_at_the_start(key: str, value: object) -> None:
    with pytest.raises(ConfigurationError, match=key):
        make_app(SESSION_DYNAMODB="http://localhost:8000", **{key: value})


@pytest.mark.parametrize("key", ["SESSION_DYNAMODB_TABLE", "SESSION_DYNAMODB_TABLE_NAME"])
@pytest.mark.parametrize("name", ["ab", "a b", "sessión", "a" * 256, "arn:table/abc"])
def test_a_name_that_dynamodb_refuses_is_an_error_at_the_start(key: str, name: str) -> None:
    # Each request was a 503.
    with pytest.raises(ConfigurationError, match=f"{key} = .*Set it to 3 to 255 of"):
        make_app(SESSION_DYNAMODB="http://localhost:8000", **{key: name})


def test_the_constructor_checks_the_name_too(resource: Any) -> None:
    with pytest.raises(ConfigurationError, match="SESSION_DYNAMODB_TABLE = 'ab'"):
        DynamoDBSessionInterface(Flask(__name__), resource, table_name="ab")


@pytest.mark.parametrize(
    "name", ["abc", "_.-", "a" * 255, "arn:aws-cn:dynamodb:cn-north-1:123456789012:table/Sessions"]
)
def test_a_name_or_arn_that_dynamodb_takes_is_taken(resource: Any, name: str) -> None:
    app = make_app(SESSION_DYNAMODB=resource, SESSION_DYNAMODB_TABLE=name)
    assert interface_of(app).store.name == name


def test_an_app_starts_while_the_server_is_away() -> None:
    app = make_app(SESSION_DYNAMODB="http://127.0.0.1:9")
    assert app.test_client().get("/name").status_code == 200
    interface_of(app).store.close()
