"""Listen to signals, or to the log, for a while."""

from __future__ import annotations

import logging
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


@contextmanager
def logged() -> Iterator[list[str]]:
    """Collect every log line, whoever writes it, with its traceback."""
    lines: list[str] = []
    handler, formatter = logging.Handler(), logging.Formatter()
    handler.emit = lambda record: lines.append(formatter.format(record))  # type: ignore[method-assign]
    logging.getLogger().addHandler(handler)
    try:
        yield lines
    finally:
        logging.getLogger().removeHandler(handler)
