"""The proxy that tests use: one address in front of a server, its faults and its counters."""

from __future__ import annotations

import socket
import threading
from contextlib import AbstractContextManager
from dataclasses import dataclass

from .line import GOOD, CutLine, LateLine, Line, SilentLine
from .link import Link
from .listener import HOST, Listener, reserve
from .traffic import Meters, Traffic


@dataclass
class Fault:
    """A faulty line, for which requests, and for how many more of them."""

    line: Line
    containing: bytes = b""
    times: int | None = None

    def choose(self, request: bytes) -> Line:
        """Answer the line for this request."""
        if self.times == 0 or self.containing not in request:
            return GOOD
        if self.times is not None:
            self.times -= 1
        return self.line


class Proxy:
    """Listen on a free port of 127.0.0.1 and pass everything on to ``host:port``.

    Entering the context starts it, leaving it closes every connection. Its methods may be called
    from any thread; when they return, they have taken effect.
    """

    def __init__(self, host: str, port: int) -> None:
        self.target: tuple[str, int] = (host, port)
        self.host = HOST
        self._lock = threading.RLock()
        self._links: list[Link] = []
        self._meters = Meters()
        self._fault = Fault(GOOD)
        self._listener: Listener | None = None
        # Keeps the port ours while nobody listens.
        self._reserved = reserve(0)
        self.port: int = self._reserved.getsockname()[1]

    @property
    def address(self) -> str:
        """Host and port with a colon between them."""
        return f"{self.host}:{self.port}"

    def __enter__(self) -> Proxy:
        self.heal()
        return self

    def __exit__(self, *_: object) -> None:
        self.refuse()
        self._reserved.close()

    def measure(self) -> AbstractContextManager[Traffic]:
        """Count from here to the end of a ``with`` block; the numbers grow while it runs."""
        return self._meters.measure()

    def heal(self) -> None:
        """Let the line work again. Connections that swallowed something are reset."""
        self._set(Fault(GOOD))
        self._kill([link for link in self._links if isinstance(link.line, SilentLine)])

    def refuse(self) -> None:
        """Reset every connection and refuse new ones, as a server does that is not running."""
        with self._lock:
            listener, self._listener = self._listener, None
        if listener is not None:
            listener.close()
        self.kill_connections()

    def blackhole(self, *, containing: bytes = b"", times: int | None = None) -> None:
        """Accept connections and requests, pass nothing on and never answer."""
        self._set(Fault(SilentLine(), containing, times))

    def delay(self, seconds: float, *, containing: bytes = b"", times: int | None = None) -> None:
        """Pass requests on at once and their answers ``seconds`` late, even after a ``heal``."""
        self._set(Fault(LateLine(seconds), containing, times))

    def drop_answer(self, *, containing: bytes = b"", times: int | None = None) -> None:
        """Pass requests on, swallow their answers and close: nobody knows whether it was done."""
        self._set(Fault(CutLine(0), containing, times))

    def cut_after(self, count: int, *, containing: bytes = b"", times: int | None = None) -> None:
        """Pass requests on, close after the first ``count`` bytes of their answers."""
        self._set(Fault(CutLine(count), containing, times))

    def kill_connections(self) -> None:
        """Reset every open connection; new ones are welcome unless the line refuses them."""
        if self._listener is not None:
            self._listener.flush()
        self._kill(list(self._links))

    def _set(self, fault: Fault) -> None:
        with self._lock:
            self._fault = fault
            if self._listener is None:
                self._listener = Listener(self.port, self._accepted)

    def _accepted(self, client: socket.socket) -> None:
        self._meters.connected()
        link = Link(client, self.target, self._meters, self._choose)
        with self._lock:
            self._links = [*(other for other in self._links if other.alive), link]

    def _choose(self, request: bytes) -> Line:
        with self._lock:
            return self._fault.choose(request)

    def _kill(self, links: list[Link]) -> None:
        for link in links:
            link.kill()
