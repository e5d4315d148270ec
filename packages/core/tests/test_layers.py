"""The folders of the core depend on each other in one direction."""

from __future__ import annotations

import re
from pathlib import Path

import flask_session
import pytest

CORE = Path(flask_session.__file__).parent
REQUESTS = {"flask", "..interface", "..session", "..web", "..compat", "..migration"}
FORBIDDEN = {
    "lifecycle": REQUESTS,
    "serialization": REQUESTS | {"..lifecycle"},
    "web": {"..compat", "..migration"},
}


def imported(folder: str) -> set[str]:
    """Answer what the modules of a folder import when they are run."""
    source = "\n".join(path.read_text("utf-8") for path in (CORE / folder).glob("*.py"))
    return set(re.findall(r"^(?:from|import) (\.*\w+)", source, re.MULTILINE))


@pytest.mark.parametrize("folder", FORBIDDEN)
def test_a_folder_does_not_know_what_stands_above_it(folder: str) -> None:
    assert "__future__" in imported(folder)
    assert imported(folder) & FORBIDDEN[folder] == set()
