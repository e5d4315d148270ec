"""Each backend for each contender: the configuration of both libraries, and the bare client's work.

It is imported in the environment of Flask-Session 0.8.0 too, so nothing of ours is imported here.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import datetime, timedelta, timezone
from typing import Any

DAY = 86400


def configure(config: dict[str, Any], command: dict[str, Any]) -> None:
    """Set up ``app.config`` for Flask-Session, ours or 0.8.0, as an application author would."""
    backend, address, ours = command["backend"], command["address"], command["contender"] == "ours"
    host, _, port = address.partition(":")
    config["SESSION_TYPE"] = backend
    if backend == "redis":
        import redis

        config["SESSION_REDIS"] = redis.Redis(host=host, port=int(port))
    elif backend == "memcached":
        config["SESSION_MEMCACHED"] = address if ours else pymemcache(host, int(port))
    elif backend == "mongodb":
        import pymongo

        config["SESSION_MONGODB"] = pymongo.MongoClient(host, int(port))
    elif backend == "dynamodb":
        config["SESSION_DYNAMODB"] = dynamodb(address)
    elif backend == "filesystem":
        config["SESSION_FILE_DIR"] = f"{address}/{command['contender']}"
    elif backend in ("sqlite", "postgresql"):
        config["SESSION_TYPE"] = "sqlalchemy"
        config["SQLALCHEMY_DATABASE_URI"] = sql_url(backend, address, command["contender"])
        if ours:
            config["SESSION_SQLALCHEMY"] = config["SQLALCHEMY_DATABASE_URI"]


def pymemcache(host: str, port: int) -> Any:
    """Make the client that the README of Flask-Session 0.8 shows."""
    from pymemcache.client.base import Client

    return Client((host, port), no_delay=True)


def dynamodb(address: str) -> Any:
    """Make a boto3 resource for DynamoDB Local."""
    import boto3

    return boto3.resource(
        "dynamodb", endpoint_url=f"http://{address}", region_name="us-west-2",
        aws_access_key_id="dummy", aws_secret_access_key="dummy",
    )  # fmt: skip


def sql_url(backend: str, address: str, contender: str) -> str:
    """Answer the URL of a database of the contender's own."""
    if backend == "sqlite":
        return f"sqlite:///{address}/{contender}.db"
    driver = "psycopg2" if contender == "old" else "psycopg"
    return f"postgresql+{driver}://session:session@{address}/session"


class Bare:
    """Three calls into a client library."""

    read: Callable[[str], Any]
    write: Callable[[str, bytes], Any]
    delete: Callable[[str], Any]

    def __init__(self, read: Any, write: Any, delete: Any) -> None:
        self.read, self.write, self.delete = read, write, delete


def bare_store(command: dict[str, Any]) -> Bare:
    """Make the bare client's work for a backend."""
    backend, address = command["backend"], command["address"]
    return BARE[backend](address)


def bare_redis(address: str) -> Bare:
    """One command each."""
    import redis

    host, _, port = address.partition(":")
    client = redis.Redis(host=host, port=int(port))
    return Bare(client.get, lambda key, data: client.set(key, data, ex=DAY), client.delete)


def bare_memcached(address: str) -> Bare:
    """One command each, acknowledged."""
    host, _, port = address.partition(":")
    client = pymemcache(host, int(port))
    return Bare(
        client.get,
        lambda key, data: client.set(key, data, expire=DAY, noreply=False),
        lambda key: client.delete(key, noreply=False),
    )


def bare_mongodb(address: str) -> Bare:
    """One command each, by the unique key."""
    import pymongo

    host, _, port = address.partition(":")
    found = pymongo.MongoClient(host, int(port))["bare"]["sessions"]
    found.create_index("id", unique=True)

    def write(key: str, data: bytes) -> None:
        expiration = datetime.now(timezone.utc) + timedelta(seconds=DAY)
        found.update_one(
            {"id": key}, {"$set": {"val": data, "expiration": expiration}}, upsert=True
        )

    return Bare(
        lambda key: (found.find_one({"id": key}) or {}).get("val"),
        write,
        lambda key: found.delete_one({"id": key}),
    )


