"""Alternating batches of the contenders."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from random import Random

from .apps import SIZES
from .contenders import Contender, contenders
from .in_a_view import VIEWED
from .results import Case, Compared, Line

NAMES = ("bare", "old", "ours")
SCENARIOS = ("anonymous", "stale", "untouched", "read", "change", "nested", "create", "logout")
LOOKING = ("untouched", "read", "change")


@dataclass(frozen=True)
class Effort:
    """How long to measure."""

    rounds: int = 11
    """Batches of each contender."""
    batch_seconds: float = 0.05
    """What a batch takes: short, because what disturbs them is to meet all alike, but long enough
    for a process to find its caches warm again."""
    most: int = 400
    """Requests in a batch."""


SLICES = 5
"""Into which a batch is cut, to take turns with the app without sessions."""

QUICK = Effort(rounds=3, batch_seconds=0.005, most=20)


OWN_CASES = {
    "sqlite": [Case("small", {"wal": True})],
    "memcached": [Case(size, {"acknowledged": True}) for size in SIZES],
}
"""Where 0.8.0 has another level of safety by default, it is given ours."""


def cases_of(backend: str) -> list[Case]:
    """Answer what is compared on a backend."""
    sizes = [Case(size) for size in SIZES]
    options = [{"signer": True}, {"signer": False}, {"refresh": False}, {"renewal": True}]
    return [*sizes, *(Case("small", each) for each in options), *OWN_CASES.get(backend, ())]


def scenarios_of(case: Case) -> Sequence[str]:
    """Answer the scenarios in which the case differs from the others."""
    return LOOKING if "renewal" in case.options else SCENARIOS


def compare(backend: str, address: str, case: Case, effort: Effort) -> Compared:
    """Run every scenario of a case."""
    command = {
        "backend": backend, "address": address, "size": case.size, "options": case.options,
    }  # fmt: skip
    is_default = case.size == "small" and not case.options
    with contenders((*NAMES, *(("viewed",) if is_default else ())), command) as started:
        lines = [alternate(started, scenario, effort) for scenario in scenarios_of(case)]
    return Compared(case, lines)


def alternate(started: dict[str, Contender], scenario: str, effort: Effort) -> Line:
    """Let the contenders run a batch each, in turn; the order changes from round to round.

    Batches take about equally long: in a few requests beside the many of a slower contender, a fast
    one would never find its caches warm. Each app takes turns with one without sessions in the same
    process. The first round warms up and is not counted.
    """
    names = [name for name in started if name != "viewed" or scenario in VIEWED]
    counts = {name: batch_size(started[name], scenario, effort) for name in names}
    line = Line(scenario, {name: [] for name in names}, {})
    for each in range(effort.rounds + 1):
        for name in Random(each).sample(names, len(names)):
            seconds, without = started[name].compare(scenario, counts[name], SLICES)
            if each:
                line.note(name, seconds, without, SLICES * counts[name])
    return line


def batch_size(contender: Contender, scenario: str, effort: Effort) -> int:
    """Choose how many requests a slice has, for a batch to be long enough and to alternate."""
    contender.run(scenario, 5)
    seconds = contender.run(scenario, 10) / 10
    return max(1, min(effort.most, int(effort.batch_seconds / seconds)) // SLICES)
