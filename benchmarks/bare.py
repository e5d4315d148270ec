"""The least that each client library can do for a session: read, write, create and delete bytes.

It is imported in the environment of Flask-Session 0.8.0 too, so nothing of ours is imported here.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone
from typing import Any

from .backends import DAY, SQL, dynamodb, pymemcache, split_address, sql_url, use_write_ahead_log


@dataclass(frozen=True)
class Bare:
    """Four calls into a client library, each of them one command."""

    read: Callable[[str], Any]
    write: Callable[[str, bytes], Any]
    """Replace what is there."""
    create: Callable[[str, bytes], Any]
    delete: Callable[[str], Any]


def bare_client(backend: str, address: str) -> Bare:
    """Connect to a backend."""
    if backend in SQL:
        return bare_sql(sql_url(backend, address, "bare"))
    return {
        "redis": bare_redis,
        "memcached": bare_memcached,
        "mongodb": bare_mongodb,
        "dynamodb": bare_dynamodb,
        "filesystem": bare_files,
    }[backend](address)


def bare_redis(address: str) -> Bare:
    """GET, SET with an expiry, SET if there is nothing, DEL."""
    import redis

    host, port = split_address(address)
    client = redis.Redis(host=host, port=port)
    return Bare(
        client.get,
        lambda key, data: client.set(key, data, ex=DAY),
        lambda key, data: client.set(key, data, ex=DAY, nx=True),
        client.delete,
    )


def bare_memcached(address: str) -> Bare:
    """get, set, add, delete; all acknowledged."""
    client = pymemcache(address)
    return Bare(
        client.get,
        lambda key, data: client.set(key, data, expire=DAY, noreply=False),
        lambda key, data: client.add(key, data, expire=DAY, noreply=False),
        lambda key: client.delete(key, noreply=False),
    )


def bare_mongodb(address: str) -> Bare:
    """One command each, by a unique key."""
    import pymongo

    host, port = split_address(address)
    found: Any = pymongo.MongoClient(host, port)["bare"]["sessions"]
    found.create_index("id", unique=True)

    def document(data: bytes) -> dict[str, Any]:
        return {"val": data, "expiration": datetime.now(timezone.utc) + timedelta(seconds=DAY)}

    return Bare(
        lambda key: (found.find_one({"id": key}) or {}).get("val"),
        lambda key, data: found.update_one({"id": key}, {"$set": document(data)}),
        lambda key, data: found.insert_one({"id": key, **document(data)}),
        lambda key: found.delete_one({"id": key}),
    )


def bare_dynamodb(address: str) -> Bare:
    """One request each; reading is consistent, as that of both libraries."""
    client = dynamodb(address).meta.client
    with suppress(client.exceptions.ResourceInUseException):
        client.create_table(
            TableName="bare",
            BillingMode="PAY_PER_REQUEST",
            KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
            AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}],
        )

    def read(key: str) -> Any:
        answer = client.get_item(TableName="bare", Key={"id": key}, ConsistentRead=True)
        return bytes(answer["Item"]["val"]) if "Item" in answer else None

    def write(key: str, data: bytes) -> None:
        item = {"id": key, "val": data, "expiration": int(time.time()) + DAY}
        client.put_item(TableName="bare", Item=item)

    return Bare(
        read, write, write, lambda key: client.delete_item(TableName="bare", Key={"id": key})
    )


def bare_sql(url: str) -> Bare:
    """One statement of SQLAlchemy Core each, in AUTOCOMMIT mode."""
    import sqlalchemy as sql

    engine = sql.create_engine(url, isolation_level="AUTOCOMMIT")
    if url.startswith("sqlite"):
        use_write_ahead_log(engine)
    table = bare_table(sql)
    table.metadata.create_all(engine)
    by_key = table.c.session_id == sql.bindparam("key")
    values: dict[str, Any] = {"data": sql.bindparam("d"), "expiry": sql.bindparam("e")}
    read = sql.select(table.c.data, table.c.expiry).where(by_key)
    write = table.update().where(by_key).values(values)
    create = table.insert().inline().values(session_id=sql.bindparam("key"), **values)
    delete = table.delete().where(by_key)

    def run(statement: Any, key: str, **values: Any) -> Any:
        with engine.connect() as connection:
            result = connection.execute(statement, {"key": key, **values})
            return result.first() if result.returns_rows else None

    def expiry() -> datetime:
        return datetime.now(timezone.utc).replace(tzinfo=None) + timedelta(seconds=DAY)

    return Bare(
        lambda key: getattr(run(read, key), "data", None),
        lambda key, data: run(write, key, d=data, e=expiry()),
        lambda key, data: run(create, key, d=data, e=expiry()),
        lambda key: run(delete, key),
    )


def bare_table(sql: Any) -> Any:
    """Make a table like that of the sessions."""
    return sql.Table(
        "bare",
        sql.MetaData(),
        sql.Column("id", sql.Integer, primary_key=True),
        sql.Column("session_id", sql.String(255), unique=True),
        sql.Column("data", sql.LargeBinary(2**24 - 1)),
        sql.Column("expiry", sql.DateTime),
    )


def bare_files(address: str) -> Bare:
    """Read, replace and remove a file."""
    folder = f"{address}/bare"
    os.makedirs(folder, exist_ok=True)

    def read(key: str) -> bytes | None:
        with suppress(FileNotFoundError), open(f"{folder}/{key}", "rb") as file:
            return file.read()
        return None

    def write(key: str, data: bytes) -> None:
        with open(f"{folder}/{key}.new", "wb") as file:
            file.write(data)
        os.replace(f"{folder}/{key}.new", f"{folder}/{key}")

    return Bare(read, write, write, lambda key: os.remove(f"{folder}/{key}"))
