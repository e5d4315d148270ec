"""Commands, and the short replies that nearly all are, past redis-py's packing and parsing.

https://redis.io/docs/latest/develop/reference/protocol-spec/
"""

from __future__ import annotations

import os
import socket
from collections.abc import Callable
from typing import Any
from weakref import finalize

import redis
from flask_session.sockets import IS_POSIX, send, watch
from flask_session.waiting import while_waiting
from redis import exceptions

LONGEST = 4096
UNREAD: Any = object()
"""Stands for a reply that is not understood here."""
WITHOUT_TLS: tuple[type[Any], ...] = (redis.Connection, redis.UnixDomainSocketConnection)


class Line:
    """A connection set aside for one command at a time; redis-py sends and reads."""

    __slots__ = ("connection", "is_spent")

    def __init__(self, connection: Any) -> None:
        self.connection: Any = connection
        self.is_spent: bool = False
        """Whether redis-py's parser may have read more than the reply: the pool has to look."""

    def is_idle(self) -> bool:
        """Tell whether it is silent, and not closed by the server, as redis-py does each time."""
        try:
            return not self.connection.can_read()
        except (exceptions.ConnectionError, exceptions.TimeoutError, OSError):
            return False

    def ask(self, command: tuple[Any, ...]) -> Any:
        """Send a command and answer the reply, undecoded. Raises what redis-py raises."""
        self.connection.send_packed_command([pack(command)])
        while_waiting()
        return self.read()

    def read(self) -> Any:
        """Let redis-py read, whose parser trips where another thread closes the connection."""
        try:
            return self.connection.read_response(disable_decoding=True)
        except (AttributeError, ValueError) as error:
            if self.connection._sock is not None:
                raise
            raise closed() from error

    def close(self) -> None:
        """Free what the line has beside the connection, which stays as it is."""


class PlainLine(Line):
    """A connection that is open, to be used as it is, and without TLS, which hides its bytes.

    A reply is looked at before it is taken: errors, what the server pushes in between, what is
    incomplete or long, and the end of the connection are found by redis-py as they were.

    ``own`` is a duplicate of the connection's socket. Whoever closes the client closes connections
    in use, too, and the number of their file is given to the next one: a command on its way would
    go there, and its reply to whoever asked there.
    """

    __slots__ = ("__weakref__", "_close", "_has_arrived", "_own", "_sock")

    def __init__(self, connection: Any, own: socket.socket) -> None:
        super().__init__(connection)
        self._sock: socket.socket = connection._sock
        self._own: socket.socket = own
        # Not __del__: in a cycle, the garbage collector may come to the socket first, which warns.
        self._close: Callable[[], object] = finalize(self, own.close)
        self._has_arrived: Callable[[], object] = watch(own)

    def is_idle(self) -> bool:
        """Tell whether it is the same connection still, and silent."""
        return self.connection._sock is self._sock and not self._has_arrived()

    def ask(self, command: tuple[Any, ...]) -> Any:
        """Send a command; read a text, a number, ``OK`` or ``None``, and leave all others."""
        own = self._own
        try:
            send(own, pack(command))
        except OSError as error:
            raise as_redis_pys(error, "writing to") from None
        while_waiting()
        try:
            reply, length = parse(own.recv(LONGEST, socket.MSG_PEEK))
            if reply is not UNREAD and len(os.read(own.fileno(), length)) == length:
                return reply
        except OSError as error:
            raise as_redis_pys(error, "reading from") from None
        if reply is not UNREAD or self.connection._sock is not self._sock:
            raise closed()
        self.is_spent = True
        return self.read()

    def close(self) -> None:
        """Close the duplicate."""
        self._close()


def as_redis_pys(error: OSError, doing: str) -> Exception:
    """Make redis-py's error of the system's."""
    if isinstance(error, TimeoutError):
        return exceptions.TimeoutError(f"Timeout {doing} socket")
    return exceptions.ConnectionError(f"Error {error.errno} while {doing} socket")


def closed() -> Exception:
    """Build the error for a connection that another thread closed while it was in use."""
    return exceptions.ConnectionError("the connection was closed meanwhile")


def line_of(connection: Any) -> Line:
    """Make the line of a connection; one that redis-py checks before each use is left to it."""
    sock = connection._sock
    is_checked = sock is None or connection.health_check_interval
    if type(connection) not in WITHOUT_TLS or not IS_POSIX or is_checked:
        return Line(connection)
    own = sock.dup()  # pyright: ignore[reportOptionalMemberAccess]
    if connection._sock is not sock:  # redis-py forgets a socket before it closes it
        own.close()
        raise closed()
    return PlainLine(connection, own)


def pack(command: tuple[Any, ...]) -> bytes:
    """Write a command: a list of texts, each with its length before it."""
    parts: list[Any] = [len(command)]
    for word in command:
        data = word if type(word) is bytes else str(word).encode()
        parts += (len(data), data)
    return (b"*%d\r\n" + b"$%d\r\n%b\r\n" * len(command)) % (*parts,)


def parse(seen: bytes) -> tuple[Any, int]:
    """Answer the reply that ``seen`` begins with, and its length; ``UNREAD`` if it is another."""
    line, ended, rest = seen.partition(b"\r\n")
    kind, head, length = line[:1], line[1:], len(line) + 2
    if kind == b"$" and head.isdigit():
        size = int(head)
        return (rest[:size], length + size + 2) if len(rest) >= size + 2 else (UNREAD, 0)
    if not ended:
        return UNREAD, 0
    if kind == b":":
        return int(head), length
    if kind == b"+":
        return head, length
    return (None, length) if line in (b"$-1", b"_") else (UNREAD, 0)
