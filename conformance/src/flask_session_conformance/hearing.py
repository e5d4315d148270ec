"""Listen to signals for a while."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from blinker import Signal


@contextmanager
def heard(signal: Signal) -> Iterator[list[dict[str, Any]]]:
    """Collect the payload of a signal each time it is sent, from whatever thread."""
    payloads: list[dict[str, Any]] = []

    def listen(sender: Any, **payload: Any) -> None:
        payloads.append(payload)

    with signal.connected_to(listen):
        yield payloads
