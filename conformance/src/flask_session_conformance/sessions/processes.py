"""Several processes with one app each: forked, or started apart."""

from __future__ import annotations

from functools import partial
from typing import Any

import pytest
from werkzeug.datastructures import Headers

from ..backend import Config, MakeWorker
from ..interleaving import Order, Run, Turnstile, all_orders
from ..site import Answer, SetCookie, Site, Visitor
from ..views import get
from ..watching import Call
from ..worker import Worker
from .base import MakeSite, SessionSuite, log_in
from .orders import Done, broken_promises

PAIRS = [
    ("read", "renew"),
    ("write", "renew"),
    ("log out", "renew"),
    ("renew", "renew"),
    ("write", "write"),
    ("write", "log out"),
]
"""The renewals of C4, and what two workers do most."""
TIME_ZONES = ("UTC", "Asia/Tokyo", "America/New_York")


class Processes(SessionSuite):
    """What holds between processes; skipped where only one can reach the store."""

    @pytest.mark.row("E1")
    def test_four_workers_forked_after_the_start_see_only_their_own(
        self, make_worker: MakeWorker, common: Config
    ) -> None:
        assert make_worker(**common).call("fork", children=4, warm=False) == []

    @pytest.mark.row("E2")
    def test_four_workers_forked_after_a_request_see_only_their_own(
        self, make_worker: MakeWorker, common: Config
    ) -> None:
        assert make_worker(**common).call("fork", children=4, warm=True) == []

    @pytest.mark.row("C4", "C9")
    def test_no_order_of_two_requests_in_two_processes_breaks_a_promise(
        self, make_site: MakeSite, make_worker: MakeWorker, common: Config
    ) -> None:
        settings = {**common, "SESSION_TOUCH_INTERVAL": 0}
        site = make_site(**settings)
        workers = {name: make_worker(**settings) for name in "AB"}
        broken = [problem for kinds in PAIRS for problem in problems(site, workers, kinds)]
        assert broken == []

    @pytest.mark.row("C5")
    @pytest.mark.promise("read-your-writes")
    def test_what_one_process_writes_another_reads(
        self, make_site: MakeSite, make_worker: MakeWorker, common: Config
    ) -> None:
        alice = log_in(make_site(), "alice")
        assert ask(make_worker(**common), alice, "write") == "alice"
        assert alice.does(get("token")) == 1

    @pytest.mark.row("F4")
    def test_workers_in_all_time_zones_open_the_session(
        self, make_site: MakeSite, make_worker: MakeWorker, common: Config
    ) -> None:
        alice = log_in(make_site(PERMANENT_SESSION_LIFETIME=60), "alice")
        workers = [make_worker(zone, **common) for zone in TIME_ZONES]
        assert [ask(worker, alice, "read") for worker in workers] == ["alice"] * 3

    @pytest.mark.row("F4")
    def test_workers_in_all_time_zones_agree_that_a_session_has_ended(
        self, make_site: MakeSite, make_worker: MakeWorker, common: Config
    ) -> None:
        alice = log_in(make_site(PERMANENT_SESSION_LIFETIME=1), "alice")
        workers = [make_worker(zone, **common) for zone in TIME_ZONES]
        self.really_let_expire(alice.site)
        assert [ask(worker, alice, "read") for worker in workers] == [None] * 3


def ask(worker: Worker, visitor: Visitor, kind: str) -> str | None:
    """Make a request with a visitor's cookie in another process; answer whom it saw."""
    done = worker.call("request", cookie=visitor.cookie, kind=kind, token="token")
    name: str | None = done["answer"]["result"]
    return name


def problems(site: Site, workers: dict[str, Worker], kinds: tuple[str, str]) -> list[str]:
    """Perform two requests in two processes in every order; answer what went wrong."""
    visitors: list[Visitor] = []

    def run(order: Order) -> Run:
        alice, turnstile = log_in(site, "alice"), Turnstile()
        visitors.append(alice)
        jobs = {
            name: partial(perform_there, turnstile, workers[name], alice, kind, name)
            for name, kind in zip("AB", kinds, strict=True)
        }
        return turnstile.run(jobs, order)

    return [
        f"{promise}: {done}"
        for done in all_orders(run)
        for promise in broken_promises(site, visitors[-1], done)
    ]


def perform_there(
    turnstile: Turnstile, worker: Worker, visitor: Visitor, kind: str, name: str
) -> Done:
    """Make a request in another process that waits for its turn before each verb."""
    told = worker.call(
        "request",
        lambda verb: turnstile.gate(Call(verb, "")),
        cookie=visitor.cookie,
        kind=kind,
        token=name,
    )
    return Done(kind, name, answer_of(told["answer"]), told["lost"])


def answer_of(told: dict[str, Any]) -> Answer:
    """Make an answer of what a worker has told about one."""
    cookies = [SetCookie(**each) for each in told["cookies"]]
    return Answer(told["status"], Headers(), b"", told["result"], cookies)
