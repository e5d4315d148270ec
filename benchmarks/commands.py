"""What a contender asks of its store, counted in its process: SQL statements and file operations.

Other stores are asked over a connection, where :mod:`benchmarks.wire` reads the commands. It is
imported in the environment of Flask-Session 0.8.0 too, so nothing of ours is imported here.
"""

from __future__ import annotations

import os
import sys
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from .backends import SQL

FILE_EVENTS = {
    "open": "open",
    "os.rename": "rename",
    "os.remove": "remove",
    "os.listdir": "list",
    "os.scandir": "list",
    "os.truncate": "truncate",
    "os.utime": "utime",
    "os.chmod": "chmod",
    "fcntl.flock": "lock",
    "fcntl.lockf": "lock",
}


class CommandLog:
    """Listen to SQLAlchemy, or to the audit events of file operations, while somebody counts."""

    def __init__(self, backend: str, address: str) -> None:
        self._counted: Counter[str] | None = None
        self._opened: object = None
        if backend in SQL:
            self._listen_to_sql()
        if backend == "filesystem":
            self._folder = os.path.realpath(address)
            sys.addaudithook(self._audited)

    @contextmanager
    def counting(self) -> Iterator[Counter[str]]:
        """Count until the block ends."""
        self._counted = Counter()
        try:
            yield self._counted
        finally:
            self._counted = None

    def _note(self, name: str) -> None:
        if self._counted is not None:
            self._counted[name] += 1

    def _listen_to_sql(self) -> None:
        from sqlalchemy import event
        from sqlalchemy.engine import Engine

        def executed(connection: Any, cursor: Any, statement: str, *_: Any) -> None:
            self._note(statement.split(None, 1)[0].upper())

        event.listen(Engine, "before_cursor_execute", executed)
        event.listen(Engine, "commit", lambda _: self._note("COMMIT"))

    def _audited(self, event: str, arguments: tuple[Any, ...]) -> None:
        if self._counted is None or event not in FILE_EVENTS:
            return
        if event.startswith("fcntl."):
            self._note("lock")
        elif str(arguments[0]).startswith(self._folder) and not self._is_repeated(event, arguments):
            self._note(FILE_EVENTS[event])

    def _is_repeated(self, event: str, arguments: tuple[Any, ...]) -> bool:
        """Tell whether this is the ``os.open`` of the ``open`` before, which has an opener."""
        by_name, self._opened = self._opened, None
        if event != "open" or arguments[1] is None:
            return event == "open" and by_name == arguments[0]
        self._opened = arguments[0]
        return False
