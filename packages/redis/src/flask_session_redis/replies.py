"""Short replies, which are nearly all there are, read from the socket without redis-py's parser.

https://redis.io/docs/latest/develop/reference/protocol-spec/
"""

from __future__ import annotations

import socket
from typing import Any

from redis import exceptions

LONGEST = 4096
UNREAD: Any = object()
"""Stands for a reply that is left on the socket, for redis-py to read."""


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
    end = seen.find(b"\r\n")
    kind, head, length = seen[:1], seen[1:end], end + 2
    if kind == b"$" and head.isdigit():
        length += int(head) + 2
    elif kind == b"$" and head != b"-1":
        return UNREAD
    if end < 0 or len(seen) < length or kind not in (b"$", b":", b"+", b"_"):
        return UNREAD
    if len(sock.recv(length)) != length:
        raise exceptions.ConnectionError("a part of a reply was gone")
    if kind == b"$":
        return None if head == b"-1" else seen[end + 2 : length - 2]
    return int(head) if kind == b":" else head if kind == b"+" else None
