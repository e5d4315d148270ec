"""Counting what goes through the proxy."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass


@dataclass
class Traffic:
    """What went through the proxy.

    ``round_trips`` counts how often a client began to send: first of all, or after an answer. A
    request in many packets, or a pipeline, is one. ``sent`` is everything the clients sent, in the
    order of arrival; ``received`` is the number of bytes they were answered. What a fault swallowed
    was sent, and was not received.
    """

    connections: int = 0
    round_trips: int = 0
    sent: bytes = b""
    received: int = 0


class Meters:
    """Every measurement that is going on; each event counts in all of them."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._running: list[Traffic] = []

    @contextmanager
    def measure(self) -> Iterator[Traffic]:
        """Count from here to the end of the block; the numbers grow while it runs."""
        traffic = Traffic()
        with self._lock:
            self._running.append(traffic)
        try:
            yield traffic
        finally:
            with self._lock:
                self._running = [other for other in self._running if other is not traffic]

    def connected(self) -> None:
        """Count a connection."""
        with self._lock:
            for traffic in self._running:
                traffic.connections += 1

    def requested(self, chunk: bytes, begins: bool) -> None:
        """Count what a client sent; ``begins`` says that the request begins with it."""
        with self._lock:
            for traffic in self._running:
                traffic.sent += chunk
                traffic.round_trips += begins

    def answered(self, chunk: bytes) -> None:
        """Count what a client received."""
        with self._lock:
            for traffic in self._running:
                traffic.received += len(chunk)
