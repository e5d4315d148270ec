"""Judge what many workers did to many sessions at once.

Every operation is noted with its beginning, its end and what was answered. Written values are
unique, so that each one found later tells who wrote it and when. The verdict only relies on what
is certain: of two operations that overlap, either may have come first.
"""

from __future__ import annotations

import itertools
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

OK, UNKNOWN = "ok", "unknown"


@dataclass
class Operation:
    """One request: ``kind`` is "write", "read" or "log out"; times are seconds of one clock."""

    visitor: str
    kind: str
    key: str = ""
    token: str = ""
    seen: Mapping[str, Any] = field(default_factory=dict)
    start: float = 0.0
    end: float = 0.0
    outcome: str = UNKNOWN
    """``ok``: answered with success. ``unknown``: an error or no answer; it may have been done."""

    def surely_before(self, other: Operation) -> bool:
        """Tell whether this one had ended when the other began."""
        return self.end < other.start


class History:
    """All operations of a test; several threads may add to it."""

    def __init__(self) -> None:
        self.operations: list[Operation] = []
        self._numbers = itertools.count()

    def note(self, operation: Operation, act: Callable[[], Mapping[str, Any] | None]) -> Operation:
        """Perform an operation and note it; what ``act`` answers was seen.

        ``act`` raises AssertionError where the answer was an error.
        """
        self.operations.append(operation)
        operation.start = time.monotonic()
        try:
            operation.seen = act() or {}
            operation.outcome = OK
        except AssertionError:
            operation.outcome = UNKNOWN
        finally:
            operation.end = time.monotonic()
        return operation

    def token(self, visitor: str) -> str:
        """Make a value that nobody else writes."""
        return f"{visitor} wrote {next(self._numbers)}"

    def anomalies(self) -> list[str]:
        """Answer everything that must not have happened, in words."""
        return [*self._leaks(), *self._resurrections(), *self._lost_updates()]

    def _kind(self, kind: str) -> list[Operation]:
        return [each for each in self.operations if each.kind == kind]

    def _leaks(self) -> Iterator[str]:
        writers = {each.token: each.visitor for each in self._kind("write")}
        for read in self._kind("read"):
            for token in read.seen.values():
                if writers.get(token, read.visitor) != read.visitor:
                    yield f"leak: {read.visitor} sees what {writers[token]} wrote"

    def _resurrections(self) -> Iterator[str]:
        written = {each.token: each for each in self._kind("write")}
        for read in self._kind("read"):
            for end in self._kind("log out"):
                if end.visitor == read.visitor and end.outcome == OK and end.surely_before(read):
                    old = [token for token in read.seen.values() if token in written]
                    if any(written[token].surely_before(end) for token in old):
                        yield f"resurrection: {read.visitor} sees data from before a log-out"

    def _lost_updates(self) -> Iterator[str]:
        for read in self._last_reads():
            for write in self._kind("write"):
                if (
                    write.visitor == read.visitor
                    and write.outcome == OK
                    and write.surely_before(read)
                    and read.seen.get(write.key) != write.token
                    and not self._excused(write)
                ):
                    yield f"lost update: {write.token} to {write.key}"

    def _last_reads(self) -> list[Operation]:
        reads = [each for each in self._kind("read") if each.outcome == OK]
        return list({read.visitor: read for read in sorted(reads, key=lambda r: r.start)}.values())

    def _excused(self, write: Operation) -> bool:
        """Tell whether something that may have come later can have replaced what was written."""
        return any(
            each is not write
            and each.visitor == write.visitor
            and not each.surely_before(write)
            and (each.kind == "log out" or (each.kind == "write" and each.key == write.key))
            for each in self.operations
        )
