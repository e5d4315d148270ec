"""The page of promises says what tests show, and nothing else."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tools.promises import UnfoundedError, write_page
from tools.workspace import ROOT

pytest_plugins = ["pytester"]
FAST = ("fast", "store")
DECLARED: dict[str, Any] = {"promises": {"fast": "Quick."}, "backends": {"store": "The store"}}
LINKED = {**DECLARED, "fast": {"store": {"link": "https://store.example/fast"}}}
RUN = [sys.executable, "-m", "pytest", "-p", "tools.promises", "-p", "no:cacheprovider"]
TESTS = """
import pytest
from flask_session_conformance.backend import Backend

@pytest.fixture
def broken():
    yield
    assert False

class TestIt(Backend):
    backend = "redis"

    @pytest.mark.promise("exact expiry")
    def test_it(self, {fixture}):
        assert {truth}
"""


def row(page: str) -> str:
    """Answer the only row of the table."""
    (found,) = (line for line in page.splitlines() if line.startswith("| The store |"))
    return found


def test_a_cell_is_what_a_test_has_shown() -> None:
    assert row(write_page({FAST: {"yes"}}, DECLARED)) == "| The store | yes |"


def test_a_cell_without_a_test_is_the_servers_setting() -> None:
    expected = "| The store | [the server's setting](https://store.example/fast) |"
    assert row(write_page({}, LINKED)) == expected


def test_what_an_answer_depends_on_is_linked() -> None:
    setting = {"text": "with `quick on`", "link": "https://store.example/fast"}
    page = write_page({FAST: {"yes"}}, {**DECLARED, "fast": {"store": setting}})
    assert row(page) == "| The store | yes, [with `quick on`](https://store.example/fast) |"


def test_of_several_answers_the_qualified_one_counts() -> None:
    page = write_page({FAST: {"no", "yes, when it is full"}}, DECLARED)
    assert row(page) == "| The store | yes, when it is full |"


def test_a_cell_with_neither_a_test_nor_a_link_is_an_error() -> None:
    with pytest.raises(UnfoundedError, match="The store: fast"):
        write_page({("fast", "another store"): {"yes"}}, DECLARED)


def test_the_page_is_what_the_marked_tests_say(tmp_path: Path) -> None:
    copy = tmp_path / "promises.md"
    shutil.copy(ROOT / "docs/promises.md", copy)
    options = ["--promises", str(copy), "--collect-only", "-q"]
    done = subprocess.run(
        [*RUN, *options, "packages"], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert copy.read_text() == (ROOT / "docs/promises.md").read_text()
    assert done.returncode == 0, done.stdout[-2000:]


@pytest.mark.parametrize(
    ("fixture", "truth", "shown"),
    [
        ("tmp_path", "True", True),
        ("tmp_path", "False", False),
        ("broken", "True", False),
        ("crash", "True", False),
    ],
)
def test_only_a_test_that_passes_shows_something(
    pytester: pytest.Pytester, fixture: str, truth: str, shown: bool
) -> None:
    pytester.makepyfile(TESTS.format(fixture=fixture, truth=truth))
    done = pytester.runpytest_inprocess("-p", "tools.promises", "--promises", "page.md")
    assert ("Redis: exact expiry" in done.stdout.str()) is not shown
    assert "SQLite: exact expiry" in done.stdout.str()
    assert done.ret == 1


def test_worker_processes_of_xdist_show_the_same(pytester: pytest.Pytester) -> None:
    pytester.makepyfile(TESTS.format(fixture="tmp_path", truth="True"))
    done = pytester.runpytest_inprocess("-p", "tools.promises", "--promises", "page.md", "-n", "1")
    assert "Redis: exact expiry" not in done.stdout.str()
    assert "SQLite: exact expiry" in done.stdout.str()
