"""Every kind of value, through both formats: equal and of the same type, flattened, or refused."""

from __future__ import annotations

import math
import warnings
from collections import OrderedDict, namedtuple
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta, timezone
from decimal import Decimal
from enum import Enum, IntEnum
from uuid import UUID

import msgspec
import pytest
from flask_session import flattening
from flask_session.errors import ConfigurationError, UnreadableRecord
from flask_session.serializers import MsgSpecSerializer, adapt
from markupsafe import Markup

Point = namedtuple("Point", "x y")
HALF_PAST = timezone(timedelta(hours=5, minutes=30))

KEPT = {
    "none": None,
    "true": True,
    "integer": -7,
    "float": 1.5,
    "infinity": float("inf"),
    "text": "Grüße 🍪",
    "surrogate": "a\ud800b",
    "bytes": bytes(range(256)),
    "list": [1, [2, [3]]],
    "dict": {"a": {"b": 1}},
    "integer keys": {1: "a", -2: {3: "b"}},
    "tuple keys": {(1, "a"): 1, (1, (2, b"x")): 2},
    "odd keys": {None: 1, 1.5: 2, b"k": 3, date(2026, 1, 2): 4, frozenset({1}): 5},
    "marked keys": {" fs:tuple": [1], " fs:": 2},
    "tuple": (1, (2, [3, ()])),
    "set": {3, 1, 2, "a"},
    "frozenset": frozenset({(1, 2), "b"}),
    "markup": Markup("<b>bold</b>"),
    "uuid": UUID("00112233-4455-6677-8899-aabbccddeeff"),
    "naive datetime": datetime(2026, 11, 23, 1, 2, 3, 456789),
    "utc datetime": datetime(2026, 11, 23, 1, 2, 3, 456789, tzinfo=timezone.utc),
    "aware datetime": datetime(2026, 11, 23, 1, 2, 3, tzinfo=HALF_PAST),
    "date": date(1900, 2, 28),
    "time": time(23, 59, 59, 1),
    "timedelta": timedelta(days=-3, microseconds=7),
    "decimal": Decimal("1.10"),
    "huge integer": 2**70,
    "huge negative integer": -(10**5000),
    "huge integer key": {2**65: 1},
}


class Colour(Enum):
    RED = "red"


class Level(IntEnum):
    HIGH = 3


class Name(str):
    __slots__ = ()


@dataclass
class Item:
    name: str
    count: int


class LazyString:
    def __str__(self) -> str:
        return "later"


FLATTENED = {
    "enum": (Colour.RED, "red"),
    "int enum": (Level.HIGH, 3),
    "text subclass": (Name("x"), "x"),
    "dataclass": (Item("a", 2), {"name": "a", "count": 2}),
    "named tuple": (Point(1, 2), [1, 2]),
    "ordered dict": (OrderedDict(b=1, a=2), {"b": 1, "a": 2}),
    "lazy text": (LazyString(), "later"),
    "bytearray": (bytearray(b"ab"), b"ab"),
}


@pytest.fixture(params=["msgpack", "json"])
def serializer(request: pytest.FixtureRequest) -> MsgSpecSerializer:
    return MsgSpecSerializer(format=request.param)


def same(left: object, right: object) -> bool:
    """Compare values and, all the way down, types."""
    if type(left) is not type(right):
        return False
    if isinstance(left, dict) and isinstance(right, dict):
        return list(left) == list(right) and all(same(left[key], right[key]) for key in left)
    if isinstance(left, (list, tuple)) and isinstance(right, (list, tuple)):
        return len(left) == len(right) and all(map(same, left, right))
    return left == right


@pytest.mark.parametrize("value", KEPT.values(), ids=KEPT)
def test_the_value_comes_back_equal_and_of_the_same_type(
    serializer: MsgSpecSerializer, value: object
) -> None:
    assert same(serializer.decode(serializer.encode({"v": value})), {"v": value})


@pytest.mark.parametrize("key", [2**70, -(2**64), "\ud800", (2**70, "\ud800")], ids=repr)
def test_a_key_that_needs_a_tag_comes_back(serializer: MsgSpecSerializer, key: object) -> None:
    # Only values fell back to tags; in msgpack such a key was an error at every save.
    session = {key: 1, "other": [(1, 2)]}
    assert same(serializer.decode(serializer.encode(session)), session)


def test_not_a_number_comes_back(serializer: MsgSpecSerializer) -> None:
    value = serializer.decode(serializer.encode({"v": float("nan")}))["v"]
    assert math.isnan(value)


@pytest.mark.parametrize("value", KEPT.values(), ids=KEPT)
def test_a_value_written_in_one_format_is_read_by_the_other(value: object) -> None:
    msgpack, json = MsgSpecSerializer(), MsgSpecSerializer(format="json")
    assert same(json.decode(msgpack.encode({"v": value})), {"v": value})
    assert same(msgpack.decode(json.encode({"v": value})), {"v": value})


@pytest.mark.parametrize(("value", "stored"), FLATTENED.values(), ids=FLATTENED)
def test_the_value_is_flattened_with_one_warning(
    serializer: MsgSpecSerializer, value: object, stored: object
) -> None:
    flattening._warned.clear()
    with pytest.warns(UserWarning, match="the session keeps"):
        data = serializer.encode({"v": value})
    assert same(serializer.decode(data), {"v": stored})
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        serializer.encode({"v": value})


LONG = {
    "list": lambda value: [value] * 20,
    "list of dicts": lambda value: [{"k": value}] * 20,
    "dict": lambda value: {str(number): value for number in range(20)},
    "dict of lists": lambda value: {str(number): [value] for number in range(20)},
    "dict of odd keys": lambda value: {number: [value] for number in range(20)},
    "list of floats": lambda value: [*map(float, range(19)), value],
    "list that is the last of a long list": lambda value: [*range(19), [value] * 20],
}
"""Long containers are looked at in another way than short ones."""


