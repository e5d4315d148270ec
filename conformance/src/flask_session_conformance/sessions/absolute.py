"""The absolute lifetime: a session ends then, however active it is."""

from __future__ import annotations

import math

import pytest
from flask_session import ConfigurationError

from ..site import Visitor
from ..views import View, clear, in_turn, put, renew, user
from .base import MakeSite, SessionSuite, log_in, seconds_until_expiry
from .lifetimes import HOUR


class AbsoluteLifetimes(SessionSuite):
    """``SESSION_ABSOLUTE_LIFETIME`` counts from the beginning; ``clear()`` begins another one."""

    @pytest.fixture
    def late(self, make_site: MakeSite) -> Visitor:
        """Provide a logged-in visitor, ten seconds before an absolute lifetime of an hour ends."""
        site = make_site(PERMANENT_SESSION_LIFETIME=HOUR, SESSION_ABSOLUTE_LIFETIME=HOUR)
        alice = log_in(site, "alice")
        site.skew(HOUR - 10)
        return alice

    @pytest.mark.row("F2")
    def test_an_active_session_ends_with_its_absolute_lifetime(self, make_site: MakeSite) -> None:
        site = make_site(PERMANENT_SESSION_LIFETIME=HOUR, SESSION_ABSOLUTE_LIFETIME=2 * HOUR)
        alice = log_in(site, "alice")
        for minutes in (50, 100, 119):
            self.look_after(alice, minutes * 60)
        site.skew(2 * HOUR + 1)
        assert alice.does(user) is None

    @pytest.mark.row("F2")
    def test_a_lower_absolute_lifetime_ends_older_sessions(self, make_site: MakeSite) -> None:
        alice = log_in(make_site(), "alice")
        stricter = make_site(PERMANENT_SESSION_LIFETIME=HOUR, SESSION_ABSOLUTE_LIFETIME=HOUR)
        stricter.skew(HOUR + 1)
        assert alice.twin(stricter).does(user) is None

    @pytest.mark.row("F2")
    @pytest.mark.parametrize("change", [put(more=1), renew], ids=["writing", "renewing the id"])
    def test_a_change_does_not_prolong_the_absolute_lifetime(
        self, late: Visitor, change: View
    ) -> None:
        late.does(change)
        late.site.skew(HOUR + 1)
        assert late.does(user) is None

    @pytest.mark.row("F2")
    def test_logging_in_as_another_starts_a_new_absolute_lifetime(self, late: Visitor) -> None:
        late.does(in_turn(clear, put(user="bob"), renew))
        late.site.skew(HOUR + 1)
        assert late.does(user) == "bob"

    @pytest.mark.row("F2")
    def test_the_cookie_of_a_new_absolute_lifetime_lives_as_long(self, late: Visitor) -> None:
        # It ended with the absolute lifetime of the session before.
        answer = late.visit(in_turn(clear, put(user="bob"), renew))
        assert HOUR - 2 < seconds_until_expiry(answer, late.site) <= HOUR

    @pytest.mark.row("F2")
    def test_a_session_near_its_absolute_end_is_stored_no_longer_than_that(
        self, late: Visitor
    ) -> None:
        answer = late.visit(put(more=1))
        assert 0 < seconds_until_expiry(answer, late.site) <= 10

    @pytest.mark.row("F2", "F6")
    def test_an_absolute_lifetime_that_begins_within_a_second_is_not_cut_short(
        self, make_site: MakeSite
    ) -> None:
        site = make_site(PERMANENT_SESSION_LIFETIME=1, SESSION_ABSOLUTE_LIFETIME=1)
        base = math.ceil(site.interface.clock())
        site.interface.clock = lambda: base + 0.99
        alice = log_in(site, "alice")
        site.interface.clock = lambda: base + 1.01
        assert alice.does(user) == "alice"

    def test_an_absolute_lifetime_below_the_idle_one_is_refused_at_start(
        self, make_site: MakeSite
    ) -> None:
        with pytest.raises(ConfigurationError, match=r"SESSION_ABSOLUTE_LIFETIME.*PERMANENT"):
            make_site(PERMANENT_SESSION_LIFETIME=HOUR, SESSION_ABSOLUTE_LIFETIME=HOUR - 1)

    def look_after(self, visitor: Visitor, seconds: float) -> None:
        """Look at the session at a time so long after now; it has to be there."""
        visitor.site.skew(seconds)
        assert visitor.does(user) == "alice"
