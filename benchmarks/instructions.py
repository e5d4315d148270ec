"""Machine instructions per request, counted by valgrind: nearly exact where times are not.

``python -m benchmarks.instructions redis``. What the processor does in the kernel and in the server
is not in them: that is the same for whoever sends the same commands. No part of `make bench`, since
valgrind has to be there; all backends take it half an hour.
"""

from __future__ import annotations

import os
import re
import subprocess

import click

from .environments import ROOT, python_of
from .servers import BACKENDS, address_of

SCENARIOS = ("untouched", "read", "change")
WARM, FEW, MANY = 20, 10, 60
CHILD = """
import gc, sys
from benchmarks.apps import AppScenarios
contender, backend, address, scenario, warm, count = sys.argv[1:]
command = {"contender": contender, "backend": backend, "address": address, "size": "small"}
scenarios = AppScenarios(command)
scenarios.run(scenario, int(warm))
gc.collect()
gc.disable()
scenarios.run(scenario, int(count))
"""
COUNTING = ("valgrind", "--tool=cachegrind", "--cache-sim=no", "--cachegrind-out-file=/dev/null")


def total(contender: str, *arguments: str) -> int:
    """Count the instructions of a whole process."""
    child = [str(python_of(contender)), "-c", CHILD, contender, *arguments]
    ended = subprocess.run(
        [*COUNTING, *child],
        cwd=ROOT,
        env={**os.environ, "PYTHONHASHSEED": "0", "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=True,
    )
    found = re.search(r"I\s+refs:\s+([\d,]+)", ended.stderr)
    assert found, ended.stderr
    return int(found[1].replace(",", ""))


def per_request(contender: str, backend: str, address: str, scenario: str) -> float:
    """Count those of a request: what many take beyond a few."""
    few, many = (
        total(contender, backend, address, scenario, str(WARM), str(number))
        for number in (FEW, MANY)
    )
    return (many - few) / (MANY - FEW)


@click.command()
@click.argument("backends", nargs=-1, type=click.Choice(BACKENDS))
def main(backends: tuple[str, ...]) -> None:
    """Count thousands of instructions per request, net of an app without sessions."""
    for backend in backends or BACKENDS:
        with address_of(backend) as address:
            for scenario in SCENARIOS:
                plain, old, ours = (
                    per_request(contender, backend, address, scenario) / 1000
                    for contender in ("plain", "old", "ours")
                )
                click.echo(
                    f"{backend} {scenario}: 0.8.0 {old - plain:.0f}, ours {ours - plain:.0f} "
                    f"(the app without sessions {plain:.0f})"
                )


if __name__ == "__main__":
    main()
