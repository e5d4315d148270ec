"""Which environments a package is tested in, and what is pinned there."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import click

from tools.environments import Environment, declared, newest_wheels, version_of, wheels
from tools.workspace import Package


@dataclass(frozen=True)
class Case:
    """One environment to test a package in."""

    package: Package
    wheel: Path
    core: Path
    python: str
    resolution: str

    def __str__(self) -> str:
        core = f"core {version_of(self.core)}"
        return f"{self.wheel.name}, Python {self.python}, {self.resolution} dependencies, {core}"


def cases(package: Package, wheel: Path, dist: Path) -> Iterator[Case]:
    """Choose the environments: oldest with lowest, newest with newest and each core."""
    cores = [wheel] if package.name == "core" else accepted_cores(wheel, dist)
    if not cores:
        raise click.ClickException(f"No core wheel in {dist} is one that {wheel.name} accepts.")
    yield Case(package, wheel, cores[0], package.pythons[0], "lowest")
    for core in cores:
        yield Case(package, wheel, core, package.pythons[-1], "newest")


def accepted_cores(wheel: Path, dist: Path) -> list[Path]:
    """Answer the core wheels in ``dist`` that this wheel accepts, oldest first."""
    wanted = next(item.specifier for item in declared(wheel) if item.name == "flask-session")
    return [core for core in wheels(dist, "flask-session") if version_of(core) in wanted]


def pins(case: Case, environment: Environment, dist: Path) -> list[str | Path]:
    """Pin our own distributions to the wheels at hand, and the others if the lowest are asked."""
    chosen = newest_wheels(dist)
    chosen |= {"flask-session": case.core, case.package.distribution: case.wheel}
    lines = [f"{name} @ {wheel.resolve().as_uri()}" for name, wheel in chosen.items()]
    if case.resolution == "lowest":
        wanted = [item for wheel in (case.wheel, case.core) for item in declared(wheel)]
        lines.append(environment.lowest(item for item in wanted if item.name not in chosen))
    constraints = environment.folder / "constraints.txt"
    constraints.write_text("\n".join(lines))
    return ["--constraint", constraints]
