"""The part of the report about threads, processes, full stores and purges."""

from __future__ import annotations

from collections.abc import Iterator
from statistics import median

from .markdown import figures, table
from .results import Backend, Crowded, Filled, Results, Served
from .verdict import shown


def about(backend: Backend) -> Iterator[str]:
    """Write how a backend scales."""
    if backend.crowded:
        yield "### Threads on one app"
        yield (
            "Requests per second of one process, each thread with a visitor of its own who reads "
            "and changes in turn. What did not answer 200 is counted as failed."
        )
        head = ["threads", "0.8.0", "ours", "failed 0.8.0", "failed ours"]
        yield table(head, map(crowded, backend.crowded))
    if backend.served:
        yield "### gunicorn, 2 workers with 4 threads each, over HTTP"
        yield "Eight clients on the same machine. Rate, and milliseconds as the client sees them."
        head = ["scenario", "contender", "requests/s", "median ms", "p99 ms"]
        yield table(head, [row for each in backend.served for row in served(each)])
    if backend.filled:
        yield "### Sessions in the store"
        head = ["sessions", "scenario", "0.8.0 µs", "ours µs", "0.8.0 / ours"]
        yield table(head, [row for each in backend.filled for row in filled(each)])


def crowded(each: Crowded) -> list[str]:
    """Write one number of threads."""
    rates = [figures(each.rates[name]) for name in ("old", "ours")]
    return [str(each.threads), *rates, *(str(each.failed[name]) for name in ("old", "ours"))]


def served(each: Served) -> Iterator[list[str]]:
    """Write one scenario."""
    for name, title in (("plain", "no sessions"), ("old", "0.8.0"), ("ours", "ours")):
        values = (each.rates[name], each.medians[name], each.p99[name])
        yield [each.scenario, title, *map(figures, values)]


def filled(each: Filled) -> Iterator[list[str]]:
    """Write one number of sessions; the times are net."""
    for line in each.lines:
        net = [figures(median(line.net(name))) for name in ("old", "ours")]
        yield [f"{each.number:,}".replace(",", " "), line.scenario, *net,
               shown(line.ratio("old", "ours"))]  # fmt: skip


def purge(results: Results) -> Iterator[str]:
    """Write what serving is like during a purge."""
    if not results.purged:
        return
    yield "## Purge while serving"
    yield (
        "One process removes expired records, another serves four reads and a change in turn. "
        "Milliseconds per request."
    )
    rows = [
        [
            name,
            str(each.rows),
            f"{each.seconds:.1f}",
            str(each.requests),
            *(f"{value / 1000:.2f}" for value in (*each.alone, *each.meanwhile)),
        ]
        for name, each in results.purged.items()
    ]
    head = ["", "expired", "seconds", "requests", "median alone", "p99 alone"]
    yield table([*head, "median meanwhile", "p99 meanwhile"], rows)
