"""Test one package as its users get it: from its wheel, with nothing but what it declares.

For each Python and resolution a fresh environment gets

1. the wheel alone: every module of it imports;
2. the conformance suite's wheel, pytest and the package's own ``test`` dependency group: its tests
   pass.

``lowest`` takes the lowest version that the package, and the core, declare of everything, the core
included; ``newest`` the newest, once with each core version in ``dist`` that the package accepts.
"""

from __future__ import annotations

import os
import tempfile
from dataclasses import dataclass, replace
from pathlib import Path

import click

from tools.cases import Case, cases, pins
from tools.environments import Environment, available, build_wheels, newest_wheels, wheel_of
from tools.workspace import ROOT, Package, find, packages

IMPORT_ALL = """
import importlib, pkgutil, sys
package = importlib.import_module(sys.argv[1])
assert package.__file__.startswith(sys.prefix), package.__file__
for module in pkgutil.walk_packages(package.__path__, package.__name__ + "."):
    try:
        importlib.import_module(module.name)
    except ImportError as error:
        if "pip install" not in str(error) and error.name not in sys.argv[2:]:
            raise
"""
"""The core's old import paths lead to backends; where one is not installed, they say how. The other
names are what extras bring, a driver for example; the module that needs it is imported then."""

LOAD_BACKEND = """
import sys
from importlib.metadata import entry_points
(found,) = entry_points(group="flask_session.backends", name=sys.argv[1])
found.load()
"""


@dataclass(frozen=True)
class Only:
    """What a CI job narrows the environments down to."""

    python: str | None = None
    resolution: str | None = None


def check(case: Case, dist: Path) -> None:
    """Install and test one case; raises ClickException where something fails."""
    click.secho(f"== {case}", bold=True)
    with tempfile.TemporaryDirectory(prefix="flask-session-package-") as name:
        environment = Environment(Path(name) / "alone", case.python)
        options = pins(case, environment, dist)
        environment.install(case.wheel, options=options)
        environment.call("-c", IMPORT_ALL, case.package.import_name, *case.package.optional)
        environment.install(*for_tests(case, dist), options=options)
        environment.test(case.package.folder / "tests")


def for_tests(case: Case, dist: Path) -> list[str]:
    """Name what the package's tests need beyond the package."""
    suite = f"{newest_wheels(dist)['flask-session-conformance']}[servers]"
    needed = ["pytest", "pytest-xdist>=3.6", suite]
    if "test" in case.package.metadata.get("dependency-groups", {}):
        needed += ["--group", f"{case.package.folder / 'pyproject.toml'}:test"]
    return needed


def check_extra(case: Case, extra: str, dist: Path) -> None:
    """Show that ``flask-session[extra]`` brings a backend of that name that loads."""
    click.secho(f"== flask-session[{extra}]", bold=True)
    with tempfile.TemporaryDirectory(prefix="flask-session-extra-") as name:
        environment = Environment(Path(name), case.python)
        environment.install(f"{case.wheel}[{extra}]", options=pins(case, environment, dist))
        environment.call("-c", LOAD_BACKEND, extra)


def check_package(package: Package, wheel: Path, dist: Path, only: Only) -> None:
    """Test that wheel in every environment, or only in the one asked for."""
    chosen = list(cases(package, wheel, dist))
    for case in chosen:
        if only.resolution in (None, case.resolution):
            check(replace(case, python=only.python or available(case.python)), dist)
    newest = replace(chosen[-1], python=only.python or available(chosen[-1].python))
    for extra in package.extras if package.name == "core" else ():
        check_extra(newest, extra, dist)


@click.command()
@click.argument("name", metavar="PACKAGE")
@click.option("--python", help="Only with this Python.")
@click.option("--resolution", type=click.Choice(["lowest", "newest"]), help="Only these versions.")
@click.option("--offline", is_flag=True, help="Use nothing but uv's cache.")
@click.option("--dist", type=click.Path(path_type=Path), default=ROOT / "dist")
def main(name: str, python: str | None, resolution: str | None, offline: bool, dist: Path) -> None:
    """Test PACKAGE as its users get it: from its wheel, with nothing but what it declares."""
    if offline:
        os.environ["UV_OFFLINE"] = "1"
    package = find(name)
    build_wheels(dist, packages())
    check_package(package, wheel_of(package, dist), dist, Only(python, resolution))


if __name__ == "__main__":
    main()
