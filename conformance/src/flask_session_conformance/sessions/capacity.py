"""What strangers can make the store keep: nothing."""

from __future__ import annotations

import secrets

import pytest

from ..site import Site
from ..views import clear, get, put, user
from .base import MakeSite, SessionSuite, log_in

MANY = 2_000


class Capacity(SessionSuite):
    """Thousands of requests by nobody in particular."""

    @pytest.mark.row("H1")
    def test_two_thousand_anonymous_requests_store_nothing(self, site: Site) -> None:
        answers = [site.request(user) for _ in range(MANY)]
        assert site.store.calls == []
        assert not any(answer.cookies for answer in answers)

    @pytest.mark.row("H2")
    def test_two_thousand_anonymous_log_outs_store_nothing(self, site: Site) -> None:
        answers = [site.request(clear) for _ in range(MANY)]
        assert site.store.calls == []
        assert not any(answer.cookies for answer in answers)

    @pytest.mark.row("H3")
    @pytest.mark.promise("may vanish early", "no")
    def test_the_first_visitor_is_still_logged_in_after_two_thousand_more(
        self, make_site: MakeSite
    ) -> None:
        site = make_site(PERMANENT_SESSION_LIFETIME=300)
        first = log_in(site, "first")
        for number in range(MANY):
            site.visitor().does(put(user=f"visitor {number}"))
        assert first.does(get("user")) == "first"

    @pytest.mark.row("H5")
    def test_two_thousand_forged_cookies_cost_no_store_call(self, make_site: MakeSite) -> None:
        site = make_site(SESSION_USE_SIGNER=True)
        genuine = log_in(site, "alice").cookie
        assert genuine
        id_and_time, _, signature = genuine.rpartition(".")
        forged = [f"{secrets.token_urlsafe(32)}.{signature}" for _ in range(MANY // 2)]
        forged += [f"{id_and_time}.{secrets.token_urlsafe(32)}" for _ in range(MANY // 2)]
        seen = {site.request(user, f"session={cookie}").result for cookie in forged}
        assert (seen, site.store.calls) == ({None}, [])
