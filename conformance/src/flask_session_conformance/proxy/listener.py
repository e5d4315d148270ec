"""The port that clients connect to: it can stop listening and start again."""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable

HOST = "127.0.0.1"
BACKLOG = 256


class Listener:
    """Hand every connection to ``accepted``, from a thread of its own, until closed."""

    def __init__(self, port: int, accepted: Callable[[socket.socket], None]) -> None:
        self._accepted = accepted
        self._closing = False
        self._markers: dict[object, threading.Event] = {}
        self._socket = reserve(port)
        self._socket.listen(BACKLOG)
        self._thread = threading.Thread(target=self._run, name="proxy-listener", daemon=True)
        self._thread.start()

    def flush(self) -> None:
        """Return when every connection that was made before has been handed on."""
        with reserve(0) as marker:
            handed_on = self._markers[marker.getsockname()] = threading.Event()
            marker.connect(self._socket.getsockname())
            handed_on.wait()

    def close(self) -> None:
        """Hand on what was connected before, and refuse connections from now on."""
        self._closing = True
        self.flush()
        self._thread.join()

    def _run(self) -> None:
        with self._socket:
            while True:
                client, address = self._socket.accept()
                marker = self._markers.pop(address, None)
                if marker is None:
                    self._accepted(client)
                    continue
                client.close()
                marker.set()
                if self._closing:
                    return


def reserve(port: int) -> socket.socket:
    """Bind a port, 0 for any, without listening: connecting to it is refused."""
    reserved = socket.socket()
    reserved.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    reserved.bind((HOST, port))
    return reserved
