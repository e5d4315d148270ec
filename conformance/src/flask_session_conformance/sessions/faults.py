"""The line to the server breaks, in every way a line can break."""

from __future__ import annotations

import random
import time
from collections.abc import Iterator
from functools import partial
from threading import Event

import pytest
from flask import session

from ..backend import ConfigAt
from ..history import History
from ..proxy import Proxy
from ..site import Answer, Site, Visitor
from ..threads import together
from ..views import View, clear, get, in_turn, items, nothing, put, renew, user
from .base import MakeSite, SessionSuite, log_in
from .crowds import act_once, read

SOON = 2.5
"""Seconds within which an outage has to be noticed: a second, and slack for a busy machine."""
VISITORS, REQUESTS = 4, 40


class Faults(SessionSuite):
    """A proxy stands between the site and its server; skipped where there is no server."""

    @pytest.fixture
    def proxy(self, server_address: tuple[str, int]) -> Iterator[Proxy]:
        """Provide the line to the server."""
        with Proxy(*server_address) as proxy:
            yield proxy

    @pytest.fixture
    def far(self, proxy: Proxy, config_at: ConfigAt, make_site: MakeSite) -> Iterator[Site]:
        """Provide a site whose line to the server can be broken."""
        yield make_site(**config_at(proxy.host, proxy.port))
        proxy.heal()

    @pytest.mark.row("D1")
    def test_a_server_that_refuses_is_soon_a_503(self, far: Site, proxy: Proxy) -> None:
        alice = log_in(far, "alice")
        proxy.refuse()
        status, seconds = timed(alice, user)
        assert status == 503
        assert seconds < SOON

    @pytest.mark.row("D1")
    def test_a_site_that_starts_without_its_server_answers_503_and_recovers(
        self, far: Site, proxy: Proxy
    ) -> None:
        proxy.refuse()
        visitor = far.visitor()
        assert visitor.visit(nothing).status == 200
        assert visitor.visit(put(user="alice")).status == 503
        proxy.heal()
        visitor.does(put(user="alice"))
        assert visitor.does(user) == "alice"

    @pytest.mark.row("D2")
    def test_a_server_that_is_silent_is_soon_a_503(self, far: Site, proxy: Proxy) -> None:
        alice = log_in(far, "alice")
        proxy.blackhole()
        status, seconds = timed(alice, user)
        assert status == 503
        assert seconds < SOON

    @pytest.mark.row("D3")
    def test_a_view_that_does_not_look_asks_nobody(self, far: Site, proxy: Proxy) -> None:
        alice = log_in(far, "alice")
        proxy.refuse()
        with proxy.measure() as traffic:
            assert alice.visit(nothing).status == 200
        assert (traffic.connections, traffic.sent) == (0, b"")

    @pytest.mark.row("D4")
    @pytest.mark.parametrize(
        "change", [put(more=1), clear, renew], ids=["write", "log out", "renew"]
    )
    def test_a_server_that_dies_before_the_save_is_a_503_and_loses_nothing(
        self, far: Site, proxy: Proxy, change: View
    ) -> None:
        alice = log_in(far, "alice")
        answer = alice.visit(in_turn(user, proxy.refuse, change))
        assert (answer.status, answer.cookies) == (503, [])
        proxy.heal()
        assert alice.does(items) == {"user": "alice"}

    @pytest.mark.row("D5")
    def test_a_change_whose_answer_is_lost_is_done_once_at_most_and_never_promised_falsely(
        self, far: Site, proxy: Proxy
    ) -> None:
        alice = log_in(far, "alice")
        alice.does(put(count=0))
        answer = alice.visit(in_turn(user, partial(proxy.drop_answer, times=1), count_up))
        proxy.heal()
        assert answer.status in (200, 503)
        assert alice.does(get("count")) in ((1,) if answer.status == 200 else (0, 1))

    @pytest.mark.row("D5")
    def test_a_new_session_whose_answer_is_lost_works_or_was_a_503(
        self, far: Site, proxy: Proxy
    ) -> None:
        log_in(far, "the first, who opens the connection")
        proxy.drop_answer(times=1)
        visitor = far.visitor()
        answer = visitor.visit(put(user="alice"))
        proxy.heal()
        assert (answer.status, visitor.does(user)) in ((200, "alice"), (503, None))

    @pytest.mark.row("D5")
    def test_a_log_out_whose_answer_is_lost_holds_or_was_a_503(
        self, far: Site, proxy: Proxy
    ) -> None:
        alice = log_in(far, "alice")
        thief = alice.twin()
        answer = alice.visit(in_turn(user, partial(proxy.drop_answer, times=1), clear))
        proxy.heal()
        assert answer.status in (200, 503)
        if answer.status == 200:
            assert thief.does(user) is None

    @pytest.mark.row("D5")
    def test_a_renewal_whose_answers_are_lost_is_not_promised_falsely(
        self, far: Site, proxy: Proxy
    ) -> None:
        alice = log_in(far, "alice")
        answer = alice.visit(in_turn(user, partial(proxy.drop_answer, times=2), renew))
        proxy.heal()
        assert answer.status in (200, 503)
        if answer.status == 200:
            assert alice.does(user) == "alice"

    @pytest.mark.row("D6")
    def test_an_answer_that_comes_too_late_is_nobody_elses(self, far: Site, proxy: Proxy) -> None:
        alice, others = log_in(far, "alice"), [log_in(far, f"visitor {n}") for n in range(3)]
        proxy.delay(1.6, times=1)
        assert alice.visit(user).status in (200, 503)
        proxy.heal()
        assert seen_by(others * 4) == [f"visitor {n}" for n in range(3)] * 4

    @pytest.mark.row("D7")
    @pytest.mark.parametrize("count", [1, 3, 10, 30])
    def test_an_answer_that_is_cut_off_is_no_answer_and_nobody_elses(
        self, far: Site, proxy: Proxy, count: int
    ) -> None:
        alice, others = log_in(far, "alice"), [log_in(far, f"visitor {n}") for n in range(3)]
        proxy.cut_after(count)
        answer = alice.visit(user)
        assert (answer.status, answer.result) in ((200, "alice"), (503, None))
        proxy.heal()
        assert seen_by(others * 2) == [f"visitor {n}" for n in range(3)] * 2

    @pytest.mark.row("D8")
    def test_reset_connections_cost_one_503_at_most(self, far: Site, proxy: Proxy) -> None:
        alice = log_in(far, "alice")
        together([partial(alice.twin().visit, user) for _ in range(4)])
        proxy.kill_connections()
        statuses = [alice.visit(user).status for _ in range(6)]
        assert statuses[0] in (200, 503)
        assert statuses[1:] == [200] * 5

    @pytest.mark.row("D9")
    def test_an_outage_of_one_request_logs_nobody_out(self, far: Site, proxy: Proxy) -> None:
        alice = log_in(far, "alice")
        cookie = alice.cookie
        proxy.refuse()
        alice.visit(user)
        proxy.heal()
        assert (alice.cookie, alice.does(user)) == (cookie, "alice")

    @pytest.mark.row("D22")
    def test_a_log_out_during_an_outage_is_a_503_and_works_later(
        self, far: Site, proxy: Proxy
    ) -> None:
        alice = log_in(far, "alice")
        thief = alice.twin()
        proxy.refuse()
        answer = alice.visit(clear)
        assert (answer.status, answer.cookies) == (503, [])
        proxy.heal()
        alice.does(clear)
        assert thief.does(user) is None

    @pytest.mark.row("D5", "D7", "D8")
    def test_a_line_that_breaks_again_and_again_loses_and_mixes_up_nothing(
        self, far: Site, proxy: Proxy
    ) -> None:
        history, done = History(), Event()
        visitors = [log_in(far, f"visitor {n}") for n in range(VISITORS)]
        together([partial(disturb, proxy, done), partial(crowd, history, visitors, done)])
        proxy.heal()
        for number, visitor in enumerate(visitors):
            visitor.visit(nothing)
            read(history, visitor, f"visitor {number}")
        assert history.anomalies() == []
        assert "ok" in {each.outcome for each in history.operations}


