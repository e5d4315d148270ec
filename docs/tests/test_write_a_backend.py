"""The tutorial's backend is a real one: it passes the suite, and stays small."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from tools.workspace import ROOT

from .pages import blocks

PAGE = ROOT / "docs/write-a-backend.md"
NAMES = re.compile(r"# (\w+\.py)")
DISTRIBUTION = "flask_session_sqlite3-1.0.dist-info"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Provide a folder with the files of the page, and its entry point as if it were installed."""
    for block in blocks(PAGE):
        name = NAMES.match(block)
        assert name is not None, "a block has to begin with the name of its file"
        with (tmp_path / name[1]).open("a") as file:
            file.write(f"{block}\n\n")
    (tmp_path / DISTRIBUTION).mkdir()
    (tmp_path / DISTRIBUTION / "METADATA").write_text("Name: flask-session-sqlite3\nVersion: 1.0\n")
    (tmp_path / DISTRIBUTION / "entry_points.txt").write_text(entry_point())
    return tmp_path


def entry_point() -> str:
    """Write the page's entry point as an installed package has it."""
    found = re.search(r'entry-points."(.+)"\]\n(\w+) = "(.+)"', PAGE.read_text("utf-8"))
    assert found is not None
    return f"[{found[1]}]\n{found[2]} = {found[3]}\n"


def run(folder: Path, *arguments: str) -> str:
    """Run Python with the page's files importable, here and in further processes."""
    command = [sys.executable, *arguments]
    variables = os.environ | {"PYTHONPATH": str(folder)}
    done = subprocess.run(
        command, cwd=folder, capture_output=True, text=True, check=False, env=variables
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout.strip()


def test_the_store_takes_less_than_sixty_lines() -> None:
    (store,) = [block for block in blocks(PAGE) if "class SqliteStore" in block]
    assert len(store.splitlines()) < 60


def test_the_page_passes_the_suite(folder: Path) -> None:
    # The class of the last section repeats the tests of the first one; two thousand visitors, each
    # on a connection of its own, take as long as all the rest.
    chosen = "(not Purging or purge) and not two_thousand_more"
    options = ("-q", "-W", "error", "-c", "/dev/null", "-k", chosen)
    run(folder, "-m", "pytest", *options, "test_sqlite3.py")


def test_the_app_of_the_page_counts_visits(folder: Path) -> None:
    lines = "browser = app.test_client()\nprint([browser.get('/').text for _ in range(3)])"
    answers = run(folder, "-c", f"from app import app\n{lines}")
    assert answers == "['Visit 1', 'Visit 2', 'Visit 3']"
