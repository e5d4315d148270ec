"""Visitors who do not stop while a server of a topology dies, and what has to be true of it.

::

    with Traffic(site) as traffic:
        traffic.wait_for(300)
        since = time.monotonic()
        wait_until_replicated()
        group.kill_node("primary1")
        traffic.excuse(since, time.monotonic())     # what may not have reached the new primary
        traffic.wait_until_well()
        traffic.wait_for(300)
    traffic.check()

Excused is what the server itself may lose: the end of such a write or log-out is unknown. All else
has to hold, the log-outs by the old cookies being sent once more.
"""

from __future__ import annotations

import random
import time
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from threading import Event

from .history import OK, UNKNOWN, History, Operation
from .site import Site, Visitor
from .views import View, clear, items, put

PAUSE = 0.01
LONGEST_OUTAGE = 15.0
PATIENCE = 40.0
REQUESTS, LOG_OUTS = 500, 20


@dataclass(frozen=True)
class Answered:
    """When a request was answered, and how."""

    at: float
    status: int
    visitor: str


class Traffic:
    """Visitors of a site, each in a thread: they write, read, log out and come back."""

    def __init__(self, site: Site, visitors: int = 6) -> None:
        self.site = site
        self.history: History = History()
        self.answers: list[Answered] = []
        self.ghosts: list[tuple[str, Visitor]] = []
        self._visitors = {f"visitor {number}": site.visitor() for number in range(visitors)}
        self._end = Event()
        self._pool = ThreadPoolExecutor(visitors)
        self._threads: list[Future[None]] = []

    def __enter__(self) -> Traffic:
        self._threads = [self._pool.submit(self._live, *each) for each in self._visitors.items()]
        return self

    def __exit__(self, kind: object, error: BaseException | None, trace: object) -> None:
        self._end.set()
        self._pool.shutdown()
        if error is None:
            for thread in self._threads:
                thread.result()

    def wait_for(self, requests: int, status: int = 200) -> None:
        """Return when so many more requests have been answered with this status."""
        began = time.monotonic()
        self._wait(lambda: len(self._answers(began, status)) >= requests)

    def wait_until_well(self) -> None:
        """Return when every visitor has had an answer with success."""
        began = time.monotonic()
        everybody = set(self._visitors)
        self._wait(lambda: {each.visitor for each in self._answers(began, 200)} == everybody)

    def excuse(self, since: float, until: float, *kinds: str) -> None:
        """Call the end of what was under way between two times unknown, the server may lose it."""
        for each in self.history.operations:
            if each.kind in (kinds or ("write", "log out")) and each.end >= since:
                each.outcome = UNKNOWN if each.start <= until else each.outcome

    def check(self) -> None:
        """Fail unless everything was as it has to be, but for what was excused."""
        for name, ghost in self.ghosts:
            self._request(name, ghost, Operation(name, "read"), items)
        for name, visitor in self._visitors.items():
            self._request(name, visitor, Operation(name, "read"), items)
        failures = [each.at for each in self.answers if each.status == 503]
        assert {each.status for each in self.answers} <= {200, 503}
        assert failures, "nobody noticed that a server was away"
        assert failures[-1] - failures[0] <= LONGEST_OUTAGE
        assert len(self.answers) >= REQUESTS
        assert len(self.ghosts) >= LOG_OUTS
        assert self.history.anomalies() == []

    def _live(self, name: str, visitor: Visitor) -> None:
        chance = random.Random(name)
        while not self._end.wait(PAUSE):
            kind = chance.choices(["write", "read", "log out"], [5, 4, 1])[0]
            if kind == "log out":
                self._log_out(name, visitor)
            elif kind == "read":
                self._request(name, visitor, Operation(name, "read"), items)
            else:
                key, token = str(chance.randrange(3)), self.history.token(name)
                operation = Operation(name, "write", key, token)
                self._request(name, visitor, operation, put(**{key: token}))

    def _log_out(self, name: str, visitor: Visitor) -> None:
        ghost = visitor.twin()
        operation = Operation(name, "log out")
        self._request(name, visitor, operation, clear)
        if ghost.cookie is not None and operation.outcome == OK:
            self.ghosts.append((name, ghost))

    def _request(self, name: str, visitor: Visitor, operation: Operation, view: View) -> None:
        operation.start = time.monotonic()
        self.history.operations.append(operation)
        answer = visitor.visit(view)
        operation.end = time.monotonic()
        if answer.status == 200:
            operation.seen = answer.result if operation.kind == "read" else {}
            operation.outcome = OK
        self.answers.append(Answered(operation.end, answer.status, name))

    def _answers(self, since: float, status: int) -> list[Answered]:
        return [each for each in self.answers if each.at >= since and each.status == status]

    def _wait(self, reached: Callable[[], bool]) -> None:
        deadline = time.monotonic() + PATIENCE
        while not reached():
            assert time.monotonic() < deadline, "the visitors are not served"
            time.sleep(0.05)
