"""Values come back equal and of the same type, or are refused at once; nothing else happens."""

from __future__ import annotations

import math
import warnings
from collections import OrderedDict, namedtuple
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta, timezone
from decimal import Decimal
from enum import Enum
from types import SimpleNamespace
from typing import Any
from uuid import UUID

import pytest
from flask import session
from markupsafe import Markup

from ..site import Visitor
from ..views import get, items, put
from .base import MakeSite, SessionSuite, log_in

KEPT: dict[str, Any] = {
    "None": None,
    "True": True,
    "an integer": -(2**63),
    "an integer beyond 64 bits": 2**70,
    "a float": 1.5,
    "infinity": math.inf,
    "a text": "é😀\n\x00",
    "an empty text": "",
    "a lone surrogate": "\ud800",
    "bytes": bytes(range(256)),
    "a list": [1, [2, [3]], []],
    "a dict": {"a": {"b": {}}},
    "a tuple": (1, (2, ())),
    "a set": {1, "a", (2, 3)},
    "a frozenset": frozenset({1, frozenset()}),
    "markup": Markup("<b>bold</b>"),
    "a UUID": UUID("12345678123456781234567812345678"),
    "a naive datetime": datetime(2024, 2, 29, 12, 30, 15, 999_999),
    "an aware datetime": datetime(2024, 2, 29, 12, 30, tzinfo=timezone.utc),
    "a datetime with an offset": datetime(2024, 2, 29, tzinfo=timezone(timedelta(hours=5.5))),
    "a date": date(2024, 2, 29),
    "a time": time(23, 59, 59, 1),
    "a timedelta": timedelta(days=-1, microseconds=1),
    "a decimal": Decimal("0.10"),
    "integer keys": {1: "a", -5: "b"},
    "tuple keys": {(1, "a"): 2},
    "a None key": {None: 1},
    "a mixture": {"a": [({"b": (Decimal(1), {3})}, b"x")]},
}
FORMATS = ("msgpack", "json")
REFUSED: dict[str, Any] = {
    "complex": 1 + 2j,
    "an object": SimpleNamespace(a=1),
    "a function": len,
    "an exception": ValueError("x"),
    "a class": int,
}


class Data(SessionSuite):
    """What a session can hold."""

    @pytest.mark.row("B6")
    @pytest.mark.parametrize("encoding", FORMATS)
    @pytest.mark.parametrize("kind", KEPT)
    def test_a_value_comes_back_equal_and_of_the_same_type(
        self, make_site: MakeSite, kind: str, encoding: str
    ) -> None:
        alice = log_in(make_site(SESSION_SERIALIZATION_FORMAT=encoding), "alice")
        alice.does(put(value=KEPT[kind]))
        found = alice.does(get("value"))
        assert (found, described(found)) == (KEPT[kind], described(KEPT[kind]))

    @pytest.mark.row("B6")
    @pytest.mark.parametrize("encoding", FORMATS)
    def test_not_a_number_comes_back(self, make_site: MakeSite, encoding: str) -> None:
        alice = log_in(make_site(SESSION_SERIALIZATION_FORMAT=encoding), "alice")
        alice.does(put(value=math.nan))
        assert math.isnan(alice.does(get("value")))

    @pytest.mark.row("B6")
    @pytest.mark.parametrize("encoding", FORMATS)
    @pytest.mark.parametrize("key", [1, (1, "a"), None, b"bytes"])
    def test_a_key_comes_back_equal_and_of_the_same_type(
        self, make_site: MakeSite, key: Any, encoding: str
    ) -> None:
        alice = log_in(make_site(SESSION_SERIALIZATION_FORMAT=encoding), "alice")
        alice.does(lambda: session.update({key: "value"}))
        assert alice.does(items) == {"user": "alice", key: "value"}

    @pytest.mark.row("B6")
    @pytest.mark.parametrize("encoding", FORMATS)
    @pytest.mark.parametrize("kind", ["enum", "dataclass", "namedtuple", "OrderedDict", "str"])
    def test_what_0_8_flattened_is_flattened_with_one_warning(
        self, make_site: MakeSite, kind: str, encoding: str
    ) -> None:
        alice = log_in(make_site(SESSION_SERIALIZATION_FORMAT=encoding), "alice")
        value, flat = flattened()[kind]
        with warnings.catch_warnings(record=True) as heard:
            warnings.simplefilter("always")
            alice.does(put(first=value, second=value))
        assert alice.does(get("first")) == flat
        assert len(heard) <= 1 if kind == "OrderedDict" else len(heard) == 1

    @pytest.mark.row("B8")
    @pytest.mark.parametrize("encoding", FORMATS)
    @pytest.mark.parametrize("kind", REFUSED)
    def test_what_nobody_can_keep_is_a_type_error_that_names_the_key(
        self, make_site: MakeSite, kind: str, encoding: str
    ) -> None:
        alice = log_in(make_site(SESSION_SERIALIZATION_FORMAT=encoding), "alice")
        alice.site.app.config["PROPAGATE_EXCEPTIONS"] = True
        with pytest.raises(TypeError, match="the_key"):
            alice.visit(put(the_key=REFUSED[kind]))

    @pytest.mark.row("B8")
    @pytest.mark.parametrize("kind", REFUSED)
    def test_what_nobody_can_keep_leaves_the_record_as_it_is(
        self, alice: Visitor, kind: str
    ) -> None:
        answer = alice.visit(put(more=1, the_key=REFUSED[kind]))
        assert (answer.status, answer.cookies) == (500, [])
        assert set(alice.site.store.verbs) <= {"load"}
        assert alice.does(items) == {"user": "alice"}

    def test_a_change_inside_a_value_is_stored(self, alice: Visitor) -> None:
        alice.does(put(cart={"items": [1]}))
        alice.does(lambda: session["cart"]["items"].append(2))
        assert alice.does(get("cart")) == {"items": [1, 2]}

    def test_a_look_at_a_value_that_could_change_writes_nothing(self, alice: Visitor) -> None:
        alice.does(put(cart={"items": [1, (2, {3})]}))
        alice.site.store.calls.clear()
        alice.does(items)
        assert alice.site.store.verbs == ["load"]

    def test_writing_an_equal_value_writes_nothing(self, alice: Visitor) -> None:
        alice.does(put(user="alice"))
        assert "update" not in alice.site.store.verbs


def described(value: Any) -> Any:
    """Answer the types of a value and of everything in it, sets in a fixed order."""
    if isinstance(value, dict):
        return dict, sorted(((described(k), described(v)) for k, v in value.items()), key=repr)
    if isinstance(value, list | tuple):
        return type(value), [described(each) for each in value]
    if isinstance(value, set | frozenset):
        return type(value), sorted((described(each) for each in value), key=repr)
    return (type(value), value.utcoffset()) if isinstance(value, datetime) else type(value)


def flattened() -> dict[str, tuple[Any, Any]]:
    """Make values of types nobody has warned about yet, and what is stored for them."""

    class Colour(Enum):
        RED = "red"

    @dataclass
    class Point:
        x: int

    class Text(str):
        pass

    pair = namedtuple("pair", "a b")
    return {
        "enum": (Colour.RED, "red"),
        "dataclass": (Point(1), {"x": 1}),
        "namedtuple": (pair(1, 2), [1, 2]),
        "OrderedDict": (OrderedDict(a=1), {"a": 1}),
        "str": (Text("text"), "text"),
    }
