"""New secret keys, and how long the old ones are accepted."""

from __future__ import annotations

from typing import Any

import pytest

from ..site import Site
from ..views import nothing, put, user
from .base import MakeSite, SessionSuite, log_in

OLD, NEW, THIRD = "the old key", "the new key", "a third key"


class KeyRotation(SessionSuite):
    """``SECRET_KEY`` signs, ``SECRET_KEY_FALLBACKS`` verify."""

    def test_a_fallback_key_opens_what_it_signed(self, make_site: MakeSite) -> None:
        alice = log_in(make_site(SECRET_KEY=OLD), "alice")
        site = make_site(SECRET_KEY=NEW, SECRET_KEY_FALLBACKS=[THIRD, OLD])
        assert alice.twin(site).does(user) == "alice"

    def test_without_the_fallback_the_session_is_not_opened(self, make_site: MakeSite) -> None:
        alice = log_in(make_site(SECRET_KEY=OLD), "alice")
        site = make_site(SECRET_KEY=NEW, SECRET_KEY_FALLBACKS=[THIRD])
        assert alice.twin(site).does(user) is None

    def test_the_next_renewal_signs_with_the_newest_key(self, make_site: MakeSite) -> None:
        alice = log_in(make_site(SECRET_KEY=OLD), "alice")
        alice = alice.twin(make_site(SECRET_KEY=NEW, SECRET_KEY_FALLBACKS=[OLD]))
        alice.does(put(more=1))
        assert alice.twin(make_site(SECRET_KEY=NEW)).does(user) == "alice"

    @pytest.mark.parametrize("refreshes", [True, False])
    @pytest.mark.parametrize("signer", [None, True, "0.8"])
    def test_the_next_look_signs_with_the_newest_key(
        self, make_site: MakeSite, refreshes: bool, signer: Any
    ) -> None:
        # A look within the touch interval did not, and may be the last one for long.
        config = {"SESSION_REFRESH_EACH_REQUEST": refreshes, "SESSION_USE_SIGNER": signer}
        alice = log_in(make_site(SECRET_KEY=OLD, **config), "alice")
        alice = alice.twin(make_site(SECRET_KEY=NEW, SECRET_KEY_FALLBACKS=[OLD], **config))
        alice.does(user)
        assert alice.twin(make_site(SECRET_KEY=NEW, **config)).does(user) == "alice"
        assert alice.visit(user).cookies == [] or (signer == "0.8" and refreshes)

    def test_removing_a_fallback_ends_exactly_the_sessions_nobody_used(
        self, make_site: MakeSite
    ) -> None:
        before = make_site(SECRET_KEY=OLD)
        used, unused = log_in(before, "used"), log_in(before, "unused")
        during = make_site(SECRET_KEY=NEW, SECRET_KEY_FALLBACKS=[OLD])
        used = used.twin(during)
        used.does(put(more=1))
        after = make_site(SECRET_KEY=NEW)
        assert (used.twin(after).does(user), unused.twin(after).does(user)) == ("used", None)

    def test_a_key_that_the_app_changes_takes_effect_at_once(self, site: Site) -> None:
        alice = log_in(site, "alice")
        site.app.secret_key = NEW
        assert alice.does(user) is None
        site.app.config["SECRET_KEY_FALLBACKS"] = ["the suite's own key"]
        assert alice.twin().does(user) == "alice"

    def test_a_visitor_who_does_not_look_keeps_the_cookie(self, make_site: MakeSite) -> None:
        alice = log_in(make_site(SECRET_KEY=OLD), "alice")
        alice = alice.twin(make_site(SECRET_KEY=NEW))
        assert alice.visit(nothing).cookies == []
