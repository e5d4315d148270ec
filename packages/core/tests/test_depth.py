"""Records that nest too deeply never reach a recursive decoder."""

from __future__ import annotations

import subprocess
import sys

import pytest
from flask_session.depth import check_json, check_msgpack
from flask_session.errors import UnreadableRecord


def deep_msgpack(levels: int) -> bytes:
    return b"\x81\xa1v" + b"\x91" * (levels - 1) + b"\x90"


def deep_json(levels: int) -> bytes:
    return b'{"v":' + b"[" * levels + b"]" * levels + b"}"


@pytest.mark.parametrize("levels", [1, 99, 100])
def test_a_hundred_levels_pass(levels: int) -> None:
    check_msgpack(deep_msgpack(levels))
    check_json(deep_json(levels))


@pytest.mark.row("B3")
@pytest.mark.parametrize("levels", [101, 900, 100_000])
def test_deeper_ones_are_rejected(levels: int) -> None:
    with pytest.raises(UnreadableRecord, match="nests too deeply"):
        check_msgpack(deep_msgpack(levels))
    with pytest.raises(UnreadableRecord, match="nests too deeply"):
        check_json(deep_json(levels))


def test_many_containers_side_by_side_pass() -> None:
    check_msgpack(b"\xdc\x03\xe8" + b"\x91\x80" * 1000)
    check_json(b"[" + b"[{}]," * 1000 + b"[]]")


def test_brackets_in_a_text_do_not_count() -> None:
    check_json(b'{"v":"' + b"[{" * 500 + b'\\"[[["}')


def test_bytes_of_a_text_do_not_count() -> None:
    text = "ð\x90".encode() * 300
    check_msgpack(b"\x81\xa1v\xda" + len(text).to_bytes(2, "big") + text)


def test_maps_keys_and_our_own_tags_count_as_levels() -> None:
    tagged = b"\xc0"
    for _ in range(101):
        inner = b"\x91" + tagged
        tagged = b"\xc9" + len(inner).to_bytes(4, "big") + b"\x01" + inner
    with pytest.raises(UnreadableRecord, match="nests too deeply"):
        check_msgpack(b"\x81\xa1v" + tagged)


SMALL_STACK = """
import sys, threading
from flask_session.errors import UnreadableRecord
from flask_session.serializers import MsgSpecSerializer
sys.setrecursionlimit(200_000)
records = [b"\\x81\\xa1v" + b"\\x91" * n + b"\\xc0" for n in (101, 900, 100_000)]
records += [b'{"v":' + b"[" * n + b"]" * n + b"}" for n in (101, 900, 100_000)]
rejected = []
def decode():
    for record in records:
        try:
            MsgSpecSerializer().decode(record)
        except UnreadableRecord:
            rejected.append(record)
threading.stack_size(512 * 1024)
thread = threading.Thread(target=decode)
thread.start()
thread.join()
print(len(rejected))
"""


@pytest.mark.row("B3")
def test_a_thread_with_a_small_stack_survives() -> None:
    done = subprocess.run(
        [sys.executable, "-c", SMALL_STACK], capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == "6"
