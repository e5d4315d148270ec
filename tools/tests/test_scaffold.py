"""A stranger's new backend passes before they change a line."""

from __future__ import annotations

import re
import subprocess
from dataclasses import replace
from pathlib import Path

import pytest
import tomli
from click.testing import CliRunner

from tools.cases import cases
from tools.environments import HERE, Environment, build_wheels, wheel_of
from tools.package import check
from tools.scaffold import copy, enlisted, main
from tools.verify_types import untyped
from tools.workspace import ROOT, find, packages, read


@pytest.fixture
def firestore(tmp_path: Path) -> Path:
    """Provide the folder of a generated package."""
    copy("firestore", tmp_path / "firestore")
    return tmp_path / "firestore"


def test_nothing_of_the_template_shows(firestore: Path) -> None:
    files = [file for file in firestore.rglob("*") if file.is_file()]
    found = [file for file in files if re.search("nutshell", f"{file}{file.read_text()}", re.I)]
    assert (len(files), found) == (10, [])


def test_it_passes_the_conformance_suite_from_its_wheel(firestore: Path, tmp_path: Path) -> None:
    package, dist = read(firestore), tmp_path / "dist"
    ours = [known for known in packages() if known.name in ("core", "conformance")]
    build_wheels(dist, [*ours, package])
    *_, newest = cases(package, wheel_of(package, dist), dist)
    check(replace(newest, python=HERE), dist)


def test_its_public_symbols_are_typed(firestore: Path, tmp_path: Path) -> None:
    package, dist = read(firestore), tmp_path / "dist"
    core = find("core")
    build_wheels(dist, [core, package])
    environment = Environment(tmp_path / "environment", HERE)
    environment.install(wheel_of(core, dist), wheel_of(package, dist))
    assert untyped(environment, package.import_name) == []


def test_the_command_makes_a_package_where_it_is_told(tmp_path: Path) -> None:
    command = [str(ROOT / "tools/new_backend"), "firestore", "--to", "made"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert (tmp_path / "made/src/flask_session_firestore/store.py").exists()


def test_a_member_of_this_workspace_is_installed_from_it_and_for_its_tests() -> None:
    before = (ROOT / "pyproject.toml").read_text("utf-8")
    after = tomli.loads(enlisted(before, "flask-session-firestore"))
    assert after["tool"]["uv"]["sources"].pop("flask-session-firestore") == {"workspace": True}
    after["dependency-groups"]["test"].remove("flask-session-firestore")
    assert after == tomli.loads(before)


@pytest.mark.parametrize("name", ["Fire", "fire-store", "3fire", ""])
def test_a_name_that_python_cannot_import_is_refused(name: str, tmp_path: Path) -> None:
    result = CliRunner().invoke(main, [name, "--to", str(tmp_path / "x")])
    assert "is no name" in result.output


def test_files_that_exist_are_never_overwritten(firestore: Path) -> None:
    result = CliRunner().invoke(main, ["firestore", "--to", str(firestore)])
    assert "is not empty" in result.output
