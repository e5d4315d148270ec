"""How large and how deep a session may be; what is too much never reaches the store."""

from __future__ import annotations

from typing import Any

import pytest

from ..site import Site, Visitor
from ..views import drop, get, items, put, user
from .base import MakeSite, SessionSuite, log_in

FORMATS = ("msgpack", "json")


class Limits(SessionSuite):
    """A hundred levels, and ``SESSION_MAX_BYTES``."""

    @pytest.mark.row("B3")
    @pytest.mark.parametrize("encoding", FORMATS)
    def test_a_hundred_levels_are_kept(self, make_site: MakeSite, encoding: str) -> None:
        alice = log_in(make_site(SESSION_SERIALIZATION_FORMAT=encoding), "alice")
        alice.does(put(value=nested(100)))
        assert alice.does(get("value")) == nested(100)

    @pytest.mark.row("B3")
    @pytest.mark.parametrize("encoding", FORMATS)
    @pytest.mark.parametrize("depth", [101, 900, 100_000])
    def test_more_than_a_hundred_levels_are_refused(
        self, make_site: MakeSite, depth: int, encoding: str
    ) -> None:
        alice = log_in(make_site(SESSION_SERIALIZATION_FORMAT=encoding), "alice")
        answer = alice.visit(put(value=nested(depth)))
        assert (answer.status, answer.cookies) == (500, [])
        assert alice.does(items) == {"user": "alice"}

    @pytest.mark.row("B4")
    def test_a_session_up_to_the_limit_is_stored(self, make_site: MakeSite) -> None:
        site = make_site(SESSION_MAX_BYTES=4096)
        alice = log_in(site, "alice")
        alice.does(put(value=b"x" * (4096 - overhead(site, alice))))
        assert len(alice.does(get("value"))) > 3900

    @pytest.mark.row("B4")
    def test_a_session_one_byte_above_the_limit_is_refused_before_sending(
        self, make_site: MakeSite
    ) -> None:
        site = make_site(SESSION_MAX_BYTES=4096)
        alice = log_in(site, "alice")
        room = 4096 - overhead(site, alice)
        answer = alice.visit(put(value=b"x" * (room + 1)))
        assert (answer.status, answer.cookies) == (500, [])
        assert "update" not in site.store.verbs
        assert alice.does(items) == {"user": "alice"}

    @pytest.mark.row("B4")
    def test_a_new_session_above_the_limit_is_refused_before_sending(
        self, make_site: MakeSite
    ) -> None:
        site = make_site(SESSION_MAX_BYTES=4096)
        answer = site.visitor().visit(put(value=b"x" * 5000))
        assert (answer.status, answer.cookies, site.store.calls) == (500, [], [])

    @pytest.mark.row("B4")
    def test_two_megabytes_are_stored_or_refused_as_the_store_says(self, alice: Visitor) -> None:
        fits = alice.site.store.max_bytes > 2_100_000
        answer = alice.visit(put(value=b"\xff" * 2_000_000))
        assert answer.status == (200 if fits else 500)
        assert alice.does(user) == "alice"
        assert (alice.does(get("value")) is not None) == fits

    @pytest.mark.row("B4")
    def test_the_error_for_a_session_that_is_too_large_can_be_handled(
        self, make_site: MakeSite
    ) -> None:
        site = make_site(SESSION_MAX_BYTES=4096)
        site.app.register_error_handler(500, lambda error: (type(error).__name__, 413))
        answer = site.visitor().visit(put(value=b"x" * 5000))
        assert (answer.status, answer.body) == (413, b"SessionTooLarge")


def nested(depth: int) -> list[Any]:
    """Make a list in a list in a list."""
    value: list[Any] = []
    for _ in range(depth - 1):
        value = [value]
    return value


def overhead(site: Site, visitor: Visitor) -> int:
    """Answer how many bytes of a record are not the value, for values of some thousand bytes."""
    probe = 3000
    visitor.does(put(value=b"x" * probe))
    size = max(len(call.data) for call in site.store.calls)
    visitor.does(drop("value"))
    site.store.calls.clear()
    return size - probe
