"""``python -m benchmarks [BACKEND …]``: measure, print, and write ``benchmarks/report.md``."""

from __future__ import annotations

import click

from .comparison import Case, compare
from .servers import BACKENDS, address_of

QUICK = 15


def cases_of(backend: str) -> list[Case]:
    """Answer what is compared on a backend."""
    sizes = [Case(backend, size, {}) for size in ("small", "2KB", "100KB")]
    signed = [Case(backend, "small", {"signer": on}) for on in (True, False)]
    return [*sizes, *signed, Case(backend, "small", {"refresh": False})]


@click.command()
@click.argument("backends", nargs=-1)
@click.option("--rounds", default=QUICK, show_default=True, help="Batches of each contender.")
@click.option("--first", is_flag=True, help="Only the first case of each backend.")
def main(backends: tuple[str, ...], rounds: int, first: bool) -> None:
    """Compare ours, Flask-Session 0.8.0 and the bare client on the named backends, or on all."""
    for backend in backends or BACKENDS:
        with address_of(backend) as address:
            for case in cases_of(backend)[: 1 if first else None]:
                click.echo(case.title)
                for line in compare(case, address, rounds):
                    show(line)


def show(line: object) -> None:
    """Print one scenario."""
    from statistics import median

    net = {name: median(line.net(name)) for name in ("bare", "old", "ours")}  # type: ignore[attr-defined]
    old, bare = line.ratio("old", "ours"), line.ratio("ours", "bare")  # type: ignore[attr-defined]
    click.echo(
        f"  {line.scenario:10} bare {net['bare']:8.1f}  old {net['old']:8.1f}  ours {net['ours']:8.1f}"  # type: ignore[attr-defined]
        f"  old/ours {old[0]:6.2f} [{old[1]:.2f}, {old[2]:.2f}]"
        f"  ours/bare {bare[0]:5.2f} [{bare[1]:.2f}, {bare[2]:.2f}]"
    )


if __name__ == "__main__":
    main()
