"""What a package's tests import is declared, so that they run from its wheel.

``make package`` shows the same by running them; this takes a second.
"""

from __future__ import annotations

import ast
import sys
from collections.abc import Iterator
from importlib.metadata import packages_distributions, requires
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from tools.workspace import Package, packages

FOLDERS = {"conformance", "packages"}
"""Where the tests of a package find what they share."""
HARNESS = ["pytest", "pytest-xdist", "flask-session-conformance[servers]"]
"""What ``tools.package`` installs for the tests of any package."""

OURS = {package.import_name: [package.distribution] for package in packages()}
DISTRIBUTIONS = {**packages_distributions(), **OURS}


def imported(tests: Path) -> set[str]:
    """Answer the top-level modules that a folder of tests imports where a module begins."""
    found: set[str] = set()
    for file in tests.glob("*.py"):
        for node in ast.parse(file.read_text("utf-8")).body:
            if isinstance(node, ast.Import):
                found |= {alias.name.partition(".")[0] for alias in node.names}
            elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
                found.add(node.module.partition(".")[0])
    return found - set(sys.stdlib_module_names) - FOLDERS


def needed(text: str) -> Iterator[str]:
    """Answer a requirement's distribution and all that it brings, as installed here."""
    wanted = [Requirement(text)]
    seen: set[str] = set()
    while wanted:
        item = wanted.pop()
        if str(item) in seen:
            continue
        seen.add(str(item))
        yield canonicalize_name(item.name)
        wanted += brought(item)


def brought(item: Requirement) -> list[Requirement]:
    """Answer what an installed distribution requires, its extras that are asked for included."""
    extras = item.extras or {""}
    every = map(Requirement, requires(item.name) or [])
    return [
        other
        for other in every
        if other.marker is None or any(other.marker.evaluate({"extra": extra}) for extra in extras)
    ]


def declared(package: Package) -> set[str]:
    """Answer the distributions that the environment of ``tools.package`` has."""
    group = package.metadata.get("dependency-groups", {}).get("test", [])
    return {name for text in [*HARNESS, package.distribution, *group] for name in needed(text)}


@pytest.mark.parametrize("package", packages(), ids=lambda package: package.name)
def test_what_the_tests_import_is_declared(package: Package) -> None:
    known = declared(package)
    lacking = {
        module
        for module in imported(package.folder / "tests")
        if not known & {canonicalize_name(name) for name in DISTRIBUTIONS.get(module, [])}
    }
    assert lacking == set()
