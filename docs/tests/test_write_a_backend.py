"""The tutorial's backend is a real one: a package that passes the suite, and a small one.

It is installed as a stranger would: outside this workspace, with nothing but the wheels of the core
and of the suite.
"""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

import pytest

from tools.environments import HERE, Environment, build_wheels, wheel_of
from tools.workspace import ROOT, find

from .pages import blocks

PAGE = ROOT / "docs/write-a-backend.md"
NAMES = re.compile(r"# (\w+\.(?:py|toml))")


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Provide a folder with the files of the page."""
    folder = tmp_path_factory.mktemp("sqlite3")
    for block in blocks(PAGE) + blocks(PAGE, "toml"):
        name = NAMES.match(block)
        assert name is not None, "a block has to begin with the name of its file"
        with (folder / name[1]).open("a") as file:
            file.write(f"{block}\n\n")
    return folder


@pytest.fixture(scope="module")
def environment(folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Environment:
    """Provide an environment in which the page's `pip install` was run."""
    assert "\npip install . flask-session-conformance\n" in PAGE.read_text("utf-8")
    dist = tmp_path_factory.mktemp("dist")
    ours = [find("core"), find("conformance")]
    build_wheels(dist, ours)
    environment = Environment(tmp_path_factory.mktemp("stranger"), HERE)
    environment.install(folder, *(wheel_of(package, dist) for package in ours))
    return environment


def run(environment: Environment, folder: Path, *arguments: str) -> str:
    """Run that environment's Python in the folder, and answer what it printed."""
    command = [str(environment.python), *arguments]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout.strip()


def test_the_store_takes_less_than_sixty_lines() -> None:
    (store,) = [block for block in blocks(PAGE) if "class SqliteStore" in block]
    assert len(store.splitlines()) < 60


def test_the_page_passes_the_suite(environment: Environment, folder: Path) -> None:
    # The class of the last section repeats the tests of the first one; two thousand visitors, each
    # on a connection of its own, take as long as all the rest.
    chosen = "(not Purging or purge) and not two_thousand_more"
    run(environment, folder, "-m", "pytest", "-q", "-W", "error", "-k", chosen, "test_sqlite3.py")


def test_the_app_of_the_page_counts_visits(environment: Environment, folder: Path) -> None:
    lines = "browser = app.test_client()\nprint([browser.get('/').text for _ in range(3)])"
    answers = run(environment, folder, "-c", f"from app import app\n{lines}")
    assert answers == "['Visit 1', 'Visit 2', 'Visit 3']"
