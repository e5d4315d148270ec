"""What a backend with connections of its own asks of a socket.

Before each use of a socket with a timeout Python asks the system whether it is ready, which takes
as long as the use itself. Here the socket is used first, and Python asks only if it was not ready.
"""

from __future__ import annotations

import os
import select
import socket
import ssl
from collections.abc import Callable
from functools import partial
from types import BuiltinFunctionType

IS_POSIX = os.name == "posix"
"""Elsewhere a socket is no file."""


def is_readable(sock: socket.socket) -> bool:
    """Tell whether an idle connection has something to read: its end, or an answer too late.

    Only for sockets without TLS, which may hold back what they have read.
    """
    if not hasattr(select, "poll"):  # eventlet takes it away, at any time
        return bool(select.select([sock], [], [], 0)[0])
    poll = select.poll()
    poll.register(sock, select.POLLIN)
    return bool(poll.poll(0))


def watch(sock: socket.socket) -> Callable[[], object]:
    """Answer what tells, each time it is called, whether :func:`is_readable`.

    What stands in for Python's own poll, as gevent's does, may belong to the thread it was made in.
    """
    if not isinstance(getattr(select, "poll", None), BuiltinFunctionType):
        return partial(is_readable, sock)
    poll = select.poll()
    poll.register(sock, select.POLLIN)
    return partial(poll.poll, 0)


def send(sock: socket.socket, data: bytes) -> None:
    """Send all of ``data``; raises what ``sendall`` raises. Any socket will do."""
    sent = 0
    if IS_POSIX and not isinstance(sock, ssl.SSLSocket):
        try:
            sent = os.write(sock.fileno(), data)
        except BlockingIOError:
            sent = 0
    if sent < len(data):
        sock.sendall(data[sent:])
