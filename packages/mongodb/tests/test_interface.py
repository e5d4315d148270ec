"""The session interface: settings, names and arguments of 0.8."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from flask import Flask, session
from flask_session import Session
from flask_session.errors import ConfigurationError
from flask_session_mongodb import MongoDBSession, MongoDBSessionInterface
from pymongo import MongoClient
from pymongo.collection import Collection


def make_app(**config: Any) -> Flask:
    """Make an app that shows its session."""
    app = Flask(__name__)
    app.config.update({"TESTING": True, "SESSION_TYPE": "mongodb", **config})
    Session(app)

    @app.get("/name")
    def name() -> str:
        return str(session.get("user"))

    return app


def interface_of(app: Flask) -> Any:
    return app.session_interface


@pytest.fixture
def app(url: str, database: str) -> Iterator[Flask]:
    app = make_app(
        SESSION_MONGODB=url, SESSION_MONGODB_DB=database, SESSION_MONGODB_COLLECT="visitors"
    )
    yield app
    interface_of(app).store.close()


def test_url_database_and_collection_in_the_settings_are_used(
    app: Flask, client: MongoClient[Any], database: str
) -> None:
    with app.test_client() as browser, browser.session_transaction() as changed:
        changed["user"] = "alice"
    assert isinstance(changed, MongoDBSession)
    assert client[database]["visitors"].count_documents({"id": f"session:{changed.sid}"}) == 1


def test_the_session_is_a_mongodb_session(app: Flask) -> None:
    with app.test_request_context() as context:
        assert isinstance(context.session, MongoDBSession)


def test_the_client_has_its_name_of_0_8(app: Flask) -> None:
    assert isinstance(interface_of(app).client, MongoClient)


def test_the_store_can_be_asked_like_the_collection_of_0_8(
    client: MongoClient[Any], database: str, documents: Collection[Any]
) -> None:
    interface: Any = MongoDBSessionInterface(Flask(__name__), client, db=database)
    assert interface.store.count_documents({}) == 0
    assert interface.store.full_name == documents.full_name


def test_the_arguments_are_those_of_0_8_in_their_order(client: MongoClient[Any]) -> None:
    interface: Any = MongoDBSessionInterface(
        Flask(__name__), client, "mine:", False, False, 24, "json", "database", "collection"
    )
    assert [interface.client, interface.key_prefix, interface.use_signer] == [
        client,
        "mine:",
        False,
    ]
    assert [interface.permanent, interface.sid_length] == [False, 24]
    assert interface.store.full_name == "database.collection"


def test_the_defaults_are_those_of_0_8(client: MongoClient[Any]) -> None:
    interface: Any = MongoDBSessionInterface(Flask(__name__), client)
    assert interface.store.full_name == "flask_session.sessions"


def test_a_wrong_client_is_an_error_at_the_start() -> None:
    with pytest.raises(ConfigurationError, match=r"SESSION_MONGODB is of type .*cannot be used"):
        make_app(SESSION_MONGODB=object())


@pytest.mark.parametrize("key", ["SESSION_MONGODB_DB", "SESSION_MONGODB_COLLECT"])
@pytest.mark.parametrize("value", ["", None, 7])
def test_a_wrong_name_is_an_error_at_the_start(key: str, value: object) -> None:
    with pytest.raises(ConfigurationError, match=key):
        make_app(SESSION_MONGODB="mongodb://localhost", **{key: value})


WRONG_NAMES = [
    *(("SESSION_MONGODB_DB", name) for name in ("a.b", "a b", "a$b", "a/b", "a\0", "é" * 32)),
    *(
        ("SESSION_MONGODB_COLLECT", name)
        for name in ("a$b", "$a", "a..b", ".a", "a.", "system.a", "a.system.b", "a\0", "a" * 254)
    ),
]


@pytest.mark.parametrize(("key", "name"), WRONG_NAMES)
def test_a_name_that_mongodb_refuses_is_an_error_at_the_start(key: str, name: str) -> None:
    # It was an InvalidName of pymongo, or a 503 for ever.
    with pytest.raises(ConfigurationError, match=f"{key} = .*not a name .* Set it to at most"):
        make_app(SESSION_MONGODB="mongodb://localhost", **{key: name})


def test_names_that_are_too_long_together_are_an_error_at_the_start() -> None:
    app = Flask(__name__)
    with pytest.raises(ConfigurationError, match=r"SESSION_MONGODB_COLLECT = .*Shorten"):
        MongoDBSessionInterface(app, "mongodb://localhost", db="d" * 60, collection="c" * 195)
    MongoDBSessionInterface(
        app, "mongodb://localhost", db="d" * 60, collection="c" * 194
    ).store.close()


def test_the_constructor_checks_the_names_too() -> None:
    with pytest.raises(ConfigurationError, match=r"SESSION_MONGODB_DB = 'a\.b'"):
        MongoDBSessionInterface(Flask(__name__), "mongodb://localhost", db="a.b")


@pytest.mark.parametrize("name", ["a", "1a b", "systems", "my.system", "_a.b.c", "é" * 100])
def test_a_name_that_mongodb_takes_for_a_collection_is_used(
    client: MongoClient[Any], database: str, name: str
) -> None:
    app = make_app(
        SESSION_MONGODB=client, SESSION_MONGODB_DB=database, SESSION_MONGODB_COLLECT=name
    )
    with app.test_client() as browser, browser.session_transaction() as changed:
        changed["user"] = "alice"
    assert client[database].list_collection_names() == [name]


@pytest.mark.parametrize("name", ["a:b", "é" * 31])
def test_a_name_that_mongodb_takes_for_a_database_is_used(
    client: MongoClient[Any], name: str
) -> None:
    app = make_app(SESSION_MONGODB=client, SESSION_MONGODB_DB=name)
    try:
        interface_of(app).store.create("session:a", b"data", 60)
        assert name in client.list_database_names()
    finally:
        client.drop_database(name)


def test_an_app_starts_while_the_server_is_away() -> None:
    app = make_app(SESSION_MONGODB="mongodb://127.0.0.1:9")
    assert app.test_client().get("/name").status_code == 200
    interface_of(app).store.close()
