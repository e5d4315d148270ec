"""Records that are no sessions: the visitor is a stranger, the browser is not stuck."""

from __future__ import annotations

import os
import pickle
from pathlib import Path
from typing import Any

import pytest
from flask_session.signals import session_rejected

from ..backend import PutForeignValue
from ..hearing import heard
from ..site import Site, Visitor
from ..views import items, put, user
from .base import MakeSite, SessionSuite, log_in

GARBAGE: dict[str, bytes] = {
    "nothing": b"",
    "an int": b"\x07",
    "a JSON int": b"7",
    "a list": b"\x93\x01\x02\x03",
    "a JSON list": b"[1,2,3]",
    "a text": b"\xa5alice",
    "null": b"\xc0",
    "JSON null": b"null",
    "an unused byte": b"\xc1" * 20,
    "zeros": bytes(100),
    "text": b"not a session at all",
    "a truncated map": b"\x82\xa4user\xa5ali",
    "truncated JSON": b'{"user":"ali',
    "a map of 4 000 000 000 items": b"\xdf\xee\xff\xff\xff",
    "a text of 4 gigabytes": b"\x81\xa4user\xdb\xff\xff\xff\xff",
    "wrong UTF-8": b"\x81\xa4user\xa2\xff\xfe",
    "a pickle of a list": pickle.dumps([1, 2]),
    "deep msgpack, 101": b"\x81\xa1a" + b"\x91" * 101 + b"\xc0",
    "deep msgpack, 900": b"\x81\xa1a" + b"\x91" * 900 + b"\xc0",
    "deep msgpack, 100 000": b"\x81\xa1a" + b"\x91" * 100_000 + b"\xc0",
    "deep JSON, 900": b'{"a":' + b"[" * 900 + b"]" * 900 + b"}",
    "deep JSON, 100 000": b'{"a":' + b"[" * 100_000 + b"]" * 100_000 + b"}",
    "bookkeeping of a wrong type": b"\x82\xa4user\xa5alice\xa3_fs\xa1x",
}


class Hostile(SessionSuite):
    """What lies in the store may be anything."""

    @pytest.mark.row("B2", "B3")
    @pytest.mark.parametrize("kind", GARBAGE)
    def test_garbage_is_no_session(self, alice: Visitor, kind: str) -> None:
        overwrite(alice, GARBAGE[kind])
        answer = alice.visit(user)
        assert (answer.status, answer.result) == (200, None)

    @pytest.mark.row("B2")
    @pytest.mark.parametrize("kind", GARBAGE)
    def test_garbage_is_signalled(self, alice: Visitor, kind: str) -> None:
        overwrite(alice, GARBAGE[kind])
        with heard(session_rejected) as rejected:
            alice.does(items)
        assert len(rejected) == 1

    @pytest.mark.row("B2")
    @pytest.mark.parametrize("kind", GARBAGE)
    def test_a_browser_with_a_cookie_for_garbage_is_not_stuck(
        self, alice: Visitor, kind: str
    ) -> None:
        overwrite(alice, GARBAGE[kind])
        alice.does(put(user="alice again"))
        assert alice.does(user) == "alice again"

    @pytest.mark.row("B2")
    @pytest.mark.parametrize("kind", ["an unused byte", "deep msgpack, 900"])
    def test_a_look_leaves_garbage_as_it_is(self, alice: Visitor, kind: str) -> None:
        key = overwrite(alice, GARBAGE[kind])
        alice.does(user)
        record = alice.site.store.store.load(key)
        assert record
        assert record.data == GARBAGE[kind]

    @pytest.mark.row("B2")
    def test_a_record_beyond_every_limit_is_no_session(self, make_site: MakeSite) -> None:
        site = make_site(SESSION_MAX_BYTES=300)
        alice = log_in(site, "alice")
        overwrite(alice, b"\x81\xa4user\xda\x01\xf4" + b"x" * 500)
        site.store.max_bytes = 300
        with heard(session_rejected) as rejected:
            assert alice.does(user) is None
        assert len(rejected) == 1

    @pytest.mark.row("B2")
    def test_a_foreign_value_at_the_key_is_no_session(
        self, alice: Visitor, put_foreign_value: PutForeignValue
    ) -> None:
        alice.site.store.store.delete(key_of(alice))
        put_foreign_value(key_of(alice))
        with heard(session_rejected) as rejected:
            answer = alice.visit(user)
        assert (answer.status, answer.result, len(rejected)) == (200, None, 1)

    @pytest.mark.row("B2")
    def test_flipped_bits_never_crash_and_never_show_another_visitor(
        self, make_site: MakeSite
    ) -> None:
        site = make_site()
        log_in(site, "bob")
        alice = log_in(site, "alice")
        original = data_of(alice)
        for number in range(64):
            damaged = bytearray(original)
            damaged[number * 7 % len(original)] ^= 1 << number % 8
            overwrite(alice, bytes(damaged))
            answer = alice.twin().visit(items)
            assert answer.status == 200
            assert "bob" not in str(answer.result)
        overwrite(alice, original)
        assert alice.does(user) == "alice"

    @pytest.mark.row("B2")
    def test_every_truncation_of_a_record_is_harmless(self, alice: Visitor) -> None:
        original = data_of(alice)
        for length in range(len(original)):
            overwrite(alice, original[:length])
            assert alice.twin().visit(items).status == 200

    @pytest.mark.row("B1")
    @pytest.mark.parametrize("protocol", range(pickle.HIGHEST_PROTOCOL + 1))
    def test_a_pickle_that_would_run_a_command_is_no_session_and_does_not_run(
        self, site: Site, tmp_path: Path, protocol: int
    ) -> None:
        alice = log_in(site, "alice")
        marker = tmp_path / "ran"
        overwrite(alice, pickle.dumps({"user": Trap(marker)}, protocol))
        answer = alice.visit(items)
        assert (answer.status, answer.result) == (200, {})
        assert not marker.exists()

    @pytest.mark.row("B1")
    def test_the_command_in_that_pickle_would_have_run(self, tmp_path: Path) -> None:
        marker = tmp_path / "ran"
        pickle.loads(pickle.dumps(Trap(marker)))  # noqa: S301 - our own, harmless
        assert marker.exists()


class Trap:
    """Makes a directory when it is unpickled."""

    def __init__(self, marker: Path) -> None:
        self.marker = marker

    def __reduce__(self) -> tuple[Any, ...]:
        return os.mkdir, (str(self.marker),)


def key_of(visitor: Visitor) -> str:
    """Answer the store's key that is in a visitor's signed cookie."""
    prefix: str = visitor.site.app.config["SESSION_KEY_PREFIX"]
    assert visitor.cookie
    return prefix + visitor.cookie.split(".")[0]


def data_of(visitor: Visitor) -> bytes:
    """Answer the bytes of a visitor's session."""
    record = visitor.site.store.store.load(key_of(visitor))
    assert record
    return record.data


def overwrite(visitor: Visitor, data: bytes) -> str:
    """Put these bytes in place of a visitor's record; answer its key."""
    store = visitor.site.store.store
    key = key_of(visitor)
    store.delete(key)
    assert store.create(key, data, 60)
    return key
