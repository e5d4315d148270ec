"""The turnstile gives every order of two requests exactly once."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from math import comb

import pytest
from flask_session_conformance.interleaving import Order, Run, Turnstile, all_orders
from flask_session_conformance.threads import together
from flask_session_conformance.watching import Call


def orders(steps: dict[str, int]) -> list[Run]:
    def run(order: Order) -> Run:
        turnstile = Turnstile()
        return turnstile.run(
            {name: partial(walk, turnstile, name, steps[name]) for name in steps}, order
        )

    return list(all_orders(run))


def walk(turnstile: Turnstile, name: str, steps: int) -> str:
    for number in range(steps):
        turnstile.gate(Call(f"verb {number}", "key"))
    return name


@pytest.mark.parametrize(("first", "second"), [(1, 1), (2, 2), (3, 2), (4, 3), (0, 2), (0, 0)])
def test_there_are_as_many_runs_as_orders(first: int, second: int) -> None:
    runs = orders({"A": first, "B": second})
    assert len(runs) == len({run.order for run in runs}) == comb(first + second, first)


def test_each_request_keeps_the_order_of_its_own_verbs() -> None:
    for run in orders({"A": 2, "B": 2}):
        assert [verb for name, verb in run.steps if name == "A"] == ["verb 0", "verb 1"]


def test_what_the_requests_answer_is_kept() -> None:
    assert orders({"A": 1, "B": 1})[0].results == {"A": "A", "B": "B"}


def test_an_exception_of_a_request_is_its_result() -> None:
    run = Turnstile().run({"A": lambda: 1 / 0, "B": lambda: "B"})
    assert isinstance(run.results["A"], ZeroDivisionError)
    assert run.results["B"] == "B"


def test_the_requests_are_named_in_the_order_in_which_they_ended() -> None:
    assert {tuple(run.ended) for run in orders({"A": 1, "B": 1})} == {("A", "B"), ("B", "A")}


def test_other_threads_pass_the_turnstile() -> None:
    Turnstile().gate(Call("load", "key"))


def test_jobs_that_run_together_answer_in_their_order() -> None:
    jobs: list[Callable[[], int]] = [partial(int, number) for number in "0123"]
    assert together(jobs) == [0, 1, 2, 3]


def test_an_exception_of_a_job_is_raised_after_all_have_ended() -> None:
    ended: list[int] = []

    def fail() -> None:
        raise ZeroDivisionError

    jobs: list[Callable[[], None]] = [fail, partial(ended.append, 1)]
    with pytest.raises(ZeroDivisionError):
        together(jobs)
    assert ended == [1]
