"""The CI matrix: what a change has to be tested on."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner

from tools.matrix import Job, affected, main
from tools.workspace import packages, run


def rows(root: Path, *options: str) -> list[Job]:
    """Run the tool on a workspace and answer its jobs."""
    result = CliRunner().invoke(main, ["--root", str(root), *options])
    assert result.exit_code == 0, result.output
    include: list[Job] = json.loads(result.output)["include"]
    return include


def chosen(root: Path, *changed: str) -> list[str]:
    """Answer the names of the packages these changes run."""
    return [package.name for package in affected(changed, packages(root))]


def test_a_change_in_one_backend_runs_only_that_backend(workspace: Path) -> None:
    assert chosen(workspace, "packages/lamp/src/flask_session_lamp/store.py") == ["lamp"]


def test_changes_in_two_backends_run_both(workspace: Path) -> None:
    assert chosen(workspace, "packages/lamp/README.md", "packages/cup/CHANGES.md") == [
        "cup",
        "lamp",
    ]


@pytest.mark.parametrize(
    "path",
    [
        "packages/core/src/flask_session/store.py",
        "conformance/src/flask_session_conformance/stores/verbs.py",
        "uv.lock",
        "tools/package.py",
        ".github/workflows/ci.yml",
        "packages/vanished/store.py",
    ],
)
def test_a_change_in_what_is_shared_runs_all(workspace: Path, path: str) -> None:
    assert chosen(workspace, path) == ["core", "cup", "lamp", "conformance"]


@pytest.mark.parametrize("path", ["docs/index.md", "README.md", "examples/quickstart/app.py"])
def test_a_change_in_the_documentation_runs_no_package(workspace: Path, path: str) -> None:
    assert chosen(workspace, path) == []


def test_the_change_is_read_from_git(workspace: Path) -> None:
    run("git", "checkout", "-q", "-b", "topic", cwd=workspace)
    (workspace / "packages/cup/notes.txt").write_text("new")
    run("git", "add", "-A", cwd=workspace)
    run("git", "commit", "-q", "-m", "Notes", cwd=workspace)
    assert {row["package"] for row in rows(workspace, "--since", "main")} == {"cup"}


@pytest.mark.parametrize("base", ["0" * 40, "f" * 40])
def test_a_base_that_is_not_there_runs_all(workspace: Path, base: str) -> None:
    found = {row["package"] for row in rows(workspace, "--since", base)}
    assert found == {"core", "cup", "lamp", "conformance"}


def test_without_a_base_all_packages_run(workspace: Path) -> None:
    assert {row["package"] for row in rows(workspace)} == {"core", "cup", "lamp", "conformance"}


def test_the_oldest_python_goes_with_lowest_dependencies_and_oldest_images(workspace: Path) -> None:
    first = next(row for row in rows(workspace) if row["package"] == "lamp")
    assert first == {
        "package": "lamp",
        "python": "3.10",
        "resolution": "lowest",
        "extras": "",
        "environment": "FLASK_SESSION_IMAGE_LAMP=lamp:1",
    }


def test_the_newest_python_goes_with_newest_dependencies_and_images(workspace: Path) -> None:
    last = [row for row in rows(workspace) if row["package"] == "lamp"][-1]
    assert (last["python"], last["resolution"]) == ("3.13", "newest")
    assert last["environment"] == "FLASK_SESSION_IMAGE_LAMP=lamp:3"


def test_nightly_runs_every_python(workspace: Path) -> None:
    lamp = [row["python"] for row in rows(workspace, "--nightly") if row["package"] == "lamp"]
    assert lamp == ["3.10", "3.12", "3.13"]


def test_every_package_of_this_workspace_has_jobs_on_the_oldest_and_newest_python() -> None:
    for package in packages():
        assert (package.pythons[0], package.pythons[-1]) == ("3.10", "3.13"), package.name
