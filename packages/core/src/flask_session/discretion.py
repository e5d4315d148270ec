"""Keep session ids and data out of the debug logs of client libraries."""

from __future__ import annotations

import logging
from contextlib import ContextDecorator
from threading import local


class Discretion(logging.Filter, ContextDecorator):
    """Silence some loggers in this thread while a store talks to its server.

    Some client libraries log every command and every answer at DEBUG. A backend names their
    loggers once, ``QUIETLY = Discretion("library.commands")``, and puts ``@QUIETLY`` on verbs, or
    ``with QUIETLY:`` around a command. What the application does with the same library is logged
    as before.
    """

    def __init__(self, *loggers: str) -> None:
        super().__init__()
        self._depth = local()
        for name in loggers:
            logging.getLogger(name).addFilter(self)

    def __enter__(self) -> None:
        self._depth.value = getattr(self._depth, "value", 0) + 1

    def __exit__(self, *_: object) -> None:
        self._depth.value -= 1

    def filter(self, record: logging.LogRecord) -> bool:
        """Let a record pass unless it is of level DEBUG and this thread in a store's command."""
        return record.levelno > logging.DEBUG or not getattr(self._depth, "value", 0)
