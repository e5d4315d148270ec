"""One run: every measurement of every backend."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from . import imports, scaling, serving, wire
from .comparison import QUICK, Effort, cases_of, compare
from .contenders import contenders
from .environments import is_installed, versions
from .in_a_view import VIEWED
from .machine import describe
from .results import Backend, Results
from .servers import address_of, empty, version_of

Say = Callable[[str], None]


@dataclass(frozen=True)
class Plan:
    """How much is measured."""

    effort: Effort
    quick: bool = False

    @property
    def threads(self) -> tuple[int, ...]:
        """The numbers of threads."""
        return scaling.THREADS[:2] if self.quick else scaling.THREADS

    @property
    def numbers(self) -> tuple[int, ...]:
        """The numbers of sessions in the store."""
        return scaling.NUMBERS[:1] if self.quick else scaling.NUMBERS

    @property
    def expired(self) -> int:
        """The rows to purge."""
        return 500 if self.quick else 100_000

    @property
    def filled(self) -> Effort:
        """The effort with many sessions in the store."""
        return QUICK if self.quick else Effort(rounds=max(5, self.effort.rounds // 2))


def measure(backends: tuple[str, ...], plan: Plan, say: Say) -> Results:
    """Measure the named backends, and what they have in common."""
    results = Results(describe(), versions(), plan.effort.rounds, plan.quick)
    say("import time")
    times = 3 if plan.quick else 15
    results.imported = {name: imports.measure(name, times) for name in ("old", "ours")}
    for backend in backends:
        with address_of(backend) as address:
            results.backends.append(measure_backend(backend, address, plan, say))
    for backend in purged(backends):
        say(f"{backend}: purge while serving")
        with address_of(backend) as address:
            results.purged[backend] = scaling.purge(backend, address, plan.expired)
    return results


def purged(backends: tuple[str, ...]) -> list[str]:
    """Answer which of the backends are purged: MariaDB too, if all are measured."""
    named = (*backends, "mariadb") if len(backends) > 1 else backends
    return [backend for backend in scaling.PURGED if backend in named]


def measure_backend(backend: str, address: str, plan: Plan, say: Say) -> Backend:
    """Measure everything about one backend but the purge."""
    found = Backend(backend, version_of(backend, address))
    for case in cases_of(backend)[: 1 if plan.quick else None]:
        say(f"{backend}: {case.title}")
        found.compared.append(compare(backend, address, case, plan.effort))
        empty(backend, address)
    say(f"{backend}: commands, round trips and bytes")
    found.counts = wire.count(backend, address)
    say(f"{backend}: where the time goes")
    found.breakdowns = break_down(backend, address, 10 if plan.quick else 50)
    say(f"{backend}: threads")
    found.crowded = scaling.crowd(backend, address, plan.threads, 40 if plan.quick else 600)
    if is_installed("gunicorn"):
        say(f"{backend}: gunicorn")
        rounds, count = (1, 40) if plan.quick else (4, 400)
        found.served = serving.serve(backend, address, rounds, count)
    if backend in scaling.FILLED:
        say(f"{backend}: many sessions")
        found.filled = scaling.fill_up(backend, address, plan.numbers, plan.filled)
    return found


def break_down(backend: str, address: str, count: int) -> dict[str, dict[str, float]]:
    """Tell where the time of a read and of a change goes."""
    command: dict[str, Any] = {"backend": backend, "address": address, "size": "small"}
    with contenders(("ours",), command) as started:
        return {
            scenario: started["ours"].ask("break_down", scenario=scenario, count=count)
            for scenario in VIEWED
        }
