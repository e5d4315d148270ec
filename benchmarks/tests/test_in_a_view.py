"""The bare client in a view is compared with ours, on the same store."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from benchmarks import in_a_view


def test_read_and_change_are_compared(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(in_a_view, "REQUESTS", 5)
    monkeypatch.setattr(in_a_view, "ROUNDS", 3)
    in_a_view.compare("filesystem", str(tmp_path))
    read, change = capsys.readouterr().out.splitlines()
    figures = r": bare in a view -?\d+ µs, ours -?\d+ µs, ratio -?\d+\.\d\d \(.* … .*\)"
    assert re.fullmatch(f"filesystem read{figures}", read)
    assert re.fullmatch(f"filesystem change{figures}", change)
