"""A request is interrupted while it waits for the server, as by a worker's time limit."""

from __future__ import annotations

import signal
import time
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from types import FrameType

import pytest

from ..proxy import Proxy
from ..site import Site
from ..views import View, in_turn, put, renew, user
from .base import log_in
from .faults import Faults, seen_by

DELAY, PATIENCE = 0.5, 0.2
CHANGES: dict[str, View] = {"write": put(more=1), "renew": renew}


class InterruptionError(BaseException):
    """What nobody catches who catches ``Exception``: a gevent timeout, a SystemExit."""


class Interruptions(Faults):
    """The answer that nobody waits for any more is nobody else's."""

    @pytest.mark.row("D6")
    def test_the_answer_to_an_interrupted_look_is_nobody_elses(
        self, far: Site, proxy: Proxy
    ) -> None:
        alice, others = log_in(far, "alice"), [log_in(far, f"visitor {n}") for n in range(3)]
        proxy.delay(DELAY, times=1)
        with pytest.raises(InterruptionError), interrupted():
            alice.visit(user)
        assert seen_by(others) == [f"visitor {n}" for n in range(3)]
        time.sleep(DELAY)
        assert seen_by([*others, alice]) == [*(f"visitor {n}" for n in range(3)), "alice"]

    @pytest.mark.row("D6")
    @pytest.mark.parametrize("change", CHANGES)
    def test_the_answer_to_an_interrupted_save_is_nobody_elses(
        self, far: Site, proxy: Proxy, change: str
    ) -> None:
        alice, others = log_in(far, "alice"), [log_in(far, f"visitor {n}") for n in range(3)]
        slow_down = partial(proxy.delay, DELAY, times=1)
        with pytest.raises(InterruptionError), interrupted():
            alice.visit(in_turn(user, slow_down, CHANGES[change]))
        assert seen_by(others) == [f"visitor {n}" for n in range(3)]
        time.sleep(DELAY)
        assert seen_by(others) == [f"visitor {n}" for n in range(3)]
        assert alice.does(user) == "alice"


@contextmanager
def interrupted() -> Iterator[None]:
    """Raise an error in the main thread after a while."""

    def strike(number: int, frame: FrameType | None) -> None:
        raise InterruptionError

    before = signal.signal(signal.SIGALRM, strike)
    signal.setitimer(signal.ITIMER_REAL, PATIENCE)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)
