"""Run two requests one store verb at a time, in every order there is.

A request does something others can see only by a verb, so the orders of the verbs are all the
orders. Each run repeats the choices of an earlier one and then departs from it, until nothing is
left to try: no sleeping, no luck.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from queue import Queue
from threading import Semaphore, Thread, get_ident
from typing import Any

from .watching import Call

Jobs = Mapping[str, Callable[[], Any]]
Order = tuple[str, ...]
PATIENCE = 60.0


@dataclass
class Run:
    """One order of two requests: who did which verb when, and what came of it."""

    steps: list[tuple[str, str]] = field(default_factory=list)
    """The name of the request and its verb, in order."""
    rivals: list[set[str]] = field(default_factory=list)
    """Who else could have gone, step by step."""
    ended: list[str] = field(default_factory=list)
    """The requests in the order in which they ended."""
    results: dict[str, Any] = field(default_factory=dict)

    @property
    def order(self) -> Order:
        """The names, step by step."""
        return tuple(name for name, _ in self.steps)

    def __str__(self) -> str:
        return ", ".join(f"{name} {verb}" for name, verb in self.steps)


class Turnstile:
    """Holds each request at its next verb until it is its turn; set ``gate`` as a store's hook."""

    def __init__(self) -> None:
        self._events: Queue[tuple[str, str]] = Queue()
        self._names: dict[int, str] = {}
        self._turns: dict[str, Semaphore] = {}

    def gate(self, call: Call) -> None:
        """Wait for the turn of this thread's request; let other threads pass."""
        name = self._names.get(get_ident())
        if name is not None:
            self._events.put((name, call.verb))
            assert self._turns[name].acquire(timeout=PATIENCE), "nobody let this request go on"

    def run(self, jobs: Jobs, order: Order = ()) -> Run:
        """Run the jobs in threads of their own, in ``order`` as far as that goes."""
        run, waiting = Run(), dict[str, str]()
        for name, job in jobs.items():
            self._turns[name] = Semaphore(0)
            Thread(target=self._perform, args=(run, name, job)).start()
        while len(run.ended) < len(jobs):
            self._wait(run, waiting, len(jobs))
            if waiting:
                self._let_go(run, waiting, order)
        return run

    def _perform(self, run: Run, name: str, job: Callable[[], Any]) -> None:
        self._names[get_ident()] = name
        try:
            run.results[name] = job()
        except BaseException as error:
            run.results[name] = error
        finally:
            del self._names[get_ident()]
            self._events.put((name, ""))

    def _wait(self, run: Run, waiting: dict[str, str], jobs: int) -> None:
        """Collect what every request wants next, until all of them stand still."""
        while len(waiting) + len(run.ended) < jobs:
            name, verb = self._events.get(timeout=PATIENCE)
            if verb:
                waiting[name] = verb
            else:
                run.ended.append(name)

    def _let_go(self, run: Run, waiting: dict[str, str], order: Order) -> None:
        position = len(run.steps)
        wanted = order[position] if position < len(order) else min(waiting)
        name = wanted if wanted in waiting else min(waiting)
        run.steps.append((name, waiting.pop(name)))
        run.rivals.append(set(waiting))
        self._turns[name].release()


def all_orders(run: Callable[[Order], Run]) -> Iterator[Run]:
    """Perform ``run`` once for each order of the verbs that it turns out to have."""
    pending: list[Order] = [()]
    while pending:
        prefix = pending.pop()
        done = run(prefix)
        for position in range(len(prefix), len(done.steps)):
            for rival in done.rivals[position]:
                pending.append((*done.order[:position], rival))
        yield done
