"""Packages are tested as their users get them."""

from __future__ import annotations

from pathlib import Path

import click
import pytest

from tools.cases import Case, cases
from tools.environments import build_wheels, declared, wheel_of
from tools.package import check
from tools.workspace import find, packages

from .conftest import MakePackage

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


def test_the_oldest_python_gets_the_lowest_and_the_newest_the_newest(lamp: Path) -> None:
    chosen = built(lamp.parent.parent)
    assert [(case.python, case.resolution) for case in chosen] == [
        ("3.10", "lowest"),
        ("3.13", "newest"),
    ]


def test_each_core_that_the_package_accepts_is_a_case(lamp: Path) -> None:
    root = lamp.parent.parent
    version = root / "packages/core/src/flask_session/__init__.py"
    for number in ("0.9.0", "1.4.0", "2.0.0"):
        version.write_text(f'__version__ = "{number}"\n')
        build_wheels(root / "dist", [find("core", root)])
    version.write_text('__version__ = "1.0.0"\n')
    cores = [(case.core.name.split("-")[1], case.resolution) for case in built(root)]
    assert cores == [("1.0.0", "lowest"), ("1.0.0", "newest"), ("1.4.0", "newest")]


def test_no_core_that_fits_is_an_error(lamp: Path) -> None:
    root = lamp.parent.parent
    (root / "packages/core/src/flask_session/__init__.py").write_text('__version__ = "3.0"\n')
    with pytest.raises(click.ClickException, match="No core wheel"):
        built(root)


def test_a_good_package_passes(lamp: Path) -> None:
    root = lamp.parent.parent
    check(built(root)[-1], root / "dist")


def test_an_undeclared_import_fails(lamp: Path) -> None:
    root = lamp.parent.parent
    (lamp / "src/flask_session_lamp/store.py").write_text("import iniconfig\n")
    with pytest.raises(click.ClickException, match="failed"):
        check(built(root)[-1], root / "dist")


def test_a_failing_test_fails(lamp: Path) -> None:
    root = lamp.parent.parent
    (lamp / "tests/test_more.py").write_text("def test_no():\n    assert False\n")
    with pytest.raises(click.ClickException, match="pytest"):
        check(built(root)[-1], root / "dist")


def test_lowest_means_the_lowest_declared_version(lamp: Path) -> None:
    root = lamp.parent.parent
    declare(lamp, "iniconfig>=2.0.0")
    (lamp / "tests/test_lamp.py").write_text(
        "from importlib.metadata import version\n"
        "def test_version():\n    assert version('iniconfig') == '2.0.0'\n"
    )
    check(built(root)[0], root / "dist")


def test_the_wheel_tells_what_it_declares(workspace: Path, make_package: MakePackage) -> None:
    make_package(
        "packages/pot",
        "flask-session-pot",
        '["click>=8"]',
        '\n[project.optional-dependencies]\nx = ["tomli"]\n',
    )
    build_wheels(workspace / "dist", [find("pot", workspace)])
    (wheel,) = (workspace / "dist").glob("*pot*.whl")
    assert [str(item) for item in declared(wheel)] == ["click>=8"]


def test_a_module_may_need_what_an_extra_brings(lamp: Path) -> None:
    root = lamp.parent.parent
    (lamp / "src/flask_session_lamp/driver.py").write_text("import tomli\n")
    with (lamp / "pyproject.toml").open("a") as file:
        file.write('\n[project.optional-dependencies]\ndriver = ["tomli>=2"]\n')
    check(built(root)[-1], root / "dist")
