"""Old pickles of plain data open; nothing else does, and nothing runs."""

from __future__ import annotations

import io
import os
import pickle
from collections import OrderedDict, defaultdict
from contextlib import suppress
from datetime import date, datetime, time, timedelta, timezone
from decimal import Decimal
from enum import Enum
from pathlib import Path
from typing import Any
from uuid import UUID, uuid1
from zoneinfo import ZoneInfo

import pytest
from flask_session.errors import UnreadableRecord
from flask_session.serialization.legacy import is_pickle, load_pickle, read_pickle
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from markupsafe import Markup

BERLIN = ZoneInfo("Europe/Berlin")
shared = ["shared"]
VALUES: dict[str, Any] = {
    "none": None, "true": True, "false": False, "int": 7, "negative": -1, "long": 1 << 40,
    "huge": 1 << 500, "float": 1.5, "infinite": float("inf"), "empty text": "", "text": "é€\\u\n😀",
    "surrogate": "\ud800", "long text": "x" * 70_000, "bytes": b"\x00\xff", "no bytes": b"",
    "long bytes": b"\xff" * 70_000, "list": [1, [2, {"a": []}]],
    "tuple": (1, (), (2, 3), (3, 4, 5, 6)),
    "set": {1, "a", (2, 3)}, "frozenset": frozenset([1, frozenset([2])]), "no members": set(),
    "keys": {1: "a", (1, "b"): 2, None: 3, b"k": 4, 1.5: 5}, "long list": list(range(2500)),
    "long dict": {str(number): number for number in range(2500)}, "twice": [shared, shared],
    "markup": Markup("<b>&</b>"), "uuid": UUID(int=7 << 100), "uuid1": uuid1(),
    "decimal": Decimal("1.50"), "decimal infinite": Decimal("-Infinity"),
    "datetime": datetime(2024, 5, 17, 12, 34, 56, 789), "fold": datetime(2024, 10, 27, 2, fold=1),
    "aware": datetime(2024, 5, 17, 12, tzinfo=timezone.utc),
    "offset": datetime(2024, 5, 17, 12, tzinfo=timezone(timedelta(hours=-3, seconds=7), "HERE")),
    "zone": datetime(2024, 5, 17, 12, tzinfo=BERLIN), "date": date(2024, 5, 17),
    "time": time(12, 34, 56, 789), "aware time": time(1, 2, 3, 4, tzinfo=timezone.utc, fold=1),
    "timedelta": timedelta(-3, 4, 5), "longest": timedelta.max,
}  # fmt: skip
SOME_VALUES = {name: value for name, value in VALUES.items() if "long" not in name}
PROTOCOLS = range(6)


@pytest.mark.parametrize("protocol", PROTOCOLS)
@pytest.mark.parametrize("name", VALUES)
def test_plain_data_opens_equal_and_of_the_same_type(name: str, protocol: int) -> None:
    pickled = pickle.dumps({"v": VALUES[name]}, protocol)
    value = load_pickle(pickled)["v"]
    assert value == VALUES[name]
    # Protocols 0 to 3 lose the fold of a datetime by themselves.
    assert repr(value) == repr(pickle.loads(pickled)["v"])  # noqa: S301 - our own data


@pytest.mark.parametrize("protocol", PROTOCOLS)
@pytest.mark.parametrize(
    ("old", "plain"),
    [
        (OrderedDict(b=1, a=2), {"b": 1, "a": 2}),
        (OrderedDict(), {}),
        (defaultdict(list, a=[1]), {"a": [1]}),
        (defaultdict(dict), {}),
        (defaultdict(None, a=1), {"a": 1}),
        (bytearray(b"\xff\x00"), b"\xff\x00"),
        (bytearray(), b""),
    ],
    ids=repr,
)
def test_what_08_flattened_opens_flattened(old: Any, plain: Any, protocol: int) -> None:
    value = load_pickle(pickle.dumps({"v": old}, protocol))["v"]
    assert (value, type(value)) == (plain, type(plain))


def test_the_python_pickler_writes_what_opens() -> None:
    for protocol in PROTOCOLS:
        stream = io.BytesIO()
        pickle._Pickler(stream, protocol).dump(VALUES)
        assert load_pickle(stream.getvalue()) == VALUES


UNHURRIED = settings(max_examples=50, deadline=None)
PLAIN = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text() | st.binary()
    | st.datetimes() | st.dates() | st.times() | st.timedeltas() | st.uuids()
    | st.decimals(allow_nan=False),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner) | st.tuples(inner, inner),
)  # fmt: skip


