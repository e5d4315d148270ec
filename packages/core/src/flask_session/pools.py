"""The pools of redis-py and valkey-py, for the backends whose commands go through them.

A command that is interrupted, by a worker's time limit for example, gives its connection back with
the reply still to come. redis-py 8 hands that out as it is, and others do while the reply is on its
way: from then on every command reads the reply to the one before.
"""

from __future__ import annotations

from contextlib import suppress
from queue import Empty
from typing import Any


class Interruptible:
    """Close a client's idle connections where a ``with`` block was interrupted.

    ``errors`` are those that the client raises itself: with them it has read the reply, or closed
    the connection. One object may be used by many threads, again and again.
    """

    def __init__(self, client: Any, errors: tuple[type[Exception], ...]) -> None:
        self._client = client
        self._errors = errors

    def __enter__(self) -> None:
        """Begin."""

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        if kind is not None and not issubclass(kind, self._errors):
            disconnect_idle(self._client)


def disconnect_idle(client: Any) -> None:
    """Close the connections of a client that nobody uses at this moment."""
    for pool in pools_of(client):
        _disconnect(pool)


def pools_of(client: Any) -> list[Any]:
    """List the client's pools: one, or one for each node of a cluster."""
    manager = getattr(client, "nodes_manager", None)
    if manager is None:
        clients = [client]
    else:
        nodes = [*manager.nodes_cache.values(), *manager.startup_nodes.values()]
        names = ("redis_connection", "valkey_connection")
        clients = [getattr(node, name, None) for node in nodes for name in names]
    found = (getattr(each, "connection_pool", None) for each in clients)
    return [pool for pool in found if pool is not None]


def _disconnect(pool: Any) -> None:
    # A pool that waits has them in a queue, and in redis-py 5.0 and valkey-py closes all or none.
    # They are taken out meanwhile, for no other thread to take one that is being closed.
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
