"""The clients that can keep sessions: built from addresses, or handed in and checked."""

from __future__ import annotations

import sys
from typing import Any

from flask_session.clients import fallback, refused
from flask_session.config import wrong
from flask_session.errors import ConfigurationError
from pymemcache.client.base import Client, PooledClient, normalize_server_spec
from pymemcache.client.hash import HashClient

from .ring import PATIENCE

KEY = "SESSION_MEMCACHED"
LOCALHOST = "127.0.0.1:11211"
REMEDY = (
    'Set it to "host:port", to "host:port,host:port" for several servers, or to a Client, '
    "PooledClient or HashClient of pymemcache."
)
PROBLEMS = {
    "pylibmc": "shares a connection, and with it sessions, between threads",
    "memcache": "hides errors, so that lost sessions look saved",
}


def connect(client: Any) -> Any:
    """Answer a pymemcache client that is fit for sessions, without connecting to the server.

    ``None`` is localhost, with a warning, as in Flask-Session 0.8. Raises ConfigurationError.
    """
    if client is None:
        client = fallback(KEY, LOCALHOST)
    if isinstance(client, str):
        return build(client)
    if not isinstance(client, (Client, PooledClient, HashClient)):
        raise of_another_kind(client)
    if isinstance(client, HashClient) and not client.clients:
        raise refused(KEY, client, "this client has no servers", REMEDY)
    return client


def build(addresses: str) -> Any:
    """Make a client of one server, or of several, from ``host:port`` or ``/path/of/a/socket``."""
    names = addresses.removeprefix("memcached://").split(",")
    try:
        servers = [normalize_server_spec(name.strip()) for name in names if name.strip()]
    except ValueError:
        servers = []
    if len(servers) != len(names):
        raise wrong(KEY, addresses, "not the address of a Memcached server", REMEDY)
    settings = {"connect_timeout": PATIENCE, "timeout": PATIENCE, "no_delay": True}
    if len(servers) == 1:
        return PooledClient(servers[0], default_noreply=False, **settings)
    return HashClient(
        servers,
        use_pooling=True,
        default_noreply=False,
        # A server is never given up and its keys are never moved to another one.
        retry_attempts=sys.maxsize,
        retry_timeout=0,
        **settings,
    )


def of_another_kind(client: object) -> ConfigurationError:
    """Build the error for a client of another kind; if it is well known, with the line to write."""
    library, remedy = type(client).__module__.partition(".")[0], REMEDY
    problem = PROBLEMS.get(library, "cannot be used")
    if library in PROBLEMS:
        servers: Any = getattr(client, "addresses", None) or getattr(client, "servers", ())
        remedy = f'Write {KEY} = "{",".join(map(address_of, servers))}" instead.'
    return refused(KEY, client, f"this client {problem}", remedy)


def address_of(server: Any) -> str:
    """Write the address of a server as pylibmc (texts) and python-memcached (objects) keep it."""
    address = getattr(server, "address", server)
    return address if isinstance(address, str) else ":".join(map(str, address))
