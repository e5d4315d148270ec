"""Packages are tested as their users get them."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import click
import pytest

from tools.cases import Case, cases
from tools.environments import HERE, build_wheels, declared, version_of, wheel_of
from tools.package import check
from tools.workspace import find, packages

from .conftest import put_wheel

SUITE = "def test_it_imports():\n    import flask_session_lamp\n"


@pytest.fixture
def lamp(workspace: Path) -> Path:
    """Provide the source folder of the backend lamp, which has one test."""
    home = workspace / "packages/lamp"
    (home / "tests").mkdir()
    (home / "tests/test_lamp.py").write_text(SUITE)
    return home


def declare(home: Path, *requirements: str) -> None:
    """Let a package declare further dependencies."""
    file = home / "pyproject.toml"
    text = file.read_text().replace("<2", '<2", "' + '", "'.join(requirements))
    file.write_text(text)


def built(root: Path) -> list[Case]:
    """Build the workspace's wheels and answer the cases of lamp."""
    dist = root / "dist"
    build_wheels(dist, packages(root))
    lamp = find("lamp", root)
    return list(cases(lamp, wheel_of(lamp, dist), dist))


def here(case: Case) -> Case:
    """Answer the case with the running Python, the only one that every machine has."""
    return replace(case, python=HERE)


CORE = "flask-session>=1.0,<2"


def chosen(workspace: Path, *cores: str) -> list[tuple[str, str, str]]:
    """Answer core, Python and resolution of the cases of lamp, with these cores in dist."""
    dist = workspace / "dist"
    for version in cores:
        put_wheel(dist, "flask-session", version)
    wheel = put_wheel(dist, "flask-session-lamp", "1.0.0", CORE)
    found = cases(find("lamp", workspace), wheel, dist)
    return [(str(version_of(case.core)), case.python, case.resolution) for case in found]


def test_the_oldest_python_gets_the_lowest_and_the_newest_the_newest(workspace: Path) -> None:
    assert chosen(workspace, "1.0.0") == [
        ("1.0.0", "3.10", "lowest"),
        ("1.0.0", "3.13", "newest"),
    ]


def test_each_core_that_the_package_accepts_is_a_case(workspace: Path) -> None:
    assert chosen(workspace, "1.10.0", "0.9.0", "1.0.0", "2.0.0", "1.4.0") == [
        ("1.0.0", "3.10", "lowest"),
        ("1.0.0", "3.13", "newest"),
        ("1.4.0", "3.13", "newest"),
        ("1.10.0", "3.13", "newest"),
    ]


def test_no_core_that_fits_is_an_error(workspace: Path) -> None:
    with pytest.raises(click.ClickException, match="No core wheel"):
        chosen(workspace, "2.0.0")


def test_a_good_package_passes(lamp: Path) -> None:
    root = lamp.parent.parent
    check(here(built(root)[-1]), root / "dist")


def test_an_undeclared_import_fails(lamp: Path) -> None:
    root = lamp.parent.parent
    (lamp / "src/flask_session_lamp/store.py").write_text("import iniconfig\n")
    with pytest.raises(click.ClickException, match="failed"):
        check(here(built(root)[-1]), root / "dist")


def test_a_failing_test_fails(lamp: Path) -> None:
    root = lamp.parent.parent
    (lamp / "tests/test_more.py").write_text("def test_no():\n    assert False\n")
    with pytest.raises(click.ClickException, match="pytest"):
        check(here(built(root)[-1]), root / "dist")


def test_lowest_means_the_lowest_declared_version(lamp: Path) -> None:
    root = lamp.parent.parent
    declare(lamp, "iniconfig>=2.0.0")
    (lamp / "tests/test_lamp.py").write_text(
        "from importlib.metadata import version\n"
        "def test_version():\n    assert version('iniconfig') == '2.0.0'\n"
    )
    check(here(built(root)[0]), root / "dist")


def test_what_an_extra_brings_is_not_declared_for_all(tmp_path: Path) -> None:
    wheel = put_wheel(tmp_path, "a", "1", "click>=8", 'tomli>=2; extra == "x"')
    assert [str(item) for item in declared(wheel)] == ["click>=8"]


def test_a_module_may_need_what_an_extra_brings(lamp: Path) -> None:
    root = lamp.parent.parent
    (lamp / "src/flask_session_lamp/driver.py").write_text("import tomli\n")
    with (lamp / "pyproject.toml").open("a") as file:
        file.write('\n[project.optional-dependencies]\ndriver = ["tomli>=2"]\n')
    check(here(built(root)[-1]), root / "dist")
