"""What a backend of the comparison stores its sessions in."""

from __future__ import annotations

import sqlite3
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from flask_session_conformance.servers import start

from .backends import dynamodb, pymemcache, split_address, sql_url

NETWORKED = ("redis", "memcached", "postgresql", "mariadb", "mongodb", "dynamodb")
BACKENDS = ("redis", "memcached", "sqlite", "postgresql", "mongodb", "dynamodb", "filesystem")
"""Those of ``make bench``; ``mariadb`` is measured if it is named, and always in the purge."""


@contextmanager
def address_of(backend: str) -> Iterator[str]:
    """Start the server of a backend, or make a folder, and answer where it is."""
    if backend in ("sqlite", "filesystem"):
        with tempfile.TemporaryDirectory() as folder:
            yield folder
    else:
        with start(backend, unproxied=True) as server:
            yield server.address


def empty(backend: str, address: str) -> None:
    """Remove the sessions of a case from Redis, whose container has little memory."""
    if backend == "redis":
        import redis

        host, port = split_address(address)
        with redis.Redis(host=host, port=port) as client:
            client.flushall()


def version_of(backend: str, address: str) -> str:
    """Ask the server which one it is."""
    ask: dict[str, Callable[[str], str]] = {
        "redis": redis_version,
        "memcached": lambda address: "Memcached " + pymemcache(address).version().decode(),
        "sqlite": lambda _: "SQLite " + sqlite3.sqlite_version,
        "postgresql": lambda address: "PostgreSQL " + sql(backend, address, "SHOW server_version"),
        "mariadb": lambda address: "MariaDB " + sql(backend, address, "SELECT version()"),
        "mongodb": mongodb_version,
        "dynamodb": dynamodb_version,
        "filesystem": lambda _: "files",
    }
    return ask[backend](address)


def redis_version(address: str) -> str:
    """Answer what INFO says."""
    import redis

    host, port = split_address(address)
    with redis.Redis(host=host, port=port) as client:
        about: Any = client.info("server")
    return f"Redis {about['redis_version']}"


def mongodb_version(address: str) -> str:
    """Answer what buildInfo says."""
    import pymongo

    host, port = split_address(address)
    with pymongo.MongoClient[dict[str, Any]](host, port) as client:
        return "MongoDB " + str(client.server_info()["version"])


def dynamodb_version(address: str) -> str:
    """Answer what the server calls itself; DynamoDB Local does not tell its version."""
    answer = dynamodb(address).meta.client.list_tables()
    named = answer["ResponseMetadata"]["HTTPHeaders"].get("server", "")
    return f"DynamoDB Local ({named})"


def sql(backend: str, address: str, query: str) -> str:
    """Ask a database for one value."""
    import sqlalchemy

    engine = sqlalchemy.create_engine(sql_url(backend, address, "ours"))
    with engine.connect() as connection:
        answer = connection.exec_driver_sql(query).scalar()
    engine.dispose()
    return str(answer)
