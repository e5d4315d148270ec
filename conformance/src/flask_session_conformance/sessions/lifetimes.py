"""When a session ends by itself: never early, and at most a second late."""

from __future__ import annotations

from datetime import timedelta

import pytest
from flask_session import ConfigurationError

from ..site import Site, Visitor
from ..views import View, clear, current, in_turn, live_for, nothing, put, renew, user
from ..watching import on
from .base import MakeSite, SessionSuite, log_in, seconds_until_expiry

HOUR = 3600
DAY = 24 * HOUR


class Lifetimes(SessionSuite):
    """The idle lifetime of the data, the absolute one, and one of a session's own."""

    @pytest.mark.row("F1", "F6")
    def test_a_session_ends_when_nobody_looked_for_its_idle_lifetime(
        self, make_site: MakeSite
    ) -> None:
        alice = log_in(make_site(PERMANENT_SESSION_LIFETIME=1), "alice")
        self.let_expire(alice.site)
        assert alice.does(user) is None

    @pytest.mark.row("F1")
    def test_a_session_that_is_not_permanent_ends_alike(self, make_site: MakeSite) -> None:
        site = make_site(PERMANENT_SESSION_LIFETIME=1, SESSION_PERMANENT=False)
        alice = log_in(site, "alice")
        self.let_expire(site)
        assert alice.does(user) is None

    @pytest.mark.row("F1")
    def test_an_expired_session_gets_no_cookie(self, make_site: MakeSite) -> None:
        alice = log_in(make_site(PERMANENT_SESSION_LIFETIME=1), "alice")
        self.let_expire(alice.site)
        assert alice.visit(user).cookies == []

    @pytest.mark.row("F1")
    def test_a_look_lets_the_session_live_on(self, make_site: MakeSite) -> None:
        alice = log_in(make_site(PERMANENT_SESSION_LIFETIME=2), "alice")
        for _ in range(2):
            self.let_pass(alice.site, 1.2)
            assert alice.does(user) == "alice"

    @pytest.mark.row("F1")
    def test_a_visit_without_a_look_does_not(self, make_site: MakeSite) -> None:
        alice = log_in(make_site(PERMANENT_SESSION_LIFETIME=1), "alice")
        self.let_pass(alice.site, 0.7)
        alice.does(nothing)
        self.let_pass(alice.site, 1.4)
        assert alice.does(user) is None

    @pytest.mark.row("F1")
    def test_a_write_starts_the_idle_lifetime_anew(self, make_site: MakeSite) -> None:
        alice = log_in(make_site(PERMANENT_SESSION_LIFETIME=2), "alice")
        self.let_pass(alice.site, 1.2)
        alice.does(put(more=1))
        self.let_pass(alice.site, 1.2)
        assert alice.does(user) == "alice"

    @pytest.mark.row("F6")
    @pytest.mark.parametrize("days", [30, 31, 400])
    def test_a_session_for_many_days_is_there_at_once(self, make_site: MakeSite, days: int) -> None:
        alice = log_in(make_site(PERMANENT_SESSION_LIFETIME=timedelta(days=days)), "alice")
        assert alice.does(user) == "alice"

    @pytest.mark.row("F6")
    @pytest.mark.parametrize("key", ["PERMANENT_SESSION_LIFETIME", "SESSION_ABSOLUTE_LIFETIME"])
    @pytest.mark.parametrize("value", [0, -1, timedelta(0), timedelta(-1), timedelta(days=401)])
    def test_a_lifetime_out_of_range_is_refused_at_start(
        self, make_site: MakeSite, key: str, value: object
    ) -> None:
        with pytest.raises(ConfigurationError, match=key):
            make_site(**{key: value})

    @pytest.mark.row("F6")
    def test_a_fraction_of_a_second_is_rounded_up(self, make_site: MakeSite) -> None:
        site = make_site(PERMANENT_SESSION_LIFETIME=timedelta(milliseconds=100))
        assert log_in(site, "alice").does(user) == "alice"

    def test_the_apps_lifetime_may_be_set_by_a_view_that_has_looked(
        self, make_site: MakeSite
    ) -> None:
        # As many apps do, before each request: the first record and cookie were for 31 days.
        site = make_site()

        def view() -> None:
            put(user="alice")()
            site.app.permanent_session_lifetime = timedelta(hours=1)

        answer = site.visitor().visit(view)
        assert HOUR - 2 < seconds_until_expiry(answer, site) <= HOUR

    @pytest.mark.parametrize("signer", [None, False])
    def test_a_lifetime_that_was_lowered_holds_for_sessions_in_use(
        self, make_site: MakeSite, signer: bool | None
    ) -> None:
        alice = log_in(make_site(SESSION_USE_SIGNER=signer), "alice")
        stricter = make_site(SESSION_USE_SIGNER=signer, PERMANENT_SESSION_LIFETIME=1)
        again = alice.twin(stricter)
        self.let_pass(stricter, 0.2)
        assert again.does(user) == "alice"
        stricter.store.created.update(alice.site.store.created)
        self.let_expire(stricter)
        assert again.does(user) is None

    @pytest.mark.row("F1")
    def test_a_slow_reader_does_not_prolong_a_session_that_got_a_shorter_lifetime(
        self, slow: Visitor
    ) -> None:
        quick = slow.twin()
        slow.site.store.before = on("touch", lambda: quick.does(live_for(1)))
        slow.does(user)
        self.let_expire(slow.site)
        assert slow.does(user) is None

    def test_the_idle_lifetime_of_one_session_may_be_shorter(self, site: Site) -> None:
        alice = log_in(site, "alice")
        alice.does(live_for(timedelta(seconds=1)))
        self.let_expire(site)
        assert alice.does(user) is None

    def test_the_idle_lifetime_of_one_session_may_be_longer(self, make_site: MakeSite) -> None:
        alice = log_in(make_site(PERMANENT_SESSION_LIFETIME=1), "alice")
        alice.does(live_for(timedelta(hours=1)))
        self.let_pass(alice.site, 2.1)
        assert alice.does(user) == "alice"

    def test_the_lifetime_of_a_session_is_stored_with_it(self, site: Site) -> None:
        alice = log_in(site, "alice")
        alice.does(live_for(timedelta(days=90)))
        alice.does(put(more=1))
        assert alice.does(lambda: current().lifetime) == timedelta(days=90)

    def test_the_lifetime_of_a_session_is_the_apps_unless_it_has_its_own(
        self, make_site: MakeSite
    ) -> None:
        alice = log_in(make_site(PERMANENT_SESSION_LIFETIME=7200), "alice")
        assert alice.does(lambda: current().lifetime) == timedelta(hours=2)

    @pytest.mark.parametrize("renewal", [nothing, renew])
    def test_the_lifetime_of_a_session_ends_with_a_clear(
        self, make_site: MakeSite, renewal: View
    ) -> None:
        # Whoever logged in next at that browser was remembered as long.
        visitor = log_in(make_site(PERMANENT_SESSION_LIFETIME=HOUR), "alice")
        visitor.does(live_for(timedelta(days=90)))
        visitor.does(in_turn(clear, put(user="bob"), renewal))
        assert visitor.does(lambda: current().lifetime) == timedelta(hours=1)

    def test_the_lifetime_of_a_session_can_be_taken_back(self, make_site: MakeSite) -> None:
        alice = log_in(make_site(PERMANENT_SESSION_LIFETIME=7200), "alice")
        alice.does(live_for(timedelta(days=90)))
        alice.does(live_for(None))
        assert alice.does(lambda: current().lifetime) == timedelta(hours=2)

    @pytest.mark.parametrize("value", [timedelta(0), timedelta(days=401), -1, "1"])
    def test_a_lifetime_of_one_session_out_of_range_is_refused(
        self, alice: Visitor, value: object
    ) -> None:
        def view() -> None:
            with pytest.raises(ConfigurationError, match=r"session\.lifetime"):
                live_for(value)()

        alice.does(view)

    def test_remember_me_survives_a_renewal_of_the_id(self, alice: Visitor) -> None:
        alice.does(in_turn(live_for(timedelta(days=90)), renew))
        alice.does(renew)
        assert alice.does(lambda: current().lifetime) == timedelta(days=90)
