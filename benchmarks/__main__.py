"""``python -m benchmarks [BACKEND …]``: measure, print, write ``benchmarks/results/report.md``."""

from __future__ import annotations

from pathlib import Path
from statistics import median

import click

from .comparison import Case, Line, compare
from .counting import Count, count
from .servers import BACKENDS, NETWORKED, address_of

REPORT = Path("benchmarks/results/report.md")
HEAD = "scenario    bare µs    old µs   ours µs   old/ours [quartiles]    ours/bare [quartiles]"
COUNT_HEAD = "scenario   round trips old / ours   bytes sent old / ours   received old / ours"


def cases_of(backend: str) -> list[Case]:
    """Answer what is compared on a backend."""
    sizes = [Case(backend, size, {}) for size in ("small", "2KB", "100KB")]
    signed = [Case(backend, "small", {"signer": on}) for on in (True, False)]
    return [*sizes, *signed, Case(backend, "small", {"refresh": False})]


def shown(line: Line) -> str:
    """Write one scenario; the times are net of an app without sessions."""
    net = {name: median(line.net(name)) for name in ("bare", "old", "ours")}
    times = "".join(f"{net[name]:10.1f}" for name in ("bare", "old", "ours"))
    old, low, high = line.ratio("old", "ours")
    text = f"{line.scenario:9}{times}  {old:7.2f} [{low:.2f}, {high:.2f}]"
    if line.scenario == "anonymous":
        return text
    bare, low, high = line.ratio("ours", "bare")
    return f"{text}  {bare:7.2f} [{low:.2f}, {high:.2f}]"


def shown_count(each: Count) -> str:
    """Write what one request of a scenario puts on the wire."""
    pairs = (each.round_trips, each.sent, each.received)
    return f"{each.scenario:9}" + "".join(f"{p['old']:12.1f} / {p['ours']:8.1f}" for p in pairs)


@click.command()
@click.argument("backends", nargs=-1)
@click.option("--rounds", default=15, show_default=True, help="Batches of each contender.")
@click.option("--first", is_flag=True, help="Only the first case of each backend.")
def main(backends: tuple[str, ...], rounds: int, first: bool) -> None:
    """Compare ours, Flask-Session 0.8.0 and the bare client on the named backends, or on all."""
    report: list[str] = []

    def say(line: str) -> None:
        click.echo(line)
        report.append(line)

    for backend in backends or BACKENDS:
        with address_of(backend) as address:
            for case in cases_of(backend)[: 1 if first else None]:
                say(f"\n{case.title}\n{HEAD}")
                for line in compare(case, address, rounds):
                    say(shown(line))
            if backend in NETWORKED:
                say(f"\n{backend}, small session, on the wire per request\n{COUNT_HEAD}")
                for each in count(Case(backend, "small", {}), address):
                    say(shown_count(each))
    REPORT.parent.mkdir(parents=True, exist_ok=True)
    REPORT.write_text("```\n" + "\n".join(report) + "\n```\n")


if __name__ == "__main__":
    main()
