"""The clients that can keep sessions: built from a URL, or handed in and checked at the start."""

from __future__ import annotations

import re
from typing import Any, NamedTuple
from urllib.parse import SplitResult, parse_qsl, unquote, urlsplit

import boto3
from boto3.resources.base import ServiceResource
from botocore.client import BaseClient
from botocore.config import Config
from flask_session.clients import ENCODED_PASSWORD, fallback, refused, without_secrets
from flask_session.config import wrong

KEY = "SESSION_DYNAMODB"
REMEDY = (
    'Set it to boto3.resource("dynamodb", ...), boto3.client("dynamodb", ...) or the URL of an '
    "endpoint, such as https://dynamodb.eu-west-1.amazonaws.com."
)
PROBLEM = (
    "not the URL of an endpoint that boto3 takes: no underscore in the host, timeouts above 0, no "
    f"other parameters. Look at its port, too, and at {ENCODED_PASSWORD}"
)
LOCALHOST = "http://localhost:8000"
AWS = re.compile(r"\.(?P<region>[a-z0-9-]+)(\.vpce)?\.(amazonaws\.com(\.cn)?|api\.aws)$")
# boto3 waits 60 seconds for an answer and tries four times by default.
# https://docs.aws.amazon.com/botocore/latest/reference/config.html
SETTINGS: Any = Config(
    connect_timeout=1,
    read_timeout=1,
    retries={"total_max_attempts": 1},
    max_pool_connections=50,
)
USER_AGENT = f"Boto3/{boto3.__version__} flask-session-dynamodb"


class Connected(NamedTuple):
    """``client`` as the application sees it; ``low_level`` beside a resource that we made."""

    client: Any
    low_level: Any = None


def connect(client: Any) -> Connected:
    """Answer a client that is fit for sessions, without connecting to the server.

    ``None`` is DynamoDB Local on localhost, with a warning, as in Flask-Session 0.8. Raises
    ConfigurationError.
    """
    if client is None:
        client = fallback(KEY, LOCALHOST)
    if isinstance(client, str):
        return build(client)
    check(client)
    return Connected(client)


def build(url: str) -> Connected:
    """Make clients that give up after one second and never repeat a command on their own.

    Parameters in the URL win: ``https://dynamodb.eu-west-1.amazonaws.com?read_timeout=3``.
    """
    try:
        arguments = arguments_of(urlsplit(url))
        resource = boto3.resource("dynamodb", **arguments)
    except ValueError:
        raise wrong(KEY, without_secrets(url), PROBLEM, REMEDY) from None
    # Two things take an eighth of a command's time each: to check what the store sends, which has
    # the right form, and to write anew who it is that asks, twice for each request.
    cheaper = Config(parameter_validation=False, user_agent=USER_AGENT)
    arguments["config"] = arguments["config"].merge(cheaper)
    return Connected(resource, boto3.client("dynamodb", **arguments))


def arguments_of(parts: SplitResult) -> dict[str, Any]:
    """Read what boto3 takes from a URL; ValueError for what is none of an endpoint."""
    if parts.scheme not in ("http", "https") or not parts.hostname or parts.fragment:
        raise ValueError
    if parts.port == 0:
        raise ValueError
    return {**place(parts), "config": SETTINGS.merge(Config(**timeouts(parts)))}


def place(parts: SplitResult) -> dict[str, str]:
    """Answer the endpoint, the region and, for what is not AWS, the credentials.

    For AWS the credentials come from where boto3 finds them. For any other endpoint they are those
    in the URL, ``http://key:secret@host:8000``, or dummies, as DynamoDB Local takes them.
    """
    address = parts.netloc.rpartition("@")[2]
    endpoint = {"endpoint_url": f"{parts.scheme}://{address}{parts.path}"}
    if aws := AWS.search(parts.hostname or ""):
        return {**endpoint, "region_name": aws["region"]}
    return {
        **endpoint,
        "region_name": "us-west-2",
        "aws_access_key_id": unquote(parts.username or "dummy"),
        "aws_secret_access_key": unquote(parts.password or "dummy"),
    }


def timeouts(parts: SplitResult) -> dict[str, float]:
    """Read the parameters of a URL; ValueError for any but the two timeouts, in seconds."""
    given = dict(parse_qsl(parts.query, strict_parsing=bool(parts.query)))
    if not given.keys() <= {"connect_timeout", "read_timeout"}:
        raise ValueError
    seconds = {name: float(value) for name, value in given.items()}
    if not all(value > 0 for value in seconds.values()):
        raise ValueError
    return seconds


def check(client: Any) -> None:
    """Refuse what is neither a resource nor a client of DynamoDB, and what is asynchronous."""
    if hasattr(client, "__aenter__"):
        raise refused(KEY, client, "this client is asynchronous", REMEDY)
    if isinstance(client, ServiceResource) and hasattr(client, "Table"):
        return
    if isinstance(client, BaseClient) and client.meta.service_model.service_name == "dynamodb":
        return
    raise refused(KEY, client, "this client cannot be used", REMEDY)
