"""One command on one connection, without what redis-py does around each.

Most of the time of ``client.execute_command`` goes into the bookkeeping of its pool, telemetry that
nobody has asked for, closures for repetitions that do not happen, and a packing that is ready for
anything. A few connections are kept aside here; opening them, long replies, and whatever goes wrong
stay redis-py's business.
"""

from __future__ import annotations

import os
from collections import deque
from collections.abc import Callable
from contextlib import suppress
from inspect import Parameter, signature
from types import FunctionType
from typing import Any

import redis
import redis.client
from flask_session.pools import Interruptible, disconnect_idle
from redis.exceptions import (
    ConnectionError,
    ReadOnlyError,
    RedisError,
    ResponseError,
    TimeoutError,
)

from .client import Client
from .following import following
from .wire import Line, line_of

MOST_KEPT = 16
"""Connections per process; what more threads need goes back to the pool, for others to use."""
ROOMY = 4 * MOST_KEPT
"""Connections a pool has to allow, for those kept here not to be missed."""

NAME_NEEDED = (
    signature(redis.ConnectionPool.get_connection).parameters["command_name"].default
    is Parameter.empty
)
"""Before redis-py 5.3; later versions warn of the argument."""


def sender(client: Client) -> Callable[..., Any]:
    """Answer what sends one command through ``client`` and returns the reply, undecoded.

    It is by the client's own ``execute_command`` for all but a plain ``redis.Redis``: clients of
    clusters, sentinels and Valkey, subclasses, patched ones, small pools, and clients that are to
    repeat what was answered by an error, decide themselves.
    """
    pool = getattr(client, "connection_pool", None)
    is_plain = type(client) is redis.Redis and "execute_command" not in vars(client)
    if not is_plain or type(pool) is not redis.ConnectionPool or pool.max_connections < ROOMY:
        return following(client)
    return following(client) if repeats_answers(client) else Direct(client)


def repeats_answers(client: Any) -> bool:
    """Tell whether the client is to repeat a command that was answered by some error.

    As after a failover, when the former primary answers READONLY; redis-py knows what to do then.
    """
    repeated = getattr(client.get_retry(), "_supported_errors", ())
    named = client.connection_pool.connection_kwargs.get("retry_on_error") or ()
    return any(issubclass(error, ResponseError) for error in (*repeated, *named))


def is_redis_pys(method: Any) -> bool:
    """Tell whether redis-py itself defines a method, not a tracer that was put in its place."""
    return isinstance(method, FunctionType) and method.__globals__ is vars(redis.client)


UNTOUCHED = redis.Redis.execute_command if is_redis_pys(redis.Redis.execute_command) else None


class Direct:
    """Sends commands of one client; thread-safe, and safe to use after a fork."""

    def __init__(self, client: Any) -> None:
        self._client = client
        self._pool = client.connection_pool
        self._through = following(client)
        self._interruptible = Interruptible(client, (RedisError,))
        self._kept: deque[Line] = deque()
        self._pid = os.getpid()

    def __call__(self, *command: Any) -> Any:
        """Send one command and answer the reply. Raises what redis-py raises."""
        if redis.Redis.execute_command is not UNTOUCHED:  # a tracer is to see the command
            return self._through(*command)
        line = self._take()
        try:
            answer = line.ask(command)
        except ReadOnlyError:
            # A failover behind a name: what is connected still leads to the former primary.
            self._give_back(line)
            self._connect_anew()
            raise
        except ResponseError:
            self._release(line)
            raise
        except (ConnectionError, TimeoutError):
            self._give_back(line)
            if self._repeats():
                return self._through(*command)
            raise
        except BaseException:
            # Interrupted, the reply may still be on its way; the next one to read would get it.
            self._give_back(line)
            raise
        self._keep(line)
        return answer

    def _take(self) -> Line:
        if self._pid != os.getpid():  # the connections are the parent's
            self._kept, self._pid = deque(), os.getpid()
        while True:
            try:
                line = self._kept.pop()
            except IndexError:
                return self._fresh()
            try:
                is_idle = line.is_idle()
            except BaseException:  # interrupted, by a time limit of gevent for example
                self._give_back(line)
                raise
            if is_idle:
                return line
            self._give_back(line)

    def _fresh(self) -> Line:
        """Take a connection of the pool, which may hand out one with something left to read.

        redis-py 8 does, since it expects announcements of the server there. It may as well be the
        reply to an interrupted command, which would be taken for that to the next one.
        """
        with self._interruptible:
            connection = self._pool.get_connection(*(("GET",) if NAME_NEEDED else ()))
        try:
            if connection.can_read():
                connection.disconnect()
                connection.connect()
            return line_of(connection)
        except BaseException:
            self._give_back(Line(connection))
            raise

    def _keep(self, line: Line) -> None:
        connection = line.connection
        moves = getattr(connection, "should_reconnect", None)
        # The pool lets a connection log in anew when it gets it back.
        has_new_password = getattr(connection, "_re_auth_token", None) is not None
        is_last = line.is_spent or len(self._kept) >= MOST_KEPT
        if is_last or has_new_password or (moves is not None and moves()):
            self._release(line)
        else:
            self._kept.append(line)

    def _release(self, line: Line) -> None:
        line.close()
        self._pool.release(line.connection)

    def _give_back(self, line: Line) -> None:
        try:
            line.connection.disconnect()
        finally:
            self._release(line)

    def _connect_anew(self) -> None:
        with suppress(IndexError):  # another thread may take the last one
            while True:
                self._give_back(self._kept.pop())
        disconnect_idle(self._client)

    def _repeats(self) -> bool:
        """Tell whether the client is to try again; the one that we build from a URL is not."""
        return bool(getattr(self._client.get_retry(), "_retries", 0))
