"""Fresh virtual environments with exactly the wheels we name, and what a wheel declares."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Iterable, Sequence
from email.parser import HeaderParser
from pathlib import Path
from zipfile import ZipFile

import click
from packaging.requirements import Requirement
from packaging.utils import parse_wheel_filename
from packaging.version import Version

from tools.workspace import ROOT, Package, run


def build_wheels(dist: Path, known: Iterable[Package]) -> None:
    """Build every package's wheel into ``dist``; wheels of other versions stay there."""
    for package in known:
        run("uv", "build", "--wheel", "--no-create-gitignore", "-o", dist, package.folder)


def wheel_of(package: Package, dist: Path) -> Path:
    """Answer where the package's wheel of its present version lies."""
    return dist / f"{package.import_name}-{package.version}-py3-none-any.whl"


def newest_wheels(dist: Path) -> dict[str, Path]:
    """Answer the newest wheel in ``dist`` of each distribution."""
    found = sorted(dist.glob("*.whl"), key=version_of)
    return {parse_wheel_filename(wheel.name)[0]: wheel for wheel in found}


def wheels(dist: Path, distribution: str) -> list[Path]:
    """Answer the wheels of that distribution, oldest version first."""
    found = dist.glob(f"{distribution.replace('-', '_')}-*.whl")
    return sorted(found, key=version_of)


def version_of(wheel: Path) -> Version:
    """Read the version from a wheel's file name."""
    return parse_wheel_filename(wheel.name)[1]


def declared(wheel: Path) -> list[Requirement]:
    """Read what a wheel requires without any extra."""
    with ZipFile(wheel) as archive:
        name = next(name for name in archive.namelist() if name.endswith(".dist-info/METADATA"))
        headers = HeaderParser().parsestr(archive.read(name).decode())
    requirements = map(Requirement, headers.get_all("Requires-Dist") or [])
    return [item for item in requirements if "extra ==" not in str(item.marker)]


HERE = f"{sys.version_info.major}.{sys.version_info.minor}"


def interpreter(version: str) -> str | None:
    """Find that Python on this machine: by uv's own search, then by pyenv's."""
    command = ["uv", "python", "find", "--no-python-downloads", version]
    found = subprocess.run(command, capture_output=True, text=True, check=False, cwd="/")
    if found.returncode == 0:
        return found.stdout.strip()
    if shutil.which("pyenv") is None:
        return None
    command = ["pyenv", "prefix", version]
    found = subprocess.run(command, capture_output=True, text=True, check=False)
    return f"{found.stdout.strip()}/bin/python" if found.returncode == 0 else None


def available(version: str) -> str:
    """Answer that Python if it is here or uv can download it; else the running one, and say so."""
    if interpreter(version):
        return version
    download = ["uv", "python", "install", "--quiet", version]
    if subprocess.run(download, capture_output=True, check=False).returncode == 0:
        return version
    click.secho(f"Python {version} cannot be had here: {HERE} takes its place.", fg="yellow")
    return HERE


class Environment:
    """A virtual environment of its own in ``folder``."""

    def __init__(self, folder: Path, python: str) -> None:
        self.folder = folder
        self.python = folder / "bin" / "python"
        run("uv", "venv", "--quiet", "--clear", "--python", interpreter(python) or python, folder)

    def install(self, *what: str | Path, options: Sequence[str | Path] = ()) -> None:
        """Install wheels, requirements and groups, and check that they fit together."""
        run("uv", "pip", "install", "--python", self.python, "--no-sources", *options, *what)
        run("uv", "pip", "check", "--python", self.python)

    def lowest(self, requirements: Iterable[Requirement]) -> str:
        """Answer the lowest versions that satisfy the requirements, as constraints."""
        wanted = self.folder / "lowest.in"
        wanted.write_text("\n".join(map(str, requirements)))
        resolve = ["uv", "pip", "compile", "--quiet", "--no-annotate", "--no-header"]
        return run(*resolve, "--resolution", "lowest-direct", "--python", self.python, wanted)

    def call(self, *arguments: str | Path) -> None:
        """Run this environment's Python outside the source tree, with its output shown."""
        hidden = {"PYTHONPATH", "VIRTUAL_ENV", "PYTEST_ADDOPTS"}
        variables = {name: value for name, value in os.environ.items() if name not in hidden}
        command = [str(self.python), *map(str, arguments)]
        done = subprocess.run(command, cwd=self.folder, env=variables, check=False)
        if done.returncode:
            raise click.ClickException(f"`python {' '.join(command[1:])}` failed.")

    def test(self, tests: Path) -> None:
        """Run a folder of tests against what is installed here, under the workspace's rules."""
        rules = ("-c", ROOT / "pyproject.toml", "--rootdir", ROOT)
        # Many tests wait: three processes, as in `make test`.
        jobs = ("-n", "3", "--dist", "loadscope", "--no-loadscope-reorder")
        self.call("-m", "pytest", "-q", "-p", "no:cacheprovider", *jobs, *rules, tests)
