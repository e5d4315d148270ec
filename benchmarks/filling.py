"""Many sessions in a store: copies of one record, as the library writes it."""

from __future__ import annotations

import time
from collections.abc import Iterator
from datetime import datetime, timedelta, timezone
from typing import Any

from .apps import payload
from .backends import DAY, SQL, split_address, sql_url

BATCH = 1000


def fill(backend: str, address: str, contender: str, first: int, last: int, age: int = 0) -> None:
    """Store sessions number ``first`` to ``last``, each a day's, begun ``age`` seconds ago."""
    if backend in SQL:
        fill_table(backend, address, contender, first, last, age)
    elif backend == "redis":
        fill_redis(address, first, last)


def record() -> bytes:
    """Make a small session as both libraries store it."""
    import msgspec

    return msgspec.msgpack.encode({**payload("small"), "_permanent": True})


def keys(first: int, last: int) -> Iterator[list[str]]:
    """Answer keys as long as a session's, in batches."""
    for start in range(first, last, BATCH):
        yield [f"session:{each:043}" for each in range(start, min(last, start + BATCH))]


def fill_redis(address: str, first: int, last: int) -> None:
    """Write strings in pipelines."""
    import redis

    host, port = split_address(address)
    data = record()
    with redis.Redis(host=host, port=port) as client:
        for batch in keys(first, last):
            pipeline = client.pipeline(transaction=False)
            for key in batch:
                pipeline.set(key, data, ex=DAY)
            pipeline.execute()


def fill_table(backend: str, address: str, contender: str, first: int, last: int, age: int) -> None:
    """Insert rows."""
    import sqlalchemy as sql

    engine = sql.create_engine(sql_url(backend, address, contender))
    columns: Any = (sql.column(name) for name in ("session_id", "data", "expiry"))
    insert = sql.table(f"sessions_{contender}", *columns).insert()
    expiry = datetime.now(timezone.utc).replace(tzinfo=None) + timedelta(seconds=DAY - age)
    row = {"data": record(), "expiry": expiry.replace(microsecond=0)}
    with engine.begin() as connection:
        for batch in keys(first, last):
            connection.execute(insert, [{"session_id": key, **row} for key in batch])
    if backend == "postgresql":
        with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            connection.exec_driver_sql(f"ANALYZE sessions_{contender}")
    engine.dispose()


def fill_files(interface: Any, first: int, last: int, age: int = 0) -> None:
    """Write files through the library, whose names and headers are its own business."""
    data = record()
    if hasattr(interface, "store"):
        store = interface.store
        store.clock = lambda: time.time() - age
        for batch in keys(first, last):
            for key in batch:
                store.create(key, data, DAY)
        store.clock = time.time
        return
    session = {**payload("small"), "_permanent": True}
    for batch in keys(first, last):
        for key in batch:
            interface.cache.set(key, session, timeout=DAY)
