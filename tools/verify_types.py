"""See that every public symbol of every wheel has a known type, as ``pyright`` finds it.

It looks at installed wheels: what is typed only in the source tree is of no use to a user.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

import click

from tools.environments import HERE, Environment, build_wheels, wheel_of
from tools.workspace import Package, packages


def untyped(environment: Environment, import_name: str) -> list[str]:
    """Answer the public symbols whose type is not fully known, one line each."""
    command = [sys.executable, "-m", "pyright", "--verifytypes", import_name]
    command += ["--ignoreexternal", "--outputjson"]
    # With --verifytypes pyright looks at the first Python on the PATH, whatever else it is told.
    variables = os.environ | {"PATH": f"{environment.folder / 'bin'}:{os.environ['PATH']}"}
    done = subprocess.run(
        command, capture_output=True, text=True, check=False, cwd=environment.folder, env=variables
    )
    told: dict[str, Any] = json.loads(done.stdout)
    found = told["typeCompleteness"]
    lines = [item["message"] for item in told["generalDiagnostics"]]
    for symbol in found["symbols"]:
        if symbol["isExported"] and not symbol["isTypeKnown"]:
            lines += [symbol["name"], *(f"  {item['message']}" for item in symbol["diagnostics"])]
    return lines if found["completenessScore"] < 1 or not found["symbols"] else []


def with_extras(package: Package, dist: Path) -> str:
    """Name the package's wheel with all that is optional: what it subclasses has to be there."""
    return f"{wheel_of(package, dist)}[{','.join(package.extras)}]"


@click.command()
def main() -> None:
    """Verify the types of every package of the workspace."""
    known = packages()
    with tempfile.TemporaryDirectory(prefix="flask-session-types-") as name:
        dist = Path(name)
        build_wheels(dist, known)
        environment = Environment(dist / "environment", HERE)
        environment.install(*[with_extras(package, dist) for package in known])
        found = {
            package.import_name: untyped(environment, package.import_name) for package in known
        }
    for name, lines in found.items():
        click.echo("\n  ".join([f"{name}: " + ("" if lines else "fully typed"), *lines]))
    if any(found.values()):
        raise click.ClickException("These public symbols have no fully known type.")


if __name__ == "__main__":
    main()
