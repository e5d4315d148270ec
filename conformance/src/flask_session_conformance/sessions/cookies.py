"""The cookie's attributes: exactly as configured, and the same on deleting as on setting."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from ..site import Site, Visitor
from ..views import clear, drop, get, in_turn, live_for, nothing, permanent, put, user
from .base import MakeSite, SessionSuite, log_in, seconds_until_expiry
from .lifetimes import DAY, HOUR

TIMES = {"expires", "max-age"}
CONFIGURED: dict[str, tuple[dict[str, Any], dict[str, str]]] = {
    "the defaults": ({}, {"httponly": "", "path": "/"}),
    "__Host-": (
        {"SESSION_COOKIE_NAME": "__Host-session", "SESSION_COOKIE_SECURE": True},
        {"httponly": "", "path": "/", "secure": ""},
    ),
    "readable by scripts": ({"SESSION_COOKIE_HTTPONLY": False}, {"path": "/"}),
    "SameSite=Lax": (
        {"SESSION_COOKIE_SAMESITE": "Lax"},
        {"httponly": "", "path": "/", "samesite": "Lax"},
    ),
    "SameSite=Strict": (
        {"SESSION_COOKIE_SAMESITE": "Strict"},
        {"httponly": "", "path": "/", "samesite": "Strict"},
    ),
    "Partitioned": (
        {"SESSION_COOKIE_PARTITIONED": True, "SESSION_COOKIE_SECURE": True},
        {"httponly": "", "path": "/", "partitioned": "", "secure": ""},
    ),
    "a path": ({"SESSION_COOKIE_PATH": "/app"}, {"httponly": "", "path": "/app"}),
    "the path of the app": ({"APPLICATION_ROOT": "/app"}, {"httponly": "", "path": "/app"}),
    "a domain": (
        {"SESSION_COOKIE_DOMAIN": "example.org"},
        {"domain": "example.org", "httponly": "", "path": "/"},
    ),
    "another name": ({"SESSION_COOKIE_NAME": "visit"}, {"httponly": "", "path": "/"}),
}


class Cookies(SessionSuite):
    """Setting, renewing and deleting the cookie."""

    @pytest.mark.row("G5")
    @pytest.mark.parametrize("case", CONFIGURED)
    def test_the_cookie_is_set_with_exactly_the_configured_attributes(
        self, make_site: MakeSite, case: str
    ) -> None:
        settings, attributes = CONFIGURED[case]
        cookie = make_site(**settings).visitor().visit(put(user="alice")).cookie
        assert cookie
        assert without_times(cookie.attributes) == attributes

    @pytest.mark.row("G5")
    @pytest.mark.parametrize("case", CONFIGURED)
    def test_the_cookie_is_deleted_with_the_same_attributes(
        self, make_site: MakeSite, case: str
    ) -> None:
        settings, attributes = CONFIGURED[case]
        alice = log_in(make_site(**settings), "alice")
        cookie = alice.visit(clear).cookie
        assert cookie
        assert cookie.deletes
        assert without_times(cookie.attributes) == attributes

    @pytest.mark.row("G5")
    @pytest.mark.parametrize("case", CONFIGURED)
    def test_the_cookie_has_the_configured_name_on_setting_and_on_deleting(
        self, make_site: MakeSite, case: str
    ) -> None:
        settings, _ = CONFIGURED[case]
        visitor = make_site(**settings).visitor()
        names = [visitor.visit(view).cookies[0].name for view in (put(user="alice"), clear)]
        assert names == [settings.get("SESSION_COOKIE_NAME", "session")] * 2

    @pytest.mark.row("G5")
    def test_get_cookie_name_overrides_on_reading_and_writing(self, site: Site) -> None:
        site.interface.get_cookie_name = lambda app: "overridden"  # type: ignore[method-assign]
        alice = log_in(site, "alice")
        assert alice.does(user) == "alice"
        assert alice.visit(clear).cookies[0].name == "overridden"

    def test_a_permanent_session_has_a_cookie_that_expires_with_it(
        self, make_site: MakeSite
    ) -> None:
        site = make_site(PERMANENT_SESSION_LIFETIME=HOUR)
        answer = site.visitor().visit(put(user="alice"))
        assert HOUR - 5 < seconds_until_expiry(answer, site) <= HOUR + 1

    def test_a_session_that_is_not_permanent_has_a_cookie_without_an_expiry(
        self, make_site: MakeSite
    ) -> None:
        answer = make_site(SESSION_PERMANENT=False).visitor().visit(put(user="alice"))
        assert answer.cookie
        assert not {"expires", "max-age"} & set(answer.cookie.attributes)

    def test_a_session_can_be_made_permanent(self, make_site: MakeSite) -> None:
        alice = log_in(make_site(SESSION_PERMANENT=False), "alice")
        answer = alice.visit(permanent(True))
        assert answer.cookie
        assert "expires" in answer.cookie.attributes

    def test_a_session_can_be_made_not_permanent(self, alice: Visitor) -> None:
        answer = alice.visit(permanent(False))
        assert answer.cookie
        assert "expires" not in answer.cookie.attributes

    def test_clearing_a_session_keeps_its_permanence(self, alice: Visitor) -> None:
        answer = alice.visit(in_turn(clear, put(user="bob")))
        assert answer.cookie
        assert "expires" in answer.cookie.attributes

    def test_making_an_empty_session_permanent_stores_nothing(self, site: Site) -> None:
        answer = site.visitor().visit(permanent(True))
        assert (answer.cookies, site.store.calls) == ([], [])

    def test_the_cookie_expires_with_the_lifetime_of_its_session(self, site: Site) -> None:
        alice = log_in(site, "alice")
        answer = alice.visit(live_for(timedelta(days=90)))
        assert 90 * DAY - 5 < seconds_until_expiry(answer, site) <= 90 * DAY + 1

    def test_no_more_than_one_cookie_is_set(self, alice: Visitor) -> None:
        answer = alice.visit(in_turn(put(a=1), put(b=2)))
        assert len(answer.cookies) == 1

    def test_emptying_the_session_deletes_the_cookie(self, alice: Visitor) -> None:
        alice.visit(drop("user"))
        assert alice.cookie is None

    def test_a_visitor_without_data_gets_no_cookie(self, site: Site) -> None:
        assert [site.visitor().visit(view).cookies for view in (user, clear, nothing)] == [[]] * 3

    def test_writing_and_taking_back_gets_no_cookie(self, site: Site) -> None:
        answer = site.visitor().visit(in_turn(put(a=1), clear))
        assert (answer.cookies, site.store.calls) == ([], [])

    def test_a_change_sends_the_cookie(self, alice: Visitor) -> None:
        assert alice.visit(put(more=1)).cookie

    def test_should_set_cookie_can_hold_the_cookie_back(self, alice: Visitor) -> None:
        interface = alice.site.interface
        interface.should_set_cookie = lambda app, session: False  # type: ignore[method-assign]
        assert alice.visit(put(more=1)).cookies == []
        assert alice.does(get("more")) == 1

    def test_should_set_storage_can_hold_the_change_back(self, alice: Visitor) -> None:
        interface = alice.site.interface
        interface.should_set_storage = lambda app, session: False  # type: ignore[method-assign]
        alice.visit(put(more=1))
        assert alice.does(get("more")) is None

    def test_should_set_storage_cannot_hold_a_log_out_back(self, alice: Visitor) -> None:
        # "Store who is logged in" is a natural hook, and says no to the session that was emptied.
        interface, thief = alice.site.interface, alice.twin()
        interface.should_set_storage = lambda app, session: "user" in session  # type: ignore[method-assign]
        alice.visit(clear)
        assert (alice.cookie, thief.does(user)) == (None, None)


def without_times(attributes: dict[str, str]) -> dict[str, str]:
    """Leave out when the cookie ends."""
    return {name: value for name, value in attributes.items() if name not in TIMES}
