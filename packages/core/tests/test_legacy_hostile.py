"""No pickle runs anything, and none costs much memory or time.

The command of each attack is harmless: it makes an empty file in the test's own directory.
"""

from __future__ import annotations

import copyreg
import pickle
import struct
import subprocess
import sys
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest
from flask_session.errors import UnreadableRecord
from flask_session.serialization.legacy import load_pickle
from flask_session_conformance.migration.hostile import STAY_QUIET, attacks

NAMES = list(attacks(""))


@pytest.fixture
def marker(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    monkeypatch.chdir(tmp_path)
    copyreg.add_extension("posix", "system", 0xF0)
    yield tmp_path / "ran"
    copyreg.remove_extension("posix", "system", 0xF0)


@pytest.mark.parametrize("name", NAMES)
def test_no_attack_runs(name: str, marker: Path) -> None:
    with pytest.raises(UnreadableRecord):
        load_pickle(attacks("touch ran")[name])
    assert not marker.exists()


@pytest.mark.parametrize("name", sorted({*NAMES} - STAY_QUIET))
def test_the_attack_runs_under_pickle(name: str, marker: Path) -> None:
    with suppress(KeyError, TypeError):
        pickle.loads(attacks("touch ran")[name])  # noqa: S301 - our own harmless command
    assert marker.exists()


def test_no_module_is_imported() -> None:
    sys.modules.pop("this", None)
    with pytest.raises(UnreadableRecord):
        load_pickle(b"cthis\ns\n0(d.")
    assert "this" not in sys.modules


# What must not eat the memory or the processor.


def laughs(levels: int) -> bytes:
    """Lists of ten references each to the same list, many levels deep."""
    return b"(dVa\n(lp0\n" + b"".join(
        b"(" + b"g%d\n" % level * 10 + b"lp%d\n" % (level + 1) for level in range(levels)
    ) + b"s."  # fmt: skip


BOMBS = {
    "a million lists": b"\x80\x04(" + b"]" * 1_000_000 + b"t.",
    "a million sets": b"\x80\x04(" + b"\x8f" * 1_000_000 + b"t.",
    "a million groups": b"\x80\x04" + b"(" * 1_000_000,
    "references to references": laughs(30),
    "keys of references": b"\x80\x04})\x94" + b"".join(
        b"h%ch%c\x86\x94" % (level, level) for level in range(60)
    ) + b"K\x01s.",
    "a deep key": b"}" + b")" + b"\x85" * 300_000 + b"K\x01s.",
    "a deep list": b"(dVa\n" + b"(l" * 200 + b"a" * 199 + b"s.",
    "a list of itself": b"(dVa\n(lp0\ng0\nas.",
    "one long key many times": b"}\x94X" + struct.pack("<I", 1 << 20) + b"k" * (1 << 20) + b"\x940"
        + b"h\x01K\x01s" * 100_000 + b".",
    "a text of four gigabytes": b"\x80\x04}\x8d" + struct.pack("<Q", 1 << 32) + b"x.",
    "bytes of an exabyte": b"\x80\x04\x8e" + struct.pack("<Q", 1 << 60) + b"x.",
    "a bytearray of an exabyte": b"\x80\x05\x96" + struct.pack("<Q", 1 << 60) + b"x.",
    "a frame of an exabyte": b"\x80\x04\x95" + struct.pack("<Q", 1 << 60) + b"]0].",
    "an integer of two gigabytes": b"\x80\x02\x8b" + struct.pack("<I", (1 << 31) - 1) + b"x.",
    "a memo of four billion": b"\x80\x02]r\xff\xff\xff\xff0].",
    "digits": b"(dVa\nL" + b"9" * 1_000_000 + b"L\ns.",
    "keys of one hash": b"\x80\x04}(" + b"".join(
        b"\x8a\x10" + (number * (2**61 - 1)).to_bytes(16, "little") + b"N"
        for number in range(100_000)
    ) + b"u.",
    "a decimal": b"(dVa\ncdecimal\nDecimal\n(V" + b"9" * 1_000_000 + b"\ntRs.",
    "copies": b"\x80\x04}\x8c\x01aX" + struct.pack("<I", 1 << 20) + b"<" * (1 << 20) + b"\x940("
        + b"cmarkupsafe\nMarkup\nh\x00\x85R" * 100_000 + b"ls.",
    "more than the largest record": b"\x80\x04}." + b"x" * (16 * 1024 * 1024),
}  # fmt: skip


READ = """
import resource, sys
from flask_session.serialization.legacy import load_pickle, UnreadableRecord
data = sys.stdin.buffer.read()
resource.setrlimit(resource.RLIMIT_AS, (1 << 30, 1 << 30))
resource.setrlimit(resource.RLIMIT_CPU, (20, 20))
try:
    load_pickle(data)
except UnreadableRecord as error:
    print(error)
"""


@pytest.mark.parametrize("name", BOMBS)
def test_no_bomb_costs_much_memory_or_time(name: str) -> None:
    process = subprocess.run(
        [sys.executable, "-c", READ], input=BOMBS[name], capture_output=True, check=False
    )
    assert process.returncode == 0, process.stderr
    assert process.stdout.startswith(b"the pickle")
    assert b"MemoryError" not in process.stdout
