"""What a backend with connections of its own asks of a socket."""

from __future__ import annotations

import select
import socket


def is_readable(sock: socket.socket) -> bool:
    """Tell whether an idle connection has something to read: its end, or an answer too late.

    Only for sockets without TLS, which may hold back what they have read.
    """
    if not hasattr(select, "poll"):
        return bool(select.select([sock], [], [], 0)[0])
    poll = select.poll()
    poll.register(sock, select.POLLIN)
    return bool(poll.poll(0))