def bare_dynamodb(address: str) -> Bare:
    """One request each, with the low-level client."""
    resource = dynamodb(address)
    client = resource.meta.client
    schema: dict[str, Any] = {
        "KeySchema": [{"AttributeName": "id", "KeyType": "HASH"}],
        "AttributeDefinitions": [{"AttributeName": "id", "AttributeType": "S"}],
    }
    names = client.list_tables()["TableNames"]
    if "bare" not in names:
        client.create_table(TableName="bare", BillingMode="PAY_PER_REQUEST", **schema)

    def write(key: str, data: bytes) -> None:
        item = {"id": key, "val": data, "expiration": int(time.time()) + DAY}
        client.put_item(TableName="bare", Item=item)

    def read(key: str) -> Any:
        answer = client.get_item(TableName="bare", Key={"id": key}, ConsistentRead=True)
        return bytes(answer["Item"]["val"]) if "Item" in answer else None

    return Bare(read, write, lambda key: client.delete_item(TableName="bare", Key={"id": key}))


def bare_sql(url: str) -> Bare:
    """One autocommitted statement of SQLAlchemy Core each."""
    import sqlalchemy as sql

    engine = sql.create_engine(url, isolation_level="AUTOCOMMIT")
    table = sql.Table(
        "bare", sql.MetaData(),
        sql.Column("session_id", sql.String(255), primary_key=True),
        sql.Column("data", sql.LargeBinary), sql.Column("expiry", sql.DateTime),
    )  # fmt: skip
    with engine.connect() as connection:
        if url.startswith("sqlite"):
            connection.exec_driver_sql("PRAGMA journal_mode=WAL")
        table.metadata.create_all(connection)
    by_key = table.c.session_id == sql.bindparam("key")
    select = sql.select(table.c.data, table.c.expiry).where(by_key)
    update = table.update().where(by_key).values(data=sql.bindparam("d"), expiry=sql.bindparam("e"))
    delete = table.delete().where(by_key)

    def read(key: str) -> Any:
        with engine.connect() as connection:
            row = connection.execute(select, {"key": key}).first()
        return row.data if row else None

    def write(key: str, data: bytes) -> None:
        expiry = datetime.now(timezone.utc).replace(tzinfo=None) + timedelta(seconds=DAY)
        with engine.connect() as connection:
            if not connection.execute(update, {"key": key, "d": data, "e": expiry}).rowcount:
                row = {"session_id": key, "data": data, "expiry": expiry}
                connection.execute(table.insert(), row)

    def remove(key: str) -> None:
        with engine.connect() as connection:
            connection.execute(delete, {"key": key})

    return Bare(read, write, remove)


def bare_filesystem(address: str) -> Bare:
    """Read, replace and remove a file."""
    import os

    folder = f"{address}/bare"
    os.makedirs(folder, exist_ok=True)

    def read(key: str) -> bytes | None:
        try:
            with open(f"{folder}/{key}", "rb") as file:
                return file.read()
        except FileNotFoundError:
            return None

    def write(key: str, data: bytes) -> None:
        with open(f"{folder}/{key}.new", "wb") as file:
            file.write(data)
        os.replace(f"{folder}/{key}.new", f"{folder}/{key}")

    return Bare(read, write, lambda key: os.remove(f"{folder}/{key}"))


BARE: dict[str, Callable[[str], Bare]] = {
    "redis": bare_redis,
    "memcached": bare_memcached,
    "mongodb": bare_mongodb,
    "dynamodb": bare_dynamodb,
    "sqlite": lambda address: bare_sql(sql_url("sqlite", address, "bare")),
    "postgresql": lambda address: bare_sql(sql_url("postgresql", address, "bare")),
    "filesystem": bare_filesystem,
}
