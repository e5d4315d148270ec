"""Releases: what stops one, and what it builds."""

from __future__ import annotations

from pathlib import Path

import click
import pytest

from tools.environments import build_wheels
from tools.release import (
    build,
    check_changes,
    check_clean,
    check_released,
    check_tag,
    released_cases,
)
from tools.workspace import find, packages, run

from .conftest import commit

PASSES = "def test_then():\n    import flask_session_lamp\n"


def set_version(root: Path, name: str, version: str) -> None:
    """Raise the version of a package."""
    package = find(name, root)
    source = package.folder / "src" / package.import_name / "__init__.py"
    source.write_text(f'__version__ = "{version}"\n')


def test_a_tag_of_another_version_stops_the_release(workspace: Path) -> None:
    with pytest.raises(click.ClickException, match=r"the code says flask-session-lamp==1\.0\.0"):
        check_tag(find("lamp", workspace), "flask-session-lamp==1.0.1", workspace)


def test_the_tag_of_this_version_on_this_commit_is_right(workspace: Path) -> None:
    run("git", "tag", "flask-session-lamp==1.0.0", cwd=workspace)
    check_tag(find("lamp", workspace), "flask-session-lamp==1.0.0", workspace)


def test_a_version_that_is_released_cannot_be_released_again(workspace: Path) -> None:
    run("git", "tag", "flask-session-lamp==1.0.0", cwd=workspace)
    (workspace / "more.txt").write_text("more")
    commit(workspace)
    with pytest.raises(click.ClickException, match="is released"):
        check_tag(find("lamp", workspace), None, workspace)


def test_changes_of_this_version_pass(workspace: Path) -> None:
    check_changes(find("lamp", workspace))


@pytest.mark.parametrize(
    "text",
    [
        "# Changes\n",
        "# Changes\n\n## 1.0.0\n",
        "# Changes\n\n## 1.0.0\n\n## 0.9.0\n\nOld.\n",
        "# Changes\n\n## 1.1.0\n\nLater.\n\n## 1.0.0\n\nNow.\n",
    ],
)
def test_a_changelog_that_does_not_begin_with_this_version_stops_it(
    workspace: Path, text: str
) -> None:
    (workspace / "packages/lamp/CHANGES.md").write_text(text)
    with pytest.raises(click.ClickException, match=r"## 1\.0\.0"):
        check_changes(find("lamp", workspace))


def test_an_uncommitted_file_stops_the_release(workspace: Path) -> None:
    (workspace / "packages/lamp/notes.txt").write_text("not committed")
    with pytest.raises(click.ClickException, match=r"notes\.txt"):
        check_clean(workspace)


def test_wheel_and_sdist_are_the_same_from_an_export_of_the_commit(workspace: Path) -> None:
    build(find("lamp", workspace), workspace / "dist", workspace)
    assert sorted(file.name for file in (workspace / "dist").iterdir()) == [
        "flask_session_lamp-1.0.0-py3-none-any.whl",
        "flask_session_lamp-1.0.0.tar.gz",
    ]


def test_builds_that_differ_stop_the_release(workspace: Path) -> None:
    (workspace / "packages/lamp/src/flask_session_lamp/stray.py").write_text("")
    with pytest.raises(click.ClickException, match="not equal"):
        build(find("lamp", workspace), workspace / "dist", workspace)


def test_a_core_release_pairs_each_released_backend_with_the_new_core(workspace: Path) -> None:
    released, dist = workspace / "released", workspace / "dist"
    build_wheels(released, packages(workspace))
    set_version(workspace, "core", "1.1.0")
    build_wheels(dist, [find("core", workspace)])
    (core,) = dist.glob("*.whl")
    pairs = [
        (case.wheel.parent, case.wheel.name.split("-")[0], case.core)
        for case in released_cases(core, released, workspace)
    ]
    assert pairs == [(released, "flask_session_cup", core), (released, "flask_session_lamp", core)]


def test_a_backend_that_does_not_accept_the_new_core_is_left_out(workspace: Path) -> None:
    released, dist = workspace / "released", workspace / "dist"
    build_wheels(released, packages(workspace))
    set_version(workspace, "core", "2.0.0")
    build_wheels(dist, [find("core", workspace)])
    (core,) = dist.glob("*.whl")
    assert list(released_cases(core, released, workspace)) == []


def test_a_released_backend_runs_its_tests_of_that_time(workspace: Path) -> None:
    tests = workspace / "packages/lamp/tests"
    tests.mkdir()
    (tests / "test_lamp.py").write_text(PASSES)
    commit(workspace)
    run("git", "tag", "flask-session-lamp==1.0.0", cwd=workspace)
    (tests / "test_lamp.py").write_text("def test_today():\n    assert False\n")
    dist = workspace / "dist"
    build_wheels(dist, packages(workspace))
    (core,) = dist.glob("flask_session-*.whl")
    lamp = next(case for case in released_cases(core, dist, workspace) if "lamp" in str(case))
    check_released(lamp, dist, workspace)
