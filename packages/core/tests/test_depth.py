"""Records that nest too deeply never reach a recursive decoder."""

from __future__ import annotations

import subprocess
import sys
import time
from typing import Any

import pytest
from flask_session.errors import UnreadableRecord
from flask_session.serialization.depth import check_json, check_msgpack
from flask_session.serializers import MsgSpecSerializer


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


def test_what_is_shallow_as_json_is_looked_at_as_msgpack_all_the_same() -> None:
    deep = deep_msgpack(5000)
    check_json(deep)
    with pytest.raises(UnreadableRecord, match="nests too deeply"):
        check_msgpack(deep)


def test_many_containers_side_by_side_pass() -> None:
    check_msgpack(b"\xdc\x03\xe8" + b"\x91\x80" * 1000)
    check_json(b"[" + b"[{}]," * 1000 + b"[]]")


def test_brackets_in_a_text_do_not_count() -> None:
    check_json(b'{"v":"' + b"[{" * 500 + b'\\"[[["}')


@pytest.mark.parametrize("end", [b"", b"\\"])
def test_a_text_that_was_cut_off_is_passed_over_once(end: bytes) -> None:
    # It was tried again from each quotation mark in it: 24 seconds for 48 KB.
    began = time.process_time()
    check_json(b'{"v":"' + b'\\"[' * 16_000 + end)
    assert time.process_time() - began < 1


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


def test_a_tag_that_says_it_is_longer_than_its_list_hides_nothing() -> None:
    # The rest of the tag was taken for the header of a text that covers all that follows.
    hiding = b"\xc7\x06\x01\x00\xc6\xff\xff\xff\xff"
    with pytest.raises(UnreadableRecord, match="nests too deeply"):
        check_msgpack(b"\x82\xa1a" + hiding + b"\xa1v" + b"\x91" * 101 + b"\xc0")


def test_tags_in_tags_count_as_levels_without_a_list_between_them() -> None:
    tagged = b"\x01"
    for _ in range(101):
        tagged = b"\xc8" + len(tagged).to_bytes(2, "big") + b"\x01" + tagged
    with pytest.raises(UnreadableRecord, match="nests too deeply"):
        check_msgpack(b"\x81\xa1v" + tagged)


@pytest.mark.parametrize("format", ["msgpack", "json"])
@pytest.mark.parametrize(("kind", "most"), [(list, 100), (tuple, 50), (frozenset, 50)])
def test_what_is_too_deep_to_be_read_is_not_written(
    format: str, kind: type[Any], most: int
) -> None:
    # Fifty-one tuples were written, and then took the whole session with them.
    serializer, value = MsgSpecSerializer(format=format), kind()
    for _ in range(most - 1):
        value = kind([value])
    assert serializer.decode(serializer.encode({"v": value})) == {"v": value}
    with pytest.raises(TypeError, match="deeper than 100"):
        serializer.encode({"v": kind([value])})


SMALL_STACK = """
import sys, threading
from flask_session.errors import UnreadableRecord
from flask_session.serializers import MsgSpecSerializer
sys.setrecursionlimit(200_000)
records = [b"\\x81\\xa1v" + b"\\x91" * n + b"\\xc0" for n in (101, 900, 100_000)]
records += [b'{"v":' + b"[" * n + b"]" * n + b"}" for n in (101, 900, 100_000)]
hidden = b"\\x82\\xa1a\\xc7\\x06\\x01\\x00\\xc6\\xff\\xff\\xff\\xff\\xa1v"
records += [hidden + b"\\x91" * n + b"\\xc0" for n in (101, 900, 100_000)]
records += [b'{"v":{" fs:' + b"[" * n + b"]" * n + b'":1}}' for n in (900, 100_000)]
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
    assert done.stdout.strip() == "11"


def nested(levels: int) -> list[object]:
    value: list[object] = []
    for _ in range(levels - 1):
        value = [value]
    return value


def test_a_hundred_levels_are_kept(serializer: MsgSpecSerializer) -> None:
    assert serializer.decode(serializer.encode({"v": nested(100)})) == {"v": nested(100)}


def test_more_levels_are_refused(serializer: MsgSpecSerializer) -> None:
    with pytest.raises(TypeError, match="deeper than 100"):
        serializer.encode({"v": nested(101)})


def test_a_hundred_levels_of_a_long_list_are_kept(serializer: MsgSpecSerializer) -> None:
    value = [*range(20), nested(99)]
    assert serializer.decode(serializer.encode({"v": value})) == {"v": value}


def test_more_levels_of_a_long_list_are_refused(serializer: MsgSpecSerializer) -> None:
    with pytest.raises(TypeError, match="deeper than 100"):
        serializer.encode({"v": [*range(20), nested(100)]})


def test_a_long_list_that_contains_itself_often_is_refused(serializer: MsgSpecSerializer) -> None:
    value: list[object] = []
    value.extend([value] * 1000)
    with pytest.raises(TypeError, match="deeper than 100"):
        serializer.encode({"v": value})


def test_a_value_that_contains_itself_is_refused(serializer: MsgSpecSerializer) -> None:
    value: list[object] = []
    value.append(value)
    with pytest.raises(TypeError, match="deeper than 100"):
        serializer.encode({"v": value})
