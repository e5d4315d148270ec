"""What the project set itself, and what of it a run reached."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import product
from statistics import median

from .in_a_view import VIEWED
from .results import Backend, Compared, Line, Results, Spread

LEVEL = 0.01
"""Differences below one hundredth of the whole request are no difference."""


@dataclass(frozen=True)
class Verdict:
    """One target on one backend."""

    target: str
    backend: str
    figure: str
    reached: bool


def verdicts(results: Results) -> Iterator[Verdict]:
    """Judge every target on every backend it names and that was measured."""
    for backend in results.backends:
        yield not_slower("no scenario slower than 0.8.0", backend.name, backend.compared)
        yield from waiting(backend)
        yield from untouched(backend)
        yield from large(backend)
        for name, factors in FASTER.items():
            if name == backend.name:
                yield from faster(backend, factors)
        for names, limit in NEAR.items():
            if backend.name in names:
                yield from near(backend, limit)


FASTER = {"redis": {"read": 2.5, "change": 1.3}, "sqlite": {"read": 4.0, "change": 2.5}}
NEAR = {
    ("redis", "memcached"): 1.4,
    ("sqlite", "postgresql"): 1.3,
    ("mongodb", "dynamodb"): 1.3,
}
BARE = {"bare": "the bare client", "viewed": "the bare client in a view"}


def not_slower(target: str, backend: str, compared: list[Compared]) -> Verdict:
    """No scenario slower than 0.8.0: the median of the differences, pair by pair."""
    lines = [(case, line) for case in compared for line in case.lines]
    slower = [(case, line) for case, line in lines if is_slower(line)]
    named = "; ".join(f"{line.scenario} ({case.case.title})" for case, line in slower)
    figure = f"{len(lines)} scenarios, " + (f"slower: {named}" if slower else "none slower")
    return Verdict(target, backend, figure, not slower)


def waiting(backend: Backend) -> Iterator[Verdict]:
    """The same where 0.8.0 is made to wait for its writes, as ours does."""
    compared = [case for case in backend.compared if "acknowledged" in case.case.options]
    if compared:
        yield not_slower("no scenario slower than 0.8.0 that waits", backend.name, compared)


def is_slower(line: Line) -> bool:
    """Tell whether 0.8.0 is faster, by more than a hundredth and in three of four rounds."""
    middle, _, high = line.gain()
    return high < 0 and middle < -LEVEL * median(line.times["old"])


def untouched(backend: Backend) -> Iterator[Verdict]:
    """A view that does not look at the session costs 10 µs at most."""
    for case in sized(backend, "small"):
        cost = median(case.line("untouched").net("ours"))
        target = "untouched within 10 µs of an app without sessions"
        yield Verdict(target, backend.name, f"{cost:.1f} µs", cost <= 10)


def faster(backend: Backend, factors: dict[str, float]) -> Iterator[Verdict]:
    """Times faster than 0.8.0, net."""
    for case in sized(backend, "small"):
        for scenario, factor in factors.items():
            ratio = case.line(scenario).ratio("old", "ours")
            yield at_least(f"{scenario} ≥ {factor} × faster than 0.8.0", backend, ratio, factor)


def large(backend: Backend) -> Iterator[Verdict]:
    """One key of a session of 100 KB."""
    for case in sized(backend, "100KB"):
        change = case.line("change").ratio("ours", "old")
        yield at_most("100 KB, one key changed: ≤ 1.2 × 0.8.0's cost", backend, change, 1.2)
        read = case.line("read").ratio("old", "ours")
        yield at_least("100 KB, one key read: ≥ 2 × faster", backend, read, 2.0)


def near(backend: Backend, limit: float) -> Iterator[Verdict]:
    """To reach for: near the bare client."""
    for case in sized(backend, "small"):
        for scenario, (name, what) in product(VIEWED, BARE.items()):
            ratio = case.line(scenario).ratio("ours", name)
            target = f"to reach for: {scenario} ≤ {limit} × {what}"
            yield at_most(target, backend, ratio, limit)


def sized(backend: Backend, size: str) -> Iterator[Compared]:
    """Answer the case of a size, if it was measured."""
    found = backend.default(size)
    if found is not None:
        yield found


def at_least(target: str, backend: Backend, ratio: Spread | None, factor: float) -> Verdict:
    """Judge a ratio that should be large; none means that ours costs next to nothing."""
    return judged(target, backend, ratio, lambda value: value >= factor)


def at_most(target: str, backend: Backend, ratio: Spread | None, limit: float) -> Verdict:
    """Judge a ratio that should be small."""
    return judged(target, backend, ratio, lambda value: value <= limit)


def judged(
    target: str, backend: Backend, ratio: Spread | None, is_good: Callable[[float], bool]
) -> Verdict:
    """Judge by the median of the pairs."""
    if ratio is None:
        return Verdict(target, backend.name, "too small to measure", True)
    return Verdict(target, backend.name, shown(ratio), is_good(ratio[0]))


def shown(ratio: Spread | None) -> str:
    """Write a ratio with its quartiles."""
    return "–" if ratio is None else f"{ratio[0]:.2f} ({ratio[1]:.2f} … {ratio[2]:.2f})"
