"""Every kind of value, through both formats: equal and of the same type, flattened, or refused."""

from __future__ import annotations

import math
import warnings
from collections import OrderedDict, namedtuple
from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum, IntEnum

import msgspec
import pytest
from flask_session.serialization import flattening
from flask_session.serializers import MsgSpecSerializer
from markupsafe import Markup
from werkzeug import Request

from packages.core.tests.values import KEPT, same

Point = namedtuple("Point", "x y")


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


@pytest.mark.filterwarnings("ignore:the session keeps")
def test_a_query_keeps_all_its_values(serializer: MsgSpecSerializer) -> None:
    args = Request.from_values("/?tag=a&tag=b&q=1").args
    data = serializer.encode({"v": args, "deep": [args]})
    assert serializer.decode(data)["v"] == {"tag": ["a", "b"], "q": ["1"]}
    assert serializer.decode(data)["deep"] == [{"tag": ["a", "b"], "q": ["1"]}]


UNKEPT = [object(), print, 1j, ValueError("x"), iter([])]


@pytest.mark.parametrize("value", UNKEPT, ids=lambda value: type(value).__name__)
def test_a_value_that_cannot_be_kept_is_a_type_error_that_names_the_key(
    serializer: MsgSpecSerializer, value: object
) -> None:
    with pytest.raises(TypeError, match=r"session\['basket'\].*Keep text"):
        serializer.encode({"basket": value})


@pytest.mark.parametrize("key", UNKEPT, ids=lambda key: type(key).__name__)
def test_a_key_that_cannot_be_kept_is_a_type_error_that_says_so(
    serializer: MsgSpecSerializer, key: object
) -> None:
    with pytest.raises(TypeError, match=r"^A key of the session.*Keep text"):
        serializer.encode({key: "value"})


def test_equal_sets_have_equal_bytes(serializer: MsgSpecSerializer) -> None:
    forwards, backwards = set[object](range(40)), set[object](range(39, -1, -1))
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
