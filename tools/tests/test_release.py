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

from .conftest import commit, put_wheel

PASSES = "def test_then():\n    import flask_session_lamp\n"


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


def pairs(workspace: Path, core: str) -> list[tuple[str, str]]:
    """Answer which released wheels run with which core, once that core is built."""
    released, dist = workspace / "released", workspace / "dist"
    for wheel in (
        "flask-session-lamp 1.0.0",
        "flask-session-lamp 1.2.0",
        "flask-session-cup 1.1.0",
    ):
        put_wheel(released, *wheel.split(), "flask-session>=1.0,<2")
    new = put_wheel(dist, "flask-session", core)
    found = released_cases(new, released, workspace)
    return [(case.wheel.name.split("-py3")[0], case.core.name) for case in found]


def test_a_core_release_pairs_the_last_release_of_each_backend_with_the_new_core(
    workspace: Path,
) -> None:
    core = "flask_session-1.1.0-py3-none-any.whl"
    assert pairs(workspace, "1.1.0") == [
        ("flask_session_cup-1.1.0", core),
        ("flask_session_lamp-1.2.0", core),
    ]


def test_a_backend_that_does_not_accept_the_new_core_is_left_out(
    workspace: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert pairs(workspace, "2.0.0") == []
    assert "flask_session_lamp-1.2.0-py3-none-any.whl does not accept" in capsys.readouterr().out


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
