"""Alternating batches of the contenders, and what they come to."""

from __future__ import annotations

from dataclasses import dataclass
from statistics import median, quantiles
from typing import Any

from .contenders import Contender, contenders

NAMES = ("plain", "bare", "old", "ours")
SCENARIOS = ("anonymous", "stale", "untouched", "read", "change", "nested", "create", "logout")
BATCH_SECONDS = 0.05
MOST = 400


@dataclass(frozen=True)
class Case:
    """One line of the report; ``options`` are ``signer`` and ``refresh`` where they are set."""

    backend: str
    size: str
    options: dict[str, Any]

    @property
    def title(self) -> str:
        """Name the case."""
        chosen = ", ".join(f"{name} {'on' if on else 'off'}" for name, on in self.options.items())
        return f"{self.backend}, {self.size} session, {chosen or 'default settings'}"


@dataclass(frozen=True)
class Line:
    """One scenario: microseconds per request of each contender, batch by batch."""

    scenario: str
    times: dict[str, list[float]]

    def net(self, name: str) -> list[float]:
        """Answer what a contender costs beyond the same app without sessions, batch by batch."""
        if name == "bare":
            return self.times["bare"]
        pairs = zip(self.times[name], self.times["plain"], strict=True)
        return [one - other for one, other in pairs]

    def ratio(self, name: str, other: str) -> tuple[float, float, float]:
        """Answer the median and the quartiles of the ratio of the net costs, pair by pair."""
        pairs = zip(self.net(name), self.net(other), strict=True)
        ratios = [one / max(two, 0.1) for one, two in pairs]
        low, _, high = quantiles(ratios, n=4)
        return median(ratios), low, high


def compare(case: Case, address: str, rounds: int) -> list[Line]:
    """Run every scenario of a case."""
    with contenders(NAMES, case.backend, address, case.size, case.options) as started:
        return [alternate(started, scenario, rounds) for scenario in SCENARIOS]


def alternate(started: dict[str, Contender], scenario: str, rounds: int) -> Line:
    """Let the contenders run a batch each, in turn, ``rounds`` times; the first is not counted."""
    count = batch_size(started["old"], scenario)
    times: dict[str, list[float]] = {name: [] for name in started}
    for each in range(rounds + 1):
        for name, contender in started.items():
            seconds = contender.run(scenario, count)
            if each:
                times[name].append(seconds / count * 1e6)
    return Line(scenario, times)


def batch_size(contender: Contender, scenario: str) -> int:
    """Choose how many requests take long enough to be timed and short enough to alternate."""
    contender.run(scenario, 5)
    seconds = contender.run(scenario, 10) / 10
    return max(10, min(MOST, int(BATCH_SECONDS / seconds)))
