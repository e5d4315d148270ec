"""The pages people read, and the code on them.

A block marked ``python`` is run, one marked ``py`` is a fragment and only has to compile.
"""

from __future__ import annotations

import re
from pathlib import Path

from tools.workspace import ROOT

FENCE = re.compile(r"^```(py|python|toml)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
PLACES = ("*.md", "docs/*.md", "docs/backends/*.md", "packages/*/README.md", "conformance/*.md")
PAGES = sorted(page for place in PLACES for page in ROOT.glob(place))


def name_of(page: Path) -> str:
    """Answer the page's path within the repository."""
    return str(page.relative_to(ROOT))


def blocks(page: Path, mark: str = "python") -> list[str]:
    """Answer the code blocks of a page with that mark."""
    return [code for found, code in FENCE.findall(page.read_text("utf-8")) if found == mark]


def programs(page: Path) -> list[str]:
    """Join the blocks of a page to programs; a block that makes an app begins a new one."""
    found: list[str] = []
    for block in blocks(page):
        if not found or "Flask(__name__)" in block:
            found.append(block)
        else:
            found[-1] += "\n" + block
    return found
