"""Commands, and the short replies that nearly all are, past redis-py's packing and parsing.

https://redis.io/docs/latest/develop/reference/protocol-spec/
"""

from __future__ import annotations

import socket
from typing import Any

from flask_session.sockets import send, take
from redis import exceptions

LONGEST = 4096
UNREAD: Any = object()
"""Stands for a reply that is left on the socket, for redis-py to read."""


def pack(command: tuple[Any, ...]) -> bytes:
    """Write a command: a list of texts, each with its length before it."""
    parts: list[Any] = [len(command)]
    for word in command:
        data = word if type(word) is bytes else str(word).encode()
        parts += (len(data), data)
    return (b"*%d\r\n" + b"$%d\r\n%b\r\n" * len(command)) % (*parts,)


def send_packed(connection: Any, data: bytes) -> None:
    """Send a command on a connection; one that has to be opened or checked first is redis-py's.

    Only for connections without TLS. Raises what redis-py raises.
    """
    if connection._sock is None or connection.health_check_interval:
        connection.send_packed_command([data])
        return
    try:
        send(connection._sock, data)
    except TimeoutError:
        raise exceptions.TimeoutError("Timeout writing to socket") from None
    except OSError as error:
        raise exceptions.ConnectionError(f"Error {error.errno} while writing to socket") from error


def read_short(sock: socket.socket) -> Any:
    """Answer a text, a number, ``OK`` or ``None``; ``UNREAD`` for all others.

    A reply is looked at before it is taken: errors, what the server pushes in between, what is
    incomplete or long, and the end of the connection are found by redis-py as they were. Raises its
    errors. Only for sockets without TLS, which has no looking ahead.
    """
    try:
        seen = sock.recv(LONGEST, socket.MSG_PEEK)
    except TimeoutError:
        raise exceptions.TimeoutError("Timeout reading from socket") from None
    except OSError:
        return UNREAD
    reply, length = parse(seen)
    if reply is not UNREAD and len(take(sock, length)) != length:
        raise exceptions.ConnectionError("a part of a reply was gone")
    return reply


def parse(seen: bytes) -> tuple[Any, int]:
    """Answer the reply that ``seen`` begins with, and its length."""
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