@settings(max_examples=50, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.dictionaries(st.text(), PLAIN), st.sampled_from(PROTOCOLS))
def test_any_plain_session_opens(session: dict[str, Any], protocol: int) -> None:
    assert load_pickle(pickle.dumps(session, protocol)) == session


@UNHURRIED
@given(st.data())
def test_a_flipped_byte_is_a_session_or_a_rejection(data: st.DataObject) -> None:
    protocol = data.draw(st.sampled_from(PROTOCOLS))
    pickled = bytearray(pickle.dumps(SOME_VALUES, protocol))
    pickled[data.draw(st.integers(0, len(pickled) - 1))] ^= 1 << data.draw(st.integers(0, 7))
    rejected_or_dict(bytes(pickled))


@UNHURRIED
@given(st.binary(max_size=300))
def test_noise_is_a_session_or_a_rejection(noise: bytes) -> None:
    rejected_or_dict(b"\x80\x04" + noise)


def rejected_or_dict(data: bytes) -> None:
    with suppress(UnreadableRecord):
        assert type(load_pickle(data)) is dict


def test_every_truncation_is_rejected() -> None:
    pickled = pickle.dumps({"a": [1, {2}], "t": datetime(2024, 5, 17)})
    for length in range(len(pickled)):
        with pytest.raises(UnreadableRecord):
            load_pickle(pickled[:length])


def test_something_behind_the_session_is_rejected() -> None:
    with pytest.raises(UnreadableRecord):
        load_pickle(pickle.dumps({}) + b"x")


@pytest.mark.parametrize("value", [[("a", 1)], "text", 7, None, {1}])
def test_a_pickle_that_is_no_dict_is_rejected(value: Any) -> None:
    with pytest.raises(UnreadableRecord):
        load_pickle(pickle.dumps(value))


def test_two_pickles_in_a_row_are_read_one_after_the_other() -> None:
    data = pickle.dumps(1700000000) + pickle.dumps({"a": 1})
    expiry, end = read_pickle(data)
    assert (expiry, load_pickle(data[end:])) == (1700000000, {"a": 1})


class Colour(Enum):
    RED = 1


class Text(str):
    __slots__ = ()


@pytest.mark.parametrize("protocol", PROTOCOLS)
@pytest.mark.parametrize(
    "value",
    [complex(1, 2), Colour.RED, Text("a"), range(3), object(), timezone.utc, len, int, Path("x"),
     ValueError("x"), os.stat_result(range(10)), defaultdict(timedelta(1).total_seconds)],
    ids=lambda value: type(value).__name__,
)  # fmt: skip
def test_other_types_are_rejected(value: Any, protocol: int) -> None:
    with pytest.raises(UnreadableRecord):
        load_pickle(pickle.dumps({"v": value}, protocol))


NEW_UUID = b"cuuid\nUUID\n)\x81"
STATE = b"}Vint\nI7\ns"


@pytest.mark.parametrize(
    "pickled",
    [
        b"(dVa\n" + NEW_UUID + b"s.",
        b"(d" + NEW_UUID + b"I1\ns.",
        b"(dVa\n" + NEW_UUID + STATE + b"b" + STATE + b"bs.",
        b"(dVa\n" + NEW_UUID + b"}Vint\nI-1\nsbs.",
        b"(dVa\n" + NEW_UUID + b"}Vint\nL" + str(1 << 128).encode() + b"L\nsbs.",
        b"(dVa\n" + NEW_UUID + b"}Vint\nVx\nsbs.",
        b"(dVa\n(l" + STATE + b"bs.",
    ],
    ids=["unfinished", "unfinished key", "twice", "negative", "too large", "no number", "a list"],
)
def test_a_state_that_is_not_a_uuids_is_rejected(pickled: bytes) -> None:
    with pytest.raises(UnreadableRecord):
        load_pickle(pickled)


def test_a_uuid_by_hand_opens() -> None:
    assert load_pickle(b"(dVa\n" + NEW_UUID + STATE + b"bs.") == {"a": UUID(int=7)}


def test_the_rejection_says_nothing_of_the_content() -> None:
    with pytest.raises(UnreadableRecord) as caught:
        load_pickle(pickle.dumps({"secret key": "secret value", "v": Path("secret path")}))
    assert "secret" not in str(caught.value)
    assert caught.value.__context__ is caught.value.__cause__ is None


def test_formats_are_told_apart_by_their_first_bytes() -> None:
    for protocol in PROTOCOLS:
        assert is_pickle(pickle.dumps({}, protocol))
        assert is_pickle(pickle.dumps({"a": 1}, protocol))
    for other in ["", "80", "81a16101", "de0000", "7b7d", "7b226122", "ff8004", "28", "5b5d"]:
        assert not is_pickle(bytes.fromhex(other))
