"""How the cost grows: with threads, with the sessions in the store, and while expired ones go."""

from __future__ import annotations

from statistics import median, quantiles
from typing import Any

from .backends import DAY
from .comparison import Effort, alternate
from .contenders import Contender, contenders
from .filling import fill
from .results import Crowded, Filled, Purged

THREADS = (1, 2, 4, 8, 16)
NUMBERS = (100, 10_000, 100_000)
FILLED = ("redis", "sqlite", "postgresql", "filesystem")
PURGED = ("sqlite", "postgresql", "mariadb", "filesystem")
CROWD_SECONDS = 3.0
"""After which the threads stop, however few requests they have made."""


def crowd(backend: str, address: str, threads: tuple[int, ...], count: int) -> list[Crowded]:
    """Let more and more threads use one app, half of the requests reads and half changes."""
    command = {"backend": backend, "address": address, "size": "small", "threads": max(threads)}
    with contenders(("old", "ours"), command) as started:
        for each in started.values():
            each.ask("crowd", threads=2, count=20, seconds=CROWD_SECONDS)
        return [crowded(started, number, count) for number in threads]


def crowded(started: dict[str, Contender], threads: int, count: int) -> Crowded:
    """Measure each contender with so many threads."""
    runs: dict[str, dict[str, Any]] = {
        name: each.ask("crowd", threads=threads, count=count, seconds=CROWD_SECONDS)
        for name, each in started.items()
    }
    return Crowded(
        threads,
        {name: run["done"] / run["seconds"] for name, run in runs.items()},
        {name: int(run["failed"]) for name, run in runs.items()},
    )


def fill_up(backend: str, address: str, numbers: tuple[int, ...], effort: Effort) -> list[Filled]:
    """Measure a read, a change and a new session with more and more sessions in the store."""
    command = {"backend": backend, "address": address, "size": "small"}
    found, stored = [], 0
    with contenders(("old", "ours"), command) as started:
        for number in numbers:
            for name in ("old", "ours"):
                add(backend, address, started[name], name, stored, number)
            stored = number
            lines = [alternate(started, each, effort) for each in ("read", "change", "create")]
            found.append(Filled(number, lines))
    return found


def add(
    backend: str, address: str, contender: Contender, name: str, first: int, last: int, age: int = 0
) -> None:
    """Store more sessions; in Redis both contenders have the same."""
    if backend == "filesystem":
        contender.ask("fill", first=first, last=last, age=age)
    else:
        fill(backend, address, name, first, last, age)


def purge(backend: str, address: str, rows: int) -> Purged:
    """Remove expired records in one process while another serves."""
    command = {"backend": backend, "address": address, "size": "small"}
    with contenders(("ours",), command) as one, contenders(("ours",), command) as other:
        server, cleaner = one["ours"], other["ours"]
        add(backend, address, cleaner, "ours", 10**6, 10**6 + rows, age=2 * DAY)
        server.ask("latencies", count=50)
        alone = server.ask("latencies", count=1000)
        cleaner.begin("purge")
        meanwhile: list[float] = []
        while not cleaner.is_done():
            meanwhile += server.ask("latencies", count=20)
        removed = cleaner.answer()
    return Purged(
        int(removed["rows"]), removed["seconds"], tail(alone), tail(meanwhile), len(meanwhile)
    )


def tail(latencies: list[float]) -> tuple[float, float]:
    """Answer the median and the 99th percentile."""
    return median(latencies), quantiles(latencies, n=100)[98]
