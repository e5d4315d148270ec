"""A small workspace of its own for the tests of the tools."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from zipfile import ZipFile

import pytest

from tools.workspace import run

MakePackage = Callable[..., Path]

PYPROJECT = """
[build-system]
requires = ["hatchling>=1.26"]
build-backend = "hatchling.build"

[project]
name = "{distribution}"
dynamic = ["version"]
requires-python = ">=3.10"
dependencies = {dependencies}
classifiers = [
    "Programming Language :: Python :: 3.13",
    "Programming Language :: Python :: 3.10",
    "Programming Language :: Python :: 3.12",
]

[tool.hatch.version]
path = "src/{module}/__init__.py"

[tool.hatch.build.targets.wheel]
packages = ["src/{module}"]
"""

IMAGES = '\n[tool.flask-session.images]\nlamp = ["lamp:1", "lamp:2", "lamp:3"]\n'


@pytest.fixture
def make_package(tmp_path: Path) -> MakePackage:
    """Provide a function that writes a package into a workspace under ``tmp_path``."""

    def make(folder: str, distribution: str, dependencies: str = "[]", more: str = "") -> Path:
        home, module = tmp_path / folder, distribution.replace("-", "_")
        source = home / "src" / module
        source.mkdir(parents=True)
        (source / "__init__.py").write_text('__version__ = "1.0.0"\n')
        (home / "CHANGES.md").write_text("# Changes\n\n## 1.0.0\n\nFirst release.\n")
        text = PYPROJECT.format(distribution=distribution, module=module, dependencies=dependencies)
        (home / "pyproject.toml").write_text(text + more)
        return home

    return make


@pytest.fixture
def workspace(tmp_path: Path, make_package: MakePackage) -> Path:
    """Provide a committed workspace: the core, the backends lamp and cup, the conformance suite."""
    make_package("packages/core", "flask-session")
    make_package("packages/lamp", "flask-session-lamp", '["flask-session>=1.0,<2"]', IMAGES)
    make_package("packages/cup", "flask-session-cup", '["flask-session>=1.0,<2"]')
    make_package("conformance", "flask-session-conformance", '["flask-session>=1.0,<2"]')
    (tmp_path / ".gitignore").write_text("/dist/\n/released/\n__pycache__/\n")
    run("git", "init", "-q", "-b", "main", cwd=tmp_path)
    run("git", "config", "user.name", "Tests", cwd=tmp_path)
    run("git", "config", "user.email", "tests@example.org", cwd=tmp_path)
    commit(tmp_path)
    return tmp_path


def commit(root: Path) -> None:
    """Commit everything in that workspace."""
    run("git", "add", "-A", cwd=root)
    run("git", "commit", "-q", "-m", "A change", cwd=root)


def put_wheel(dist: Path, distribution: str, version: str, *requires: str) -> Path:
    """Write a wheel that holds nothing but its metadata; for tests that install none."""
    name = f"{distribution.replace('-', '_')}-{version}"
    headers = [f"Name: {distribution}", f"Version: {version}"]
    headers += [f"Requires-Dist: {requirement}" for requirement in requires]
    dist.mkdir(exist_ok=True)
    wheel = dist / f"{name}-py3-none-any.whl"
    with ZipFile(wheel, "w") as archive:
        archive.writestr(f"{name}.dist-info/METADATA", "\n".join(headers))
    return wheel