def timed(visitor: Visitor, view: View) -> tuple[int, float]:
    """Make a request; answer its status and how many seconds it took."""
    began = time.monotonic()
    answer: Answer = visitor.visit(view)
    return answer.status, time.monotonic() - began


def count_up() -> None:
    """Add one; a view."""
    session["count"] += 1


def seen_by(visitors: list[Visitor]) -> list[str | None]:
    """Let each look who it is."""
    return [visitor.does(user) for visitor in visitors]


def disturb(proxy: Proxy, done: Event) -> None:
    """Break the line in one way after the other until everybody is done."""
    chance = random.Random(7)
    breaks = (
        proxy.kill_connections,
        partial(proxy.drop_answer, times=2),
        partial(proxy.cut_after, 5, times=2),
        proxy.refuse,
    )
    while not done.wait(0.05):
        chance.choice(breaks)()
        done.wait(0.02)
        proxy.heal()


def crowd(history: History, visitors: list[Visitor], done: Event) -> None:
    """Let every visitor write, read and log out in a thread of its own."""
    try:
        together([partial(live, history, each, f"visitor {n}") for n, each in enumerate(visitors)])
    finally:
        done.set()


def live(history: History, visitor: Visitor, name: str) -> None:
    """Be a visitor for a while."""
    chance = random.Random(name)
    for _ in range(REQUESTS):
        kind = chance.choices(["write", "read", "log out"], [5, 4, 1])[0]
        act_once(history, visitor, name, kind, str(chance.randrange(3)))
