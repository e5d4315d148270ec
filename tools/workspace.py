"""The packages of this workspace, each read from its own ``pyproject.toml``."""

from __future__ import annotations

import re
import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import click
import tomli
from packaging.requirements import Requirement
from packaging.version import Version

ROOT = Path(__file__).resolve().parent.parent
PYTHON_CLASSIFIER = re.compile(r"Programming Language :: Python :: (3\.\d+)$")


@dataclass(frozen=True)
class Package:
    """One folder that becomes one distribution; ``name`` is the folder's (``PACKAGE=redis``)."""

    name: str
    folder: Path
    metadata: Mapping[str, Any]

    @property
    def project(self) -> Mapping[str, Any]:
        """The ``[project]`` table."""
        project: Mapping[str, Any] = self.metadata["project"]
        return project

    @property
    def distribution(self) -> str:
        """The name on PyPI, ``flask-session-redis``."""
        return str(self.project["name"])

    @property
    def import_name(self) -> str:
        """The name in Python, ``flask_session_redis``."""
        return self.distribution.replace("-", "_")

    @property
    def version(self) -> str:
        """What the code says; the wheel's version is read from the same line."""
        source = (self.folder / self.metadata["tool"]["hatch"]["version"]["path"]).read_text()
        found = re.search(r'^__version__ = "(.+)"$', source, re.MULTILINE)
        if found is None:
            raise click.ClickException(f"{self.distribution} has no __version__.")
        return str(Version(found[1]))

    @property
    def pythons(self) -> list[str]:
        """The supported Pythons, oldest first, from the classifiers."""
        matches = map(PYTHON_CLASSIFIER.match, self.project.get("classifiers", []))
        return sorted((match[1] for match in matches if match), key=Version)

    @property
    def extras(self) -> list[str]:
        """The names of the optional dependencies, without ``all``."""
        return sorted(set(self.project.get("optional-dependencies", {})) - {"all"})

    @property
    def optional(self) -> list[str]:
        """The import names of what extras bring."""
        extras = self.project.get("optional-dependencies", {})
        names = {Requirement(text).name for texts in extras.values() for text in texts}
        return sorted(name.replace("-", "_") for name in names)

    @property
    def images(self) -> Mapping[str, Sequence[str]]:
        """For each server the tests need, its supported images, oldest first."""
        found: Mapping[str, Sequence[str]] = (
            self.metadata["tool"].get("flask-session", {}).get("images", {})
        )
        return found

    def requires(self, distribution: str) -> Requirement | None:
        """Answer the declared requirement on another distribution."""
        for text in self.project["dependencies"]:
            requirement = Requirement(text)
            if requirement.name == distribution:
                return requirement
        return None


def packages(root: Path = ROOT) -> list[Package]:
    """Read every package: the core first, the backends by name, the conformance suite last."""
    folders = [root / "packages/core", *sorted((root / "packages").iterdir()), root / "conformance"]
    found = {folder.name: folder for folder in folders if (folder / "pyproject.toml").exists()}
    return [read(folder) for folder in found.values()]


def read(folder: Path) -> Package:
    """Read one package."""
    metadata = tomli.loads((folder / "pyproject.toml").read_text("utf-8"))
    return Package(folder.name, folder, metadata)


def find(name: str, root: Path = ROOT) -> Package:
    """Answer the package of that folder or distribution name."""
    known = packages(root)
    for package in known:
        if name in (package.name, package.distribution):
            return package
    names = ", ".join(package.name for package in known)
    raise click.ClickException(f"PACKAGE = {name!r}: there is no such package. Use one of {names}.")


def run(*command: str | Path, cwd: Path = ROOT) -> str:
    """Run a command and answer what it printed; a failure ends the tool with its output."""
    done = subprocess.run(list(command), cwd=cwd, capture_output=True, text=True, check=False)
    if done.returncode:
        told = (done.stdout + done.stderr).strip()
        raise click.ClickException(f"`{' '.join(map(str, command))}` failed:\n{told}")
    return done.stdout.strip()
