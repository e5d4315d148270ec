"""The built site: the settings reference and the links."""

from __future__ import annotations

import html
import re
from pathlib import Path

import pytest
from click.testing import CliRunner

from tools.links import main
from tools.workspace import ROOT, run


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Provide the documentation, built with every warning an error."""
    folder = tmp_path_factory.mktemp("site")
    run(
        ROOT / ".venv/bin/sphinx-build",
        "-W",
        "-q",
        "-b",
        "html",
        "-d",
        folder / "trees",
        "docs",
        folder / "html",
    )
    return folder / "html"


def test_it_builds_without_a_warning_and_every_link_leads_somewhere(site: Path) -> None:
    result = CliRunner().invoke(main, [str(site)])
    assert result.exit_code == 0, result.output


def entry(site: Path, key: str) -> str:
    """Answer the text of one setting's entry in the reference."""
    page = (site / "settings.html").read_text()
    found = re.search(f'<dt id="{key}">.*?<dd>(.*?)</dd>', page, re.DOTALL)
    assert found is not None, f"{key} has no entry"
    return re.sub(r"\s+", " ", html.unescape(re.sub(r"<[^>]+>", " ", found[1]))).strip()


@pytest.mark.parametrize(
    ("key", "told"),
    [
        ("session-touch-interval", "Accepts a whole number, at least 0, or None . Default: None"),
        ("session-id-length", "Accepts a whole number from 16 to 96. Default: 32"),
        ("session-conflict", "Accepts one of 'merge' , 'error' . Default: 'merge'"),
        (
            "session-absolute-lifetime",
            "Accepts a timedelta or seconds, or None .",
        ),
        ("session-file-mode", "Default: 0o600"),
        (
            "session-redis",
            "Unset, without a Sentinel: redis://localhost:6379/0 , with a warning. Default: None",
        ),
    ],
)
def test_a_setting_appears_with_what_it_accepts_and_its_default(
    site: Path, key: str, told: str
) -> None:
    assert told in entry(site, key)


@pytest.mark.parametrize(
    "link", ["nowhere.html", "index.html#nowhere", "#nowhere", "../outside.html"]
)
def test_a_link_that_leads_nowhere_is_found(link: str, tmp_path: Path) -> None:
    (tmp_path / "index.html").write_text(f'<h1 id="top">A</h1><a href="{link}">B</a>')
    result = CliRunner().invoke(main, [str(tmp_path)])
    assert (result.exit_code, link in result.output) == (1, True)


def test_links_to_other_sites_are_left_alone(tmp_path: Path) -> None:
    (tmp_path / "index.html").write_text(
        '<a href="https://example.org/#x">A</a><a href="#a" id="a">'
    )
    assert CliRunner().invoke(main, [str(tmp_path)]).exit_code == 0
