"""All orders of the verbs of two requests: no lost write, no resurrection, no stray cookie."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from itertools import combinations_with_replacement
from threading import get_ident
from typing import Any

import pytest
from flask_session.signals import session_lost

from ..interleaving import Order, Run, Turnstile, all_orders
from ..site import Answer, Site, Visitor
from ..views import View, clear, get, in_turn, items, put, renew, sid, user
from .base import MakeSite, SessionSuite, log_in

KINDS = ("read", "write", "log out", "renew")
PAIRS = list(combinations_with_replacement(KINDS, 2))
MOST_ORDERS = 400


@dataclass
class Done:
    """What became of one of the two requests."""

    kind: str
    token: str
    answer: Answer
    lost: bool
    """Whether the library signalled that the change was dropped."""

    @property
    def took_part(self) -> bool:
        """Whether the request saw the session: it came before its id ended."""
        return bool(self.answer.result == "alice")

    @property
    def wrote(self) -> bool:
        """Whether the request promised that its token is stored."""
        return self.kind in ("write", "renew") and not self.lost


class Orders(SessionSuite):
    """Every pair of requests, every order of their verbs."""

    @pytest.mark.row("C9")
    @pytest.mark.parametrize("kinds", PAIRS, ids=" and ".join)
    def test_no_order_of_two_requests_breaks_a_promise(
        self, make_site: MakeSite, kinds: tuple[str, str]
    ) -> None:
        site = make_site(SESSION_TOUCH_INTERVAL=0)
        broken, count = [], 0
        for run, alice in orders_of(site, kinds):
            count += 1
            broken += [f"{promise}: {run}" for promise in broken_promises(site, alice, run)]
        assert broken == []
        assert 2 < count < MOST_ORDERS


def orders_of(site: Site, kinds: tuple[str, str]) -> Any:
    """Perform two requests of a fresh session in every order; answer each run and its visitor."""
    turnstile, visitors = Turnstile(), list[Visitor]()
    site.store.before = turnstile.gate

    def run(order: Order) -> Run:
        alice = log_in(site, "alice")
        visitors.append(alice)
        jobs = {
            name: partial(perform, alice.twin(), kind, name)
            for name, kind in zip("AB", kinds, strict=True)
        }
        return turnstile.run(jobs, order)

    return ((done, visitors[-1]) for done in all_orders(run))


def perform(visitor: Visitor, kind: str, token: str) -> Done:
    """Make one request and note what became of it."""
    lost: list[int] = []

    def listen(sender: Any, **payload: Any) -> None:
        lost.append(get_ident())

    with session_lost.connected_to(listen):
        answer = visitor.visit(view_of(kind, token))
    return Done(kind, token, answer, get_ident() in lost)


def view_of(kind: str, token: str) -> View:
    """Make a view that looks who is there, does its work and answers whom it saw."""
    work: dict[str, View] = {
        "read": get("user"),
        "write": put(**{token: 1}),
        "log out": clear,
        "renew": in_turn(put(**{token: 1}), renew),
    }
    seen: list[str | None] = []
    return in_turn(lambda: seen.append(user()), work[kind], lambda: seen[0])


def broken_promises(site: Site, alice: Visitor, run: Run) -> list[str]:
    """Answer the promises that a run has broken, in words."""
    failed = [error for error in run.results.values() if isinstance(error, BaseException)]
    if failed:
        return [f"a request failed: {failed[0]!r}"]
    both: list[Done] = list(run.results.values())
    if any(done.answer.status != 200 for done in both):
        return ["an answer is not 200"]
    cookies = [alice.cookie, *(c.value for done in both for c in done.answer.cookies if c.value)]
    opened = dict(site.visitor(cookie).does(id_and_items) for cookie in cookies)
    of_alice = [found for found in opened.values() if found.get("user") == "alice"]
    checks = [
        ended_stays_ended(both, of_alice),
        written_is_there(both, of_alice),
        strangers_stay_outside(both, of_alice),
        old_id_is_dead(site, alice, both),
        late_answers_keep_quiet(alice, run, of_alice),
    ]
    return [promise for promise in checks if promise]


def id_and_items() -> tuple[str, dict[Any, Any]]:
    """Look at the id and at all items; a view."""
    return sid(), items()


def ended_stays_ended(both: list[Done], of_alice: list[Any]) -> str:
    """Check that a log-out which saw the session has ended it, whatever the other one did."""
    logged_out = any(done.kind == "log out" and done.took_part for done in both)
    if logged_out and of_alice:
        return "a session lives on after its log-out"
    if not logged_out and len(of_alice) != 1:
        return f"a session that nobody ended is there {len(of_alice)} times"
    return ""


def written_is_there(both: list[Done], of_alice: list[Any]) -> str:
    """Check that a write which was answered with 200, and not signalled as lost, is there."""
    for done in both:
        if done.took_part and done.wrote and of_alice and done.token not in of_alice[0]:
            return f"the write of {done.token} is lost"
        if done.lost and not any(other.kind in ("log out", "renew") for other in both):
            return f"the write of {done.token} was dropped without a reason"
    return ""


def strangers_stay_outside(both: list[Done], of_alice: list[Any]) -> str:
    """Check that a request which did not see the session has not written into it."""
    for done in both:
        if not done.took_part and of_alice and done.token in of_alice[0]:
            return f"{done.token} wrote into a session that it was not in"
    return ""


def old_id_is_dead(site: Site, alice: Visitor, both: list[Done]) -> str:
    """Check that the old id opens nothing once a renewal was answered."""
    renewed = any(done.kind == "renew" and done.took_part and done.wrote for done in both)
    if renewed and alice.does(user):
        return "the old id opens the session after its renewal"
    return ""


def late_answers_keep_quiet(alice: Visitor, run: Run, of_alice: list[Any]) -> str:
    """Check that the browser ends up with the cookie of the session, if there is one."""
    browser = alice.twin()
    for name in run.ended:
        done: Done = run.results[name]
        if done.lost and done.answer.cookies:
            return f"{done.token} lost its change and sends a cookie all the same"
        if done.took_part:
            browser.keep(done.answer.cookies)
    if of_alice and browser.does(user) != "alice":
        return "a late answer took the cookie away"
    return ""
