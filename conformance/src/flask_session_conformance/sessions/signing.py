"""Which cookies are accepted and written in each mode of ``SESSION_USE_SIGNER``."""

from __future__ import annotations

from collections.abc import Sequence

import pytest
from flask_session import ConfigurationError
from itsdangerous import Signer

from ..site import Site
from ..views import clear, in_turn, items, put, renew, sid, user
from .base import MakeSite, SessionSuite, log_in

MODES = (None, True, False, "0.8")


class Signing(SessionSuite):
    """Signed ids, and the way from unsigned ones."""

    @pytest.mark.parametrize("mode", MODES)
    def test_each_mode_keeps_its_own_sessions(
        self, make_site: MakeSite, mode: bool | str | None
    ) -> None:
        alice = log_in(make_site(SESSION_USE_SIGNER=mode), "alice")
        assert alice.does(user) == "alice"

    @pytest.mark.parametrize("mode", [None, True, "0.8"])
    def test_a_signed_cookie_is_not_the_id(
        self, make_site: MakeSite, mode: bool | str | None
    ) -> None:
        alice = log_in(make_site(SESSION_USE_SIGNER=mode), "alice")
        assert alice.cookie != alice.does(sid)

    def test_an_unsigned_cookie_is_the_id(self, make_site: MakeSite) -> None:
        alice = log_in(make_site(SESSION_USE_SIGNER=False), "alice")
        assert alice.cookie == alice.does(sid)

    def test_without_a_secret_key_the_cookie_is_the_id(self, make_site: MakeSite) -> None:
        alice = log_in(make_site(SECRET_KEY=None), "alice")
        assert alice.cookie == alice.does(sid)

    def test_mode_0_8_signs_as_flask_session_0_8_did(self, make_site: MakeSite) -> None:
        alice = log_in(make_site(SESSION_USE_SIGNER="0.8"), "alice")
        assert alice.cookie == signed_as_0_8(alice.does(sid), alice.site)

    def test_signing_without_a_secret_key_is_refused_at_start(self, make_site: MakeSite) -> None:
        with pytest.raises(ConfigurationError, match=r"SESSION_USE_SIGNER.*SECRET_KEY"):
            make_site(SESSION_USE_SIGNER=True, SECRET_KEY=None)

    @pytest.mark.parametrize("value", ["yes", "0.7", 2])
    def test_an_unknown_mode_is_refused_at_start(self, make_site: MakeSite, value: object) -> None:
        with pytest.raises(ConfigurationError, match="SESSION_USE_SIGNER"):
            make_site(SESSION_USE_SIGNER=value)

    def test_true_refuses_an_unsigned_id_without_a_store_call(self, make_site: MakeSite) -> None:
        alice = log_in(make_site(SESSION_USE_SIGNER=False), "alice")
        site = make_site(SESSION_USE_SIGNER=True)
        assert alice.twin(site).does(user) is None
        assert site.store.calls == []

    @pytest.mark.parametrize("mode", [None, True])
    @pytest.mark.parametrize("place", [0, 20, 45, -1])
    def test_a_changed_signed_cookie_opens_nothing(
        self, make_site: MakeSite, mode: bool | None, place: int
    ) -> None:
        site = make_site(SESSION_USE_SIGNER=mode)
        cookie = log_in(site, "alice").cookie
        assert cookie
        changed = list(cookie)
        changed[place] = "A" if changed[place] != "A" else "E"
        assert site.visitor("".join(changed)).does(user) is None

    def test_the_time_in_a_cookie_cannot_be_cut_off(self, site: Site) -> None:
        alice = log_in(site, "alice")
        assert alice.cookie
        sid_part, time_part, signature = alice.cookie.split(".")
        for forged in (f"{sid_part}.{signature}", f"{sid_part}.{time_part}", f"{sid_part}."):
            assert site.visitor(forged).does(user) is None

    def test_a_signature_of_0_8_under_another_key_opens_nothing(self, site: Site) -> None:
        alice = log_in(site, "alice")
        forged = Signer("another", salt="flask-session", key_derivation="hmac").sign(
            alice.does(sid)
        )
        assert site.visitor(forged.decode()).does(user) is None

    # From unsigned sessions: False while old workers run, then unset, after one lifetime True.

    def test_unset_opens_an_unsigned_session_of_a_site_that_did_not_sign(
        self, make_site: MakeSite
    ) -> None:
        alice = log_in(make_site(SESSION_USE_SIGNER=False), "alice")
        assert alice.twin(make_site()).does(user) == "alice"

    def test_unset_replaces_an_unsigned_cookie_at_once(self, make_site: MakeSite) -> None:
        alice = log_in(make_site(SESSION_USE_SIGNER=False), "alice").twin(make_site())
        unsigned = alice.cookie
        alice.does(user)
        assert alice.cookie != unsigned
        assert alice.does(user) == "alice"

    def test_the_replaced_cookie_works_where_only_signed_ones_do(self, make_site: MakeSite) -> None:
        alice = log_in(make_site(SESSION_USE_SIGNER=False), "alice").twin(make_site())
        alice.does(user)
        assert alice.twin(make_site(SESSION_USE_SIGNER=True)).does(user) == "alice"

    def test_a_request_under_way_with_the_unsigned_cookie_is_not_logged_out(
        self, make_site: MakeSite
    ) -> None:
        # A page's requests come together; the first to change the session answers first.
        unsigned = log_in(make_site(SESSION_USE_SIGNER=False), "alice")
        site = make_site()
        unsigned.twin(site).does(put(more=1))
        assert unsigned.twin(site).does(user) == "alice"

    def test_after_a_change_with_the_signed_cookie_the_unsigned_one_opens_it_no_more(
        self, make_site: MakeSite
    ) -> None:
        unsigned = log_in(make_site(SESSION_USE_SIGNER=False), "alice")
        site = make_site()
        signed = unsigned.twin(site)
        signed.does(put(more=1))
        signed.does(put(more=2))
        assert unsigned.twin(site).does(user) is None

    def test_the_whole_way_from_unsigned_sessions_logs_nobody_out(
        self, make_site: MakeSite
    ) -> None:
        steps = [False, False, None, None, True, True]
        assert self.roll(make_site, steps) == ["alice"] * 6

    def test_false_opens_what_a_newer_worker_has_signed(self, make_site: MakeSite) -> None:
        alice = log_in(make_site(), "alice")
        assert alice.twin(make_site(SESSION_USE_SIGNER=False)).does(user) == "alice"

    # From signed sessions of 0.8: "0.8" while old workers run, then unset, then True.

    def test_the_whole_way_from_signed_sessions_of_0_8_logs_nobody_out(
        self, make_site: MakeSite
    ) -> None:
        steps = ["0.8", "0.8", None, None, True, True]
        assert self.roll(make_site, steps) == ["alice"] * 6

    @pytest.mark.parametrize("mode", [None, True, "0.8"])
    def test_a_signature_of_0_8_is_accepted(
        self, make_site: MakeSite, mode: bool | str | None
    ) -> None:
        alice = log_in(make_site(SESSION_USE_SIGNER="0.8"), "alice")
        assert alice.twin(make_site(SESSION_USE_SIGNER=mode)).does(user) == "alice"

    @pytest.mark.parametrize("mode", [None, True])
    def test_a_signature_of_0_8_is_replaced_at_once(
        self, make_site: MakeSite, mode: bool | None
    ) -> None:
        site = make_site(SESSION_USE_SIGNER=mode)
        alice = log_in(make_site(SESSION_USE_SIGNER="0.8"), "alice").twin(site)
        before = alice.cookie
        alice.does(user)
        assert alice.cookie != before

    @pytest.mark.parametrize("mode", [True, "0.8"])
    def test_an_unsigned_cookie_is_refused_where_0_8_signed(
        self, make_site: MakeSite, mode: bool | str
    ) -> None:
        site = make_site(SESSION_USE_SIGNER=mode)
        alice = log_in(site, "alice")
        assert site.visitor(alice.does(sid)).does(user) is None

    @pytest.mark.parametrize("mode", MODES)
    def test_a_log_out_ends_the_session_in_every_mode(
        self, make_site: MakeSite, mode: bool | str | None
    ) -> None:
        alice = log_in(make_site(SESSION_USE_SIGNER=mode), "alice")
        thief = alice.twin()
        alice.does(clear)
        assert (alice.cookie, thief.does(user)) == (None, None)

    @pytest.mark.parametrize("mode", MODES)
    def test_a_renewal_works_in_every_mode(
        self, make_site: MakeSite, mode: bool | str | None
    ) -> None:
        alice = log_in(make_site(SESSION_USE_SIGNER=mode), "alice")
        alice.does(in_turn(put(more=1), renew))
        assert alice.does(items) == {"user": "alice", "more": 1}

    def roll(self, make_site: MakeSite, modes: Sequence[bool | str | None]) -> list[str | None]:
        """Let one browser go through sites with these modes, looking and writing at each."""
        alice = log_in(make_site(SESSION_USE_SIGNER=modes[0]), "alice")
        seen = []
        for number, mode in enumerate(modes):
            alice = alice.twin(make_site(SESSION_USE_SIGNER=mode))
            seen.append(alice.does(user))
            if number % 2:
                alice.does(put(step=number))
        return seen


def signed_as_0_8(text: str, site: Site) -> str:
    """Sign as Flask-Session 0.4 to 0.8 did."""
    key = site.app.config["SECRET_KEY"]
    return Signer(key, salt="flask-session", key_derivation="hmac").sign(text).decode()
