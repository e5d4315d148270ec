"""Which clients are accepted, and what those built from a URL do."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any, cast
from urllib.parse import urlsplit

import boto3
import botocore
import pytest
from flask_session.errors import ConfigurationError
from flask_session_conformance.servers import start
from flask_session_dynamodb import DynamoDBStore
from flask_session_dynamodb.client import build, connect, place

KEY = "session:LN7qKhsI2CPWMq18ZhO6t-xmvG0g5ExsHDEbpCdbmq0"


def close(*clients: Any) -> None:
    for client in clients:
        getattr(client.meta, "client", client).close()


@pytest.mark.parametrize("kind", ["resource", "client"])
def test_what_boto3_makes_is_used_as_it_is(arguments: dict[str, Any], kind: str) -> None:
    client = getattr(boto3, kind)("dynamodb", **arguments)
    assert connect(client) == (client, None)
    close(client)


def test_closing_the_store_leaves_a_client_open_that_was_handed_in(
    resource: Any, administrator: Any, table_name: str
) -> None:
    closed: list[bool] = []
    resource.meta.client.close, close = lambda: closed.append(True), resource.meta.client.close
    DynamoDBStore(resource, table_name).close()
    resource.meta.client.close = close
    assert closed == []


def test_a_client_we_build_gives_up_after_one_second_and_repeats_nothing() -> None:
    clients = build("http://localhost:8000")
    for client in clients:
        config = getattr(client.meta, "client", client).meta.config
        assert (config.connect_timeout, config.read_timeout) == (1, 1)
        assert config.retries["total_max_attempts"] == 1
    close(*clients)


def test_the_server_is_told_who_asks(url: str, table_name: str) -> None:
    sent: list[bytes] = []
    clients = build(url)
    events = clients.low_level.meta.events
    events.register(
        "before-send.dynamodb", lambda request, **_: sent.append(request.headers["User-Agent"])
    )
    with pytest.raises(clients.low_level.exceptions.ResourceNotFoundException):
        clients.low_level.describe_table(TableName=table_name)
    close(*clients)
    assert sent[0].split() == [
        f"Boto3/{boto3.__version__}".encode(),
        b"flask-session-dynamodb",
        f"Botocore/{botocore.__version__}".encode(),
    ]


def test_timeouts_in_the_url_win() -> None:
    clients = build("http://localhost:8000/?read_timeout=3.5&connect_timeout=2")
    for client in clients:
        inner = getattr(client.meta, "client", client)
        assert (inner.meta.config.connect_timeout, inner.meta.config.read_timeout) == (2, 3.5)
        assert inner.meta.endpoint_url == "http://localhost:8000/"
    close(*clients)


def test_nothing_configured_is_localhost_with_a_warning() -> None:
    with pytest.warns(RuntimeWarning, match="SESSION_DYNAMODB is not set"):
        clients = connect(None)
    assert clients.client.meta.client.meta.endpoint_url == "http://localhost:8000"
    assert clients.client.meta.client.meta.region_name == "us-west-2"
    close(*clients)


def test_the_client_of_a_url_is_a_resource_as_in_0_8(url: str) -> None:
    clients = connect(url)
    assert clients.client.Table("Sessions").name == "Sessions"
    close(*clients)


@pytest.mark.parametrize(
    ("url", "region"),
    [
        ("https://dynamodb.eu-west-1.amazonaws.com", "eu-west-1"),
        ("https://dynamodb.cn-north-1.amazonaws.com.cn", "cn-north-1"),
        ("https://dynamodb-fips.us-gov-east-1.amazonaws.com", "us-gov-east-1"),
        ("https://123456789012.ddb.us-east-2.amazonaws.com", "us-east-2"),
        ("https://dynamodb.us-east-1.api.aws", "us-east-1"),
        ("https://vpce-1a2b-3c.dynamodb.us-east-1.vpce.amazonaws.com", "us-east-1"),
    ],
)
def test_an_endpoint_of_aws_names_its_region_and_no_credentials(url: str, region: str) -> None:
    assert place(urlsplit(url)) == {"endpoint_url": url, "region_name": region}


@pytest.mark.parametrize(
    ("user", "credentials"), [("", ("dummy", "dummy")), ("key:se%2Fcret@", ("key", "se/cret"))]
)
def test_another_endpoint_takes_the_credentials_of_its_url(
    user: str, credentials: tuple[str, str]
) -> None:
    found = place(urlsplit(f"http://{user}db.example:8000/path"))
    assert found["endpoint_url"] == "http://db.example:8000/path"
    assert (found["aws_access_key_id"], found["aws_secret_access_key"]) == credentials


@pytest.mark.parametrize(
    "wrong",
    [
        "redis://:secret@host",
        "dynamodb",
        "http://",
        "http://key:secret@host:port/",
        "http://key:secret@host?retries=3",
        "http://key:secret@host?read_timeout=soon",
        "http://key:secret@host?read_timeout=0",
        "http://key:secret@host?connect_timeout=-1",
        "http://key:secret@host?read_timeout=nan",
        "http://key:secret@my_host:8000",
        "http://key:secret@a..b",
        "http://key:#secret@host",
    ],
)
def test_a_wrong_url_is_refused_without_telling_the_secret(wrong: str) -> None:
    with pytest.raises(ConfigurationError, match="SESSION_DYNAMODB") as refusal:
        connect(wrong)
    assert "secret" not in str(refusal.value)
    assert refusal.value.__cause__ is None


def test_who_has_not_encoded_the_secret_is_told_how() -> None:
    with pytest.raises(ConfigurationError, match=r"urllib\.parse\.quote\(password, safe=''\)"):
        connect("http://key:a/b@host:8000")


class Asynchronous:
    """Looks like what aioboto3 makes."""

    async def __aenter__(self) -> None: ...


def test_an_asynchronous_client_is_refused() -> None:
    with pytest.raises(ConfigurationError, match="asynchronous"):
        connect(Asynchronous())


def make_s3(arguments: dict[str, Any]) -> Any:
    return boto3.client("s3", **arguments)


def make_table(arguments: dict[str, Any]) -> Any:
    return cast(Any, boto3.resource("dynamodb", **arguments)).Table("Sessions")


@pytest.mark.parametrize("make", [make_s3, make_table, dict, lambda _: boto3])
def test_an_object_of_another_kind_is_refused(
    arguments: dict[str, Any], make: Callable[[dict[str, Any]], Any]
) -> None:
    with pytest.raises(ConfigurationError, match="cannot be used"):
        connect(make(arguments))


def test_a_silent_server_is_given_up_within_the_timeout(table_name: str) -> None:
    with start("dynamodb") as server:
        resource, low_level = build(server.url)
        store = DynamoDBStore(resource, table_name, low_level=low_level, owns_client=True)
        server.pause()
        began = time.monotonic()
        with pytest.raises(store.errors):
            store.load(KEY)
        assert time.monotonic() - began < 2
        server.unpause()
        store.close()


def test_the_table_is_where_0_8_had_it(store: DynamoDBStore, administrator: Any) -> None:
    store.create(KEY, b"data", 60)
    assert store.get_item(Key={"id": KEY})["Item"]["val"].value == b"data"


def test_a_store_on_a_plain_client_has_no_table(administrator: Any, table_name: str) -> None:
    assert not hasattr(DynamoDBStore(administrator, table_name), "get_item")
