"""Renewing the idle lifetime: not at every look, and never by writing data."""

from __future__ import annotations

import pytest
from flask import session

from ..site import Visitor
from ..views import claim_a_change, get, in_turn, live_for, nothing, put, user
from ..watching import on
from .base import MakeSite, SessionSuite, fail_at, log_in

HOUR = 3600


class Touching(SessionSuite):
    """When a look touches the store, and when it sends the cookie again."""

    def test_a_look_right_after_a_write_only_loads(self, alice: Visitor) -> None:
        answer = alice.visit(user)
        assert (alice.site.store.verbs, answer.cookies) == (["load"], [])

    def test_a_look_after_a_minute_touches_once(self, make_site: MakeSite) -> None:
        alice = log_in(make_site(PERMANENT_SESSION_LIFETIME=HOUR), "alice")
        alice.site.skew(61)
        alice.does(user)
        alice.does(user)
        assert alice.site.store.verbs.count("touch") == 1

    def test_a_look_after_a_tenth_of_a_short_lifetime_touches(self, make_site: MakeSite) -> None:
        alice = log_in(make_site(PERMANENT_SESSION_LIFETIME=100), "alice")
        alice.site.skew(8)
        alice.does(user)
        assert alice.site.store.verbs == ["load"]
        alice.site.skew(12)
        alice.does(user)
        assert "touch" in alice.site.store.verbs

    def test_a_touch_sends_the_cookie_with_its_new_expiry(self, make_site: MakeSite) -> None:
        alice = log_in(make_site(PERMANENT_SESSION_LIFETIME=HOUR), "alice")
        before = alice.visit(put(more=1)).cookie
        alice.site.skew(120)
        after = alice.visit(user).cookie
        assert before
        assert after
        assert after.attributes["expires"] != before.attributes["expires"]

    def test_a_look_never_writes_data(self, make_site: MakeSite) -> None:
        alice = log_in(make_site(SESSION_TOUCH_INTERVAL=0), "alice")
        for _ in range(5):
            alice.does(user)
        assert set(alice.site.store.verbs) == {"load", "touch"}

    def test_an_interval_of_zero_touches_at_every_look(self, make_site: MakeSite) -> None:
        alice = log_in(make_site(SESSION_TOUCH_INTERVAL=0), "alice")
        for _ in range(3):
            alice.does(user)
        assert alice.site.store.verbs.count("touch") == 3

    def test_the_interval_can_be_set(self, make_site: MakeSite) -> None:
        alice = log_in(make_site(SESSION_TOUCH_INTERVAL=1000), "alice")
        for seconds in (500, 990):
            alice.site.skew(seconds)
            alice.does(user)
        assert alice.site.store.verbs == ["load", "load"]
        alice.site.skew(1010)
        alice.does(user)
        assert "touch" in alice.site.store.verbs

    def test_an_interval_beyond_the_lifetime_does_not_end_a_session_in_use(
        self, make_site: MakeSite
    ) -> None:
        # "Remember me" the other way round: a session of its own, short lifetime.
        alice = log_in(make_site(SESSION_TOUCH_INTERVAL=HOUR), "alice")
        alice.does(live_for(100))
        for seconds in (60, 120, 180):
            alice.site.skew(seconds)
            assert alice.does(user) == "alice"

    def test_a_touch_by_one_worker_is_known_to_another(self, make_site: MakeSite) -> None:
        first, second = make_site(), make_site()
        alice = log_in(first, "alice")
        first.skew(120)
        second.skew(125)
        alice.does(user)
        alice.twin(second).does(user)
        assert ("touch" in first.store.verbs, second.store.verbs) == (True, ["load"])

    def test_without_refresh_each_request_a_look_never_touches(self, make_site: MakeSite) -> None:
        alice = log_in(make_site(SESSION_REFRESH_EACH_REQUEST=False), "alice")
        alice.site.skew(HOUR)
        answer = alice.visit(user)
        assert (alice.site.store.verbs, answer.cookies) == (["load"], [])

    def test_modified_without_a_change_touches_and_sends_the_cookie(self, alice: Visitor) -> None:
        answer = alice.visit(claim_a_change)
        assert "touch" in alice.site.store.verbs
        assert not {"create", "update"} & set(alice.site.store.verbs)
        assert answer.cookie

    @pytest.mark.parametrize("changes", [False, True])
    def test_modified_tells_of_changes_inside_of_values(
        self, alice: Visitor, changes: bool
    ) -> None:
        # Flask-SocketIO saves what says so, and lost the others.
        alice.does(put(cart=[1]))
        look = (lambda: session["cart"].append(2)) if changes else get("cart")
        assert alice.does(in_turn(look, lambda: session.modified)) is changes

    def test_a_visit_without_a_look_never_touches(self, alice: Visitor) -> None:
        alice.site.skew(HOUR)
        answer = alice.visit(nothing)
        assert (alice.site.store.verbs, answer.cookies, answer.varies) == ([], [], False)

    def test_an_unsigned_session_is_touched_after_the_interval(self, make_site: MakeSite) -> None:
        site = make_site(SESSION_USE_SIGNER=False, PERMANENT_SESSION_LIFETIME=HOUR)
        alice = log_in(site, "alice")
        site.skew(120)
        alice.does(user)
        assert "touch" in site.store.verbs

    def test_an_unsigned_session_is_touched_seldom_where_the_store_tells_the_expiry(
        self, make_site: MakeSite
    ) -> None:
        site = make_site(SESSION_USE_SIGNER=False, PERMANENT_SESSION_LIFETIME=HOUR)
        alice = log_in(site, "alice")
        (key,) = site.store.created
        record = site.store.store.load(key)
        assert record
        alice.does(user)
        touched = "touch" in site.store.verbs
        assert touched == (record.expires_at is None)

    def test_a_touch_of_a_session_that_is_not_permanent_keeps_its_kind_of_cookie(
        self, make_site: MakeSite
    ) -> None:
        alice = log_in(make_site(SESSION_PERMANENT=False), "alice")
        alice.site.skew(120)
        cookie = alice.visit(user).cookie
        assert cookie is None or "expires" not in cookie.attributes

    @pytest.mark.parametrize("value", [-1, "60", 1.5])
    def test_a_wrong_interval_is_refused_at_start(self, make_site: MakeSite, value: object) -> None:
        with pytest.raises(ValueError, match="SESSION_TOUCH_INTERVAL"):
            make_site(SESSION_TOUCH_INTERVAL=value)

    @pytest.mark.row("D23")
    def test_a_failed_touch_keeps_the_answer(self, make_site: MakeSite) -> None:
        alice = log_in(make_site(SESSION_TOUCH_INTERVAL=0), "alice")
        fail_at(alice.site, "touch")
        answer = alice.visit(user)
        assert (answer.status, answer.result, answer.cookies) == (200, "alice", [])

    @pytest.mark.row("D23")
    def test_a_failed_touch_is_logged_in_one_line(
        self, make_site: MakeSite, caplog: pytest.LogCaptureFixture
    ) -> None:
        alice = log_in(make_site(SESSION_TOUCH_INTERVAL=0), "alice")
        fail_at(alice.site, "touch")
        alice.visit(user)
        assert len(caplog.messages) == 1

    def test_a_touch_that_finds_the_session_gone_sends_no_cookie(self, make_site: MakeSite) -> None:
        alice = log_in(make_site(SESSION_TOUCH_INTERVAL=0), "alice")
        (key,) = alice.site.store.created
        alice.site.store.before = on("touch", lambda: alice.site.store.store.delete(key))
        answer = alice.visit(user)
        assert (answer.status, answer.cookies) == (200, [])
