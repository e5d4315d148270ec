"""After a failover behind one name: what is connected still leads to the former primary."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from queue import Empty
from typing import Any

from .client import exceptions_of


def following(client: Any) -> Callable[..., Any]:
    """Send by the client itself; where a former primary refuses a write, let it connect anew.

    The error is raised all the same. Clients of a cluster or of sentinels know their primaries.
    """
    refused: type[Exception] = exceptions_of(client).ReadOnlyError

    def send(*command: Any) -> Any:
        try:
            return client.execute_command(*command)
        except refused:
            disconnect_idle(client.connection_pool)
            raise

    return send


def disconnect_idle(pool: Any) -> None:
    """Close the connections that nobody uses at this moment.

    A pool that waits has them in a queue, and in redis-py 5.0 and valkey-py closes all or none.
    They are taken out meanwhile, for no other thread to take one that is being closed.
    """
    waiting: Any = getattr(pool, "pool", None)
    if waiting is None:
        pool.disconnect(inuse_connections=False)
        return
    taken = list[Any]()
    with suppress(Empty):
        while True:
            taken.append(waiting.get_nowait())
    for connection in reversed(taken):
        if connection is not None:
            connection.disconnect()
        waiting.put_nowait(connection)