@pytest.mark.parametrize("container", LONG.values(), ids=LONG)
@pytest.mark.parametrize("value", KEPT.values(), ids=KEPT)
def test_the_same_is_true_in_long_containers(
    serializer: MsgSpecSerializer, value: object, container: Callable[[object], object]
) -> None:
    held = container(value)
    assert same(serializer.decode(serializer.encode({"v": held})), {"v": held})


class Basket:
    """An object whose ``vars()`` an app may put into the session."""

    def __init__(self) -> None:
        self.size = (3, 4)


def test_the_attributes_of_objects_keep_their_types(serializer: MsgSpecSerializer) -> None:
    baskets = [Basket() for _ in range(20)]
    held = [vars(basket) for basket in baskets]
    assert same(serializer.decode(serializer.encode({"v": held})), {"v": [{"size": (3, 4)}] * 20})


@pytest.mark.parametrize("container", LONG.values(), ids=LONG)
@pytest.mark.parametrize(("value", "stored"), FLATTENED.values(), ids=FLATTENED)
@pytest.mark.filterwarnings("ignore:the session keeps")
def test_a_value_in_long_containers_is_flattened(
    serializer: MsgSpecSerializer,
    value: object,
    stored: object,
    container: Callable[[object], object],
) -> None:
    data = serializer.encode({"v": container(value)})
    assert same(serializer.decode(data), {"v": container(stored)})


@pytest.mark.parametrize("key", [Markup("k"), Name("k"), 1, (1,), b"k"], ids=repr)
@pytest.mark.filterwarnings("ignore:the session keeps")
def test_a_key_in_a_long_list_of_dicts_keeps_its_type(
    serializer: MsgSpecSerializer, key: object
) -> None:
    short, long = [{key: 1}], [{key: 1}] * 20
    as_short = serializer.decode(serializer.encode({"v": short}))["v"]
    assert same(serializer.decode(serializer.encode({"v": long}))["v"], as_short * 20)


UNKEPT = [object(), print, 1j, ValueError("x"), iter([])]


@pytest.mark.parametrize("value", UNKEPT, ids=lambda value: type(value).__name__)
def test_a_value_that_cannot_be_kept_is_a_type_error_that_names_the_key(
    serializer: MsgSpecSerializer, value: object
) -> None:
    with pytest.raises(TypeError, match=r"session\['basket'\]"):
        serializer.encode({"basket": value})


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


def test_equal_sets_have_equal_bytes(serializer: MsgSpecSerializer) -> None:
    forwards, backwards = set(range(40)), set(range(39, -1, -1))
    forwards.update(map(str, range(40)))
    backwards.update(map(str, reversed(range(40))))
    assert serializer.encode({"v": forwards}) == serializer.encode({"v": backwards})


PLAIN = {"_permanent": True, "user": "alice", "n": 1, "cart": [{"sku": "x", "price": 1.5}]}


def test_plain_values_are_plain_msgpack() -> None:
    assert MsgSpecSerializer().encode(PLAIN) == msgspec.msgpack.encode(PLAIN)


def test_plain_values_are_plain_json() -> None:
    assert MsgSpecSerializer(format="json").encode(PLAIN) == msgspec.json.encode(PLAIN)


def test_flash_messages_are_lists_for_old_workers_and_tuples_for_us() -> None:
    data = MsgSpecSerializer().encode({"_flashes": [("message", "hello")]})
    assert msgspec.msgpack.decode(data) == {"_flashes": [["message", "hello"]]}
    assert same(MsgSpecSerializer().decode(data), {"_flashes": [("message", "hello")]})


@pytest.mark.parametrize(
    "data",
    [b"", b"garbage", b"\x01", b"[1]", b"\x93\x01\x02\x03", b"{", b'{"a":', b"null", b"\xc1" * 9],
)
def test_what_is_no_record_is_unreadable(serializer: MsgSpecSerializer, data: bytes) -> None:
    with pytest.raises(UnreadableRecord):
        serializer.decode(data)


def test_every_truncation_is_unreadable_or_shorter(serializer: MsgSpecSerializer) -> None:
    data = serializer.encode(KEPT)
    for end in range(0, len(data), 7):
        with pytest.raises(UnreadableRecord):
            serializer.decode(data[:end])


def test_one_byte_flips_never_raise_anything_else(serializer: MsgSpecSerializer) -> None:
    data = bytearray(serializer.encode(KEPT))
    for position in range(len(data)):
        data[position] ^= 0x55
        with suppress(UnreadableRecord):
            serializer.decode(bytes(data))
        data[position] ^= 0x55


class OnlyDumps:
    def dumps(self, session: dict[str, object]) -> str:
        return "v1:" + msgspec.json.encode(session).decode()

    def loads(self, data: bytes) -> dict[str, object]:
        assert data.startswith(b"v1:")
        return msgspec.json.decode(data[3:])


def test_a_foreign_serializer_writes_and_reads_whole_sessions() -> None:
    adapted = adapt(OnlyDumps())
    items = adapted.split(b'v1:{"a":1,"b":[2]}')
    assert {key: adapted.decode_item(key, raw) for key, raw in items.items()} == {"a": 1, "b": [2]}
    assert adapted.join(items) == b'v1:{"a":1,"b":[2]}'


def test_a_foreign_serializer_still_opens_our_records() -> None:
    adapted = adapt(OnlyDumps())
    assert adapted.decode(MsgSpecSerializer().encode({"a": 1})) == {"a": 1}


def test_pickle_is_refused_as_a_serializer() -> None:
    import pickle

    with pytest.raises(ConfigurationError, match="not pickle"):
        adapt(pickle)
