"""Instructions are counted per request; valgrind itself is not needed here."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from benchmarks import instructions
from benchmarks.environments import ROOT

COUNTER = """
import sys
print(f"==1== I   refs:      {1_000_000 + 7 * int(sys.argv[-1]):,}", file=sys.stderr)
"""


def test_what_a_process_takes_to_start_is_not_counted(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(instructions, "COUNTING", (sys.executable, "-c", COUNTER))
    assert instructions.total("ours", "filesystem", "", "read", "0", "60") == 1_000_420
    assert instructions.per_request("ours", "filesystem", "", "read") == 7


@pytest.mark.parametrize("contender", ["plain", "ours"])
def test_the_counted_process_makes_its_requests(tmp_path: Path, contender: str) -> None:
    arguments = [contender, "filesystem", str(tmp_path), "change", "2", "3"]
    subprocess.run([sys.executable, "-c", instructions.CHILD, *arguments], cwd=ROOT, check=True)
