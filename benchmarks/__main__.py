"""``python -m benchmarks [BACKEND …]``: measure, print, write ``benchmarks/report.md``."""

from __future__ import annotations

from pathlib import Path

import click

from .awake import cpus_awake
from .comparison import QUICK, Effort
from .environments import ROOT, is_installed
from .report import render
from .results import Results
from .run import Plan, measure
from .servers import BACKENDS

HERE = ROOT / "benchmarks"


@click.command()
@click.argument("backends", nargs=-1)
@click.option("--rounds", default=11, show_default=True, help="Batches of each contender.")
@click.option("--quick", is_flag=True, help="Show in seconds that all of it works; no figures.")
@click.option("--to", type=click.Path(path_type=Path), help="Where to write the report.")
@click.option("--again", is_flag=True, help="Only write the report of the last run again.")
def main(backends: tuple[str, ...], rounds: int, quick: bool, to: Path | None, again: bool) -> None:
    """Compare ours, Flask-Session 0.8.0 and the bare client on the named backends, or on all."""
    to = to or (HERE / "results" / "quick.md" if quick else HERE / "report.md")
    kept = HERE / "results" / f"{to.stem}.json"
    if again:
        results = Results.read(kept)
    else:
        plan = Plan(QUICK if quick else Effort(rounds=rounds), quick)
        with cpus_awake() as way:
            results = measure(backends or BACKENDS, plan, lambda line: click.echo(line, err=True))
        results.machine["CPUs kept awake by"] = way
        results.write(kept)
    write(results, to)


def write(results: Results, to: Path) -> None:
    """Write the report and its plot, and print the report."""
    plot = to.with_suffix(".svg") if is_installed("matplotlib") else None
    text = render(results, plot.name if plot else None)
    to.parent.mkdir(parents=True, exist_ok=True)
    to.write_text(text)
    if plot:
        from .plot import draw

        draw(results, plot)
    click.echo(text)
    click.echo(f"written to {to}" + (f" and {plot}" if plot else ""), err=True)


if __name__ == "__main__":
    main()
