"""A server that answers, but takes nothing: read-only, full, or locked."""

from __future__ import annotations

import os
import time

import pytest

from ..backend import Fault, LockElsewhere
from ..site import Site
from ..views import clear, get, in_turn, items, put, renew, user
from .base import MakeSite, SessionSuite, log_in
from .theft import SECRET, leaks, reveal_everything

LARGE = 300_000
"""Bytes that fit into a record of every backend here, and into no disk that is full."""
BUSY = 3.0
"""Seconds within which a lock held elsewhere has to be an answer: two, and slack."""


class Refusals(SessionSuite):
    """Reading goes on, a change is a 503, and the record stays as it was."""

    @pytest.mark.row("D10")
    def test_a_read_only_server_is_read_and_answers_writes_with_a_503(
        self, read_only: Fault, make_site: MakeSite
    ) -> None:
        check(read_only, make_site(**read_only.config))

    @pytest.mark.row("D10")
    def test_a_log_out_on_a_read_only_server_is_a_503_and_works_later(
        self, read_only: Fault, make_site: MakeSite
    ) -> None:
        alice = log_in(make_site(**read_only.config), "alice")
        thief = alice.twin()
        read_only.begin()
        answer = alice.visit(clear)
        read_only.end()
        assert (answer.status, answer.cookies) == (503, [])
        alice.does(clear)
        assert thief.does(user) is None

    @pytest.mark.row("D11")
    @pytest.mark.promise("may vanish early", "no")
    def test_a_server_whose_disk_is_full_is_read_and_answers_writes_with_a_503(
        self, disk_full: Fault, make_site: MakeSite
    ) -> None:
        check(disk_full, make_site(**disk_full.config))

    @pytest.mark.row("D12")
    @pytest.mark.promise("may vanish early", "no")
    def test_a_server_whose_memory_is_full_is_read_and_answers_writes_with_a_503(
        self, memory_full: Fault, make_site: MakeSite
    ) -> None:
        check(memory_full, make_site(**memory_full.config))

    @pytest.mark.row("D13")
    def test_a_lock_held_elsewhere_is_soon_a_503_and_loses_nothing(
        self, site: Site, lock_elsewhere: LockElsewhere
    ) -> None:
        alice = log_in(site, "alice")
        with lock_elsewhere():
            assert alice.does(user) == "alice"
            began = time.monotonic()
            answer = alice.visit(put(more=1))
            assert (answer.status, answer.cookies) == (503, [])
            assert time.monotonic() - began < BUSY
        assert alice.does(items) == {"user": "alice"}


def check(fault: Fault, site: Site) -> None:
    """Read and write before, during and after a fault; errors tell neither id nor payload."""
    told = reveal_everything(site)
    alice, bob = log_in(site, "alice"), site.visitor()
    fault.begin()
    try:
        assert alice.does(user) == "alice"
        for change in (put(more=large()), in_turn(put(more=large()), renew)):
            answer = alice.visit(change)
            assert (answer.status, answer.cookies) == (503, [])
        answer = bob.visit(put(user="bob", more=large()))
        assert (answer.status, answer.cookies) == (503, [])
        assert alice.does(items) == {"user": "alice"}
    finally:
        fault.end()
    alice.does(put(more=large()))
    assert len(alice.does(get("more"))) > LARGE
    assert leaks(told, site) == []


def large() -> bytes:
    """Make a value that cannot be compressed."""
    return SECRET.encode() + os.urandom(LARGE)
