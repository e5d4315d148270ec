"""One connection through the proxy: a client on one side, the server on the other."""

from __future__ import annotations

import selectors
import socket
import struct
import threading
from collections.abc import Callable
from contextlib import suppress

from .line import GOOD, Line
from .traffic import Meters

CHUNK = 65536
SECONDS_TO_SEND = 10.0
RESET = struct.pack("ii", 1, 0)
"""For SO_LINGER: closing resets the connection instead of ending it in good order."""


class Link:
    """Carry the bytes of one connection, in a thread of its own.

    ``choose`` is asked for the line of each exchange, with the first packet of its request; with
    no bytes where the server speaks first.
    """

    def __init__(
        self,
        client: socket.socket,
        target: tuple[str, int],
        meters: Meters,
        choose: Callable[[bytes], Line],
    ) -> None:
        self.line: Line = GOOD
        self.passed: int = 0
        self._client = client
        self._target = target
        self._meters = meters
        self._choose = choose
        self._begun = self._asking = self._ended = False
        self._alarm, self._alarmed = socket.socketpair()
        self._thread = threading.Thread(target=self._run, name="proxy-link", daemon=True)
        self._thread.start()

    @property
    def alive(self) -> bool:
        """Whether the connection is still open."""
        return self._thread.is_alive()

    def kill(self) -> None:
        """Reset the client's connection and close the server's; done when this returns."""
        with suppress(OSError):
            self._alarm.send(b"!")
        self._thread.join()

    def to_server(self, chunk: bytes) -> None:
        """Send to the server."""
        self._server.sendall(chunk)

    def to_client(self, chunk: bytes) -> None:
        """Send to the client; counted first, so that its next request comes after it."""
        self.passed += len(chunk)
        self._meters.answered(chunk)
        self._client.sendall(chunk)

    def wait(self, seconds: float) -> None:
        """Let time pass; raises ConnectionAbortedError when the link is killed meanwhile."""
        self._alarmed.settimeout(seconds)
        with suppress(TimeoutError):
            self._alarmed.recv(1)
            raise ConnectionAbortedError

    def hang_up(self) -> None:
        """Close both sides in good order."""
        self._ended = True

    def _run(self) -> None:
        with self._client, self._alarm, self._alarmed:
            try:
                with socket.create_connection(self._target, SECONDS_TO_SEND) as self._server:
                    self._carry()
            except OSError:
                self._client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET)

    def _carry(self) -> None:
        """Handle what comes from either side, in the order of its arrival."""
        with selectors.DefaultSelector() as selector:
            for side in (self._client, self._server):
                side.settimeout(SECONDS_TO_SEND)
                side.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                selector.register(side, selectors.EVENT_READ)
            selector.register(self._alarmed, selectors.EVENT_READ)
            while not self._ended:
                for key, _ in selector.select():
                    self._handle(key.fileobj)

    def _handle(self, side: object) -> None:
        """Handle the alarm, an end of file, or a packet."""
        if self._ended:
            return
        if side is self._alarmed:
            raise ConnectionAbortedError
        if side is self._client:
            self._request(self._client.recv(CHUNK))
        else:
            self._answer(self._server.recv(CHUNK))

    def _request(self, chunk: bytes) -> None:
        if not chunk:
            return self.hang_up()
        begins, self._begun, self._asking = not self._asking, True, True
        if begins:
            self.line, self.passed = self._choose(chunk), 0
        self._meters.requested(chunk, begins)
        self.line.request(self, chunk)

    def _answer(self, chunk: bytes) -> None:
        if not chunk:
            return self.hang_up()
        if not self._begun:
            self.line, self._begun = self._choose(b""), True
        self._asking = False
        self.line.answer(self, chunk)
