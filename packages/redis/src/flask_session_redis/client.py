"""The clients that can keep sessions: built from a URL, or handed in and checked at the start."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from types import ModuleType
from typing import Any, Protocol
from urllib.parse import parse_qs, unquote, urlsplit

import redis
from flask_session.clients import ENCODED_PASSWORD, fallback, refused, without_secrets
from flask_session.config import wrong
from redis.backoff import NoBackoff
from redis.retry import Retry

KEY = "SESSION_REDIS"
LOCALHOST = "redis://localhost:6379/0"
REMEDY = (
    "Set it to a URL (redis://, rediss:// or unix://) or to a client of redis-py or valkey-py: "
    "Redis(...), RedisCluster(...) or Sentinel(...).master_for(...)."
)
PROBLEM = (
    "not a URL of a Redis server: look at its port, its database, its parameters and "
    f"{ENCODED_PASSWORD}"
)


class Client(Protocol):
    """What the store needs of a client; those of redis-py and valkey-py have it."""

    def execute_command(self, *args: Any, **options: Any) -> Any:
        """Send one command and answer the reply as bytes."""

    def scan_iter(self, match: Any = None, count: int | None = None) -> Iterator[Any]:
        """Iterate over the keys that match a pattern, on every primary of a cluster."""
        ...

    def pipeline(self, transaction: Any = ...) -> Any:
        """Collect commands and send them at once."""

    def close(self) -> None:
        """Close the connections."""


def connect(client: Client | str | None) -> Client:
    """Answer a client that is fit for sessions, without connecting to the server.

    ``None`` is localhost, with a warning, as in Flask-Session 0.8. Raises ConfigurationError.
    """
    if client is None:
        client = fallback(KEY, LOCALHOST)
    if isinstance(client, str):
        client = build(client)
    check(client)
    return client


def build(url: str) -> redis.Redis:
    """Make a client that gives up after one second and never repeats a command on its own.

    Parameters in the URL win: ``redis://cache:6379/0?socket_timeout=3``.
    """
    try:
        check_parts(url)
        client = redis.Redis.from_url(
            url,
            socket_timeout=1,
            socket_connect_timeout=1,
            max_connections=2**31,
            retry=Retry(NoBackoff(), 0),
        )
        pool = client.connection_pool
        pool.connection_class(
            **pool.connection_kwargs
        )  # connects later, rejects a wrong parameter now
    except Exception:
        raise wrong(KEY, without_secrets(url), PROBLEM, REMEDY) from None
    return client


def check_parts(url: str) -> None:
    """Raise ValueError for what redis-py passes over.

    That is a fragment, a parameter without a value, and a database that is no number.
    """
    parts = urlsplit(url)
    parameters = parse_qs(parts.query, strict_parsing=bool(parts.query))
    database = unquote(parts.path).strip("/")
    if parts.fragment:
        raise ValueError
    if parts.scheme != "unix" and database and "db" not in parameters:
        int(database)


def check(client: Any) -> None:
    """Refuse a client with which a session could be lost, mixed up or read after its end."""
    if not isinstance(client, _classes()) or hasattr(client, "execute"):
        is_async = "asyncio" in type(client).__module__
        problem = "is asynchronous" if is_async else "cannot be used"
        raise refused(KEY, client, f"this client {problem}", REMEDY)
    if _decodes(client):
        problem = "this client decodes what it reads"
        raise refused(KEY, client, problem, "Make it with decode_responses=False.")
    if getattr(client, "connection", None) is not None:
        problem = "this client shares one connection between threads"
        raise refused(KEY, client, problem, "Make it without single_connection_client.")
    if _reads_replicas(client):
        problem = "this client reads from replicas, where an ended session may still be found"
        raise refused(KEY, client, problem, "Use a client of the primary.")
    if _caches(client):
        problem = "this client caches what it reads, where an ended session may still be found"
        raise refused(KEY, client, problem, "Make it without a client-side cache.")


def _decodes(client: Any) -> bool:
    try:
        return bool(client.get_encoder().decode_responses)
    except AttributeError:
        problem = "this client was made without the constructor of its class"
        raise refused(KEY, client, problem, "In a test, use fakeredis[lua].") from None


def sentinel(key: str, value: Any) -> Any:
    """Accept an object that knows the sentinels; a setting's check."""
    if not hasattr(value, "master_for"):
        raise refused(key, value, "not a Sentinel", "Set it to Sentinel([...]).")
    return value


def exceptions_of(client: object) -> ModuleType:
    """Find the exceptions of the library a client comes from, a subclass of one included."""
    for base in type(client).__mro__:
        module = sys.modules.get(f"{base.__module__.partition('.')[0]}.exceptions")
        if module is not None and hasattr(module, "NoScriptError"):
            return module
    raise refused(KEY, client, "this client cannot be used", REMEDY)


def base_error(client: object) -> type[Exception]:
    """Find the base of all errors that a client raises by itself, but for some of old clusters."""
    exceptions = exceptions_of(client)
    found: type[Exception] = getattr(exceptions, "RedisError", None) or exceptions.ValkeyError
    return found


def _classes() -> tuple[Any, ...]:
    """List the classes of the libraries that are loaded; valkey-py is never imported by us."""
    valkey = sys.modules.get("valkey")
    others = (valkey.Valkey, valkey.ValkeyCluster) if valkey else ()
    return (redis.Redis, redis.RedisCluster, *others)


def _reads_replicas(client: Any) -> bool:
    pool = getattr(client, "connection_pool", None)
    settings = ("read_from_replicas", "load_balancing_strategy")
    return not getattr(pool, "is_master", True) or any(getattr(client, x, None) for x in settings)


def _caches(client: Any) -> bool:
    pool = getattr(client, "connection_pool", None) or client.nodes_manager
    settings = client.get_connection_kwargs()
    caches = (getattr(pool, "cache", None), getattr(pool, "_cache", None))
    return any(settings.get(x) for x in ("client_cache", "cache_enabled")) or any(
        cache is not None for cache in caches
    )
