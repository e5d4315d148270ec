"""The tutorial's backend is a real one: it passes the suite, and stays small."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from tools.workspace import ROOT

from .pages import blocks


@pytest.fixture
def code() -> list[str]:
    """Provide the page's Python blocks."""
    return blocks(ROOT / "docs/write-a-backend.md")


def test_the_store_takes_less_than_sixty_lines(code: list[str]) -> None:
    (store,) = [block for block in code if "class SqliteStore" in block]
    assert len(store.splitlines()) < 60


def test_the_page_passes_the_suite(code: list[str], tmp_path: Path) -> None:
    (tmp_path / "test_page.py").write_text("\n\n".join(code))
    command = [sys.executable, "-m", "pytest", "-q", "-W", "error", "-c", "/dev/null", "."]
    command += ["-k", "not Purging or purge"]  # the second class repeats the first one's tests
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout


def test_the_app_of_the_page_counts_visits(code: list[str], tmp_path: Path) -> None:
    lines = "browser = app.test_client()\nprint([browser.get('/').text for _ in range(3)])"
    (tmp_path / "page.py").write_text("\n\n".join([*code, lines]))
    done = subprocess.run(
        [sys.executable, "page.py"], cwd=tmp_path, capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == "['Visit 1', 'Visit 2', 'Visit 3']"
