"""After a failover behind one name: what is connected still leads to the former primary."""

from __future__ import annotations

from collections.abc import Callable
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
    """
    waiting = getattr(pool, "pool", None)
    if waiting is None:
        pool.disconnect(inuse_connections=False)
        return
    for connection in filter(None, list(waiting.queue)):
        connection.disconnect()
