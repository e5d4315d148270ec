"""What a request costs on the wire, counted at the socket by a proxy."""

from __future__ import annotations

import pytest

from ..proxy import Proxy
from ..site import Site
from ..views import View, clear, in_turn, nothing, put, renew, user
from .base import log_in
from .faults import Faults

COSTS: dict[str, tuple[View, int]] = {
    "a view that does not look": (nothing, 0),
    "a read": (user, 1),
    "a change": (in_turn(user, put(more=2)), 2),
    "a new id": (renew, 3),
    "a log-out": (clear, 2),
}


class RoundTrips(Faults):
    """A connection is open already, and what a server is told once was told it before."""

    @pytest.mark.parametrize("case", COSTS)
    def test_a_visit_takes_as_many_round_trips_as_promised(
        self, far: Site, proxy: Proxy, case: str
    ) -> None:
        view, expected = COSTS[case]
        log_in(far, "the first").does(in_turn(put(more=1), renew))
        log_in(far, "the second").does(clear)
        alice = log_in(far, "alice")
        with proxy.measure() as traffic:
            alice.does(view)
        assert traffic.round_trips == expected

    def test_a_new_session_takes_one_round_trip(self, far: Site, proxy: Proxy) -> None:
        log_in(far, "the first")
        with proxy.measure() as traffic:
            far.visitor().does(put(user="alice"))
        assert traffic.round_trips == 1
