"""The workflows keep the rules that protect a release."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
import yaml

from tools.workspace import ROOT

WORKFLOWS = sorted((ROOT / ".github/workflows").glob("*.yml"))
USES = re.compile(r"uses: (\S+)")
PINNED = re.compile(r"[\w-]+/[\w-]+@(v\d+|release/v\d+)$|\./\.github/workflows/\w+\.yml$")


def jobs(name: str) -> dict[str, Any]:
    """Read the jobs of one workflow."""
    text = (ROOT / ".github/workflows" / f"{name}.yml").read_text()
    found: dict[str, Any] = yaml.safe_load(text)["jobs"]
    return found


@pytest.mark.parametrize("file", WORKFLOWS, ids=lambda file: file.stem)
def test_actions_are_pinned_by_major_version(file: Path) -> None:
    loose = [use for use in USES.findall(file.read_text()) if not PINNED.match(use)]
    assert loose == []


@pytest.mark.parametrize("file", WORKFLOWS, ids=lambda file: file.stem)
def test_no_workflow_may_write_by_default(file: Path) -> None:
    assert yaml.safe_load(file.read_text())["permissions"] in ({}, {"contents": "read"})


@pytest.mark.parametrize("file", WORKFLOWS, ids=lambda file: file.stem)
def test_no_workflow_uses_a_secret(file: Path) -> None:
    assert "secrets." not in file.read_text()


def test_only_the_publishing_job_gets_the_identity() -> None:
    rights = {name: job["permissions"] for name, job in jobs("release").items()}
    assert rights == {"build": {"contents": "read"}, "publish": {"id-token": "write"}}


def test_the_publishing_job_runs_nothing_of_ours() -> None:
    assert [step["uses"].split("@")[0] for step in jobs("release")["publish"]["steps"]] == [
        "actions/download-artifact",
        "pypa/gh-action-pypi-publish",
    ]


def test_names_from_outside_reach_a_shell_only_through_its_environment() -> None:
    for file in WORKFLOWS:
        for name, job in jobs(file.stem).items():
            for step in job.get("steps", ()):
                assert "${{" not in step.get("run", ""), f"{file.name}: {name}"


def test_ci_and_nightly_run_what_the_matrix_prints() -> None:
    for name in ("ci", "nightly"):
        assert jobs(name)["package"]["with"]["jobs"] == "${{ needs.matrix.outputs.jobs }}"
