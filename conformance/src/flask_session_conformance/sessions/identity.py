"""Who gets which session: ids are made here, never adopted, and open nothing elsewhere."""

from __future__ import annotations

import secrets
from collections.abc import Callable

import pytest
from flask_session import ConfigurationError

from ..site import Site
from ..views import clear, put, sid, user
from .base import MakeSite, SessionSuite, log_in

MALFORMED = {
    "nothing": "",
    "one character": "a",
    "fifteen characters": "a" * 15,
    "a line end": "a" * 20 + "\r\nSet-Cookie: x=y",
    "an escaped line end": '"' + "a" * 20 + '\\015\\012"',
    "an escaped NUL": '"' + "a" * 20 + '\\000"',
    "a space": "a" * 20 + " " + "a" * 20,
    "NUL": "a" * 20 + "\0",
    "an accent": "a" * 20 + "é",
    "an accent in UTF-8": ("a" * 20 + "é").encode().decode("latin-1"),
    "an emoji in UTF-8": ("a" * 20 + "😀").encode().decode("latin-1"),
    "a path": "../" * 6 + "etc/passwd",
    "an escaped path": "%2e%2e%2f" * 6,
    "a query operator": '{"$ne":1}' + "a" * 20,
    "an SQL condition": "a" * 20 + "' OR 1--",
    "a pattern": "*" * 20,
    "a comma": "a" * 20 + ",b",
    "a glob of the key prefix": "session:" + "a" * 20,
    "249 characters": "a" * 249,
    "251 characters": "a" * 251,
    "4 096 characters": "a" * 4096,
    "60 000 characters": "a" * 60_000,
}
SIGNERS = (None, True, False)


class Identity(SessionSuite):
    """What an id from a cookie can do, and what it cannot."""

    @pytest.mark.row("A1")
    def test_ids_that_nobody_issued_open_nothing(self, make_site: MakeSite) -> None:
        site = make_site(SESSION_USE_SIGNER=False)
        made_up = [secrets.token_urlsafe(32) for _ in range(50)]
        assert {site.visitor(sid).does(user) for sid in made_up} == {None}

    @pytest.mark.row("A1")
    def test_ids_that_nobody_issued_write_nothing(self, make_site: MakeSite) -> None:
        site = make_site(SESSION_USE_SIGNER=False)
        for _ in range(50):
            site.visitor(secrets.token_urlsafe(32)).does(user)
        assert set(site.store.verbs) == {"load"}

    @pytest.mark.row("A1")
    def test_an_id_that_nobody_issued_gets_no_cookie(self, make_site: MakeSite) -> None:
        site = make_site(SESSION_USE_SIGNER=False)
        assert site.visitor(secrets.token_urlsafe(32)).visit(user).cookie is None

    @pytest.mark.row("A1")
    def test_an_id_that_nobody_issued_is_not_adopted(self, make_site: MakeSite) -> None:
        site = make_site(SESSION_USE_SIGNER=False)
        planted = secrets.token_urlsafe(32)
        victim = site.visitor(planted)
        victim.does(put(user="victim"))
        assert victim.cookie != planted
        assert site.visitor(planted).does(user) is None

    @pytest.mark.row("A1")
    def test_an_expired_id_is_not_adopted(self, make_site: MakeSite) -> None:
        site = make_site(SESSION_USE_SIGNER=False, PERMANENT_SESSION_LIFETIME=1)
        visitor = log_in(site, "alice")
        expired = visitor.cookie
        self.let_expire(site)
        visitor.does(put(user="alice again"))
        assert visitor.cookie != expired

    @pytest.mark.row("A2")
    @pytest.mark.parametrize("signer", SIGNERS)
    @pytest.mark.parametrize("value", MALFORMED)
    def test_a_malformed_id_never_reaches_the_store(
        self, make_site: MakeSite, value: str, signer: bool | None
    ) -> None:
        site = make_site(SESSION_USE_SIGNER=signer)
        answer = site.request(user, f"session={MALFORMED[value]}")
        assert (answer.status, answer.result, answer.cookies) == (200, None, [])
        assert site.store.calls == []

    @pytest.mark.row("A2")
    def test_a_visitor_with_a_malformed_id_can_log_in(self, site: Site) -> None:
        visitor = site.visitor("../" * 10)
        visitor.does(put(user="alice"))
        assert visitor.does(user) == "alice"

    @pytest.mark.row("A4")
    @pytest.mark.parametrize(
        "variant",
        [
            str.swapcase,
            str.lower,
            str.upper,
            lambda sid: f'"{sid} "',
            lambda sid: f'" {sid}"',
            lambda sid: sid + "\u0301".encode().decode("latin-1"),
            lambda sid: sid + "=",
            lambda sid: sid[:-1],
            lambda sid: sid + "a",
        ],
        ids=["swapped", "lower", "upper", "space after", "space before", "NFD", "=", "-1", "+1"],
    )
    def test_an_id_in_another_spelling_opens_nothing(
        self, make_site: MakeSite, variant: Callable[[str], str]
    ) -> None:
        site = make_site(SESSION_USE_SIGNER=False)
        alice = log_in(site, "alice")
        assert alice.cookie
        assert site.visitor(variant(alice.cookie)).does(user) is None

    @pytest.mark.row("A8")
    def test_an_id_of_an_app_with_another_key_prefix_opens_nothing(
        self, make_site: MakeSite
    ) -> None:
        alice = log_in(make_site(), "alice")
        other = make_site(SESSION_KEY_PREFIX=f"conformance-{secrets.token_hex(8)}:")
        assert alice.twin(other).does(user) is None

    @pytest.mark.row("A8")
    def test_an_id_of_an_app_with_another_secret_key_opens_nothing(
        self, make_site: MakeSite
    ) -> None:
        alice = log_in(make_site(), "alice")
        assert alice.twin(make_site(SECRET_KEY="another")).does(user) is None

    @pytest.mark.row("A8")
    def test_an_unsigned_copy_of_a_signed_id_opens_nothing(self, site: Site) -> None:
        alice = log_in(site, "alice")
        assert site.visitor(alice.does(sid)).does(user) is None

    @pytest.mark.row("A10")
    def test_twenty_thousand_ids_are_unique(self, site: Site) -> None:
        make, length = site.interface._generate_sid, site.interface.sid_length
        assert len({make(length) for _ in range(20_000)}) == 20_000

    @pytest.mark.row("A10")
    def test_an_id_has_at_least_128_bits_of_randomness(self, site: Site) -> None:
        assert len(log_in(site, "alice").does(sid)) * 6 >= 128

    @pytest.mark.row("A10")
    @pytest.mark.parametrize("length", [15, 0, -1, "32", None])
    def test_ids_with_less_than_128_bits_are_refused_at_start(
        self, make_site: MakeSite, length: object
    ) -> None:
        with pytest.raises(ConfigurationError, match="SESSION_ID_LENGTH"):
            make_site(SESSION_ID_LENGTH=length)

    @pytest.mark.row("A10")
    def test_two_visitors_get_two_ids(self, site: Site) -> None:
        assert log_in(site, "alice").cookie != log_in(site, "bob").cookie

    @pytest.mark.row("A6")
    @pytest.mark.parametrize("signer", SIGNERS)
    @pytest.mark.parametrize(
        "other", ["", "garbage", "a" * 43, "a" * 5000, "%00", "a.b.c", f"{'a' * 43}.{'b' * 27}"]
    )
    @pytest.mark.parametrize("order", ["first", "second"])
    def test_the_cookie_that_opens_a_session_counts_among_several(
        self, make_site: MakeSite, signer: bool | None, other: str, order: str
    ) -> None:
        site = make_site(SESSION_USE_SIGNER=signer)
        alice = log_in(site, "alice")
        pair = [f"session={alice.cookie}", f"session={other}"]
        header = "; ".join(pair if order == "first" else pair[::-1])
        assert site.request(user, header).result == "alice"

    @pytest.mark.row("A6")
    @pytest.mark.parametrize("signer", SIGNERS)
    def test_a_header_full_of_cookies_costs_few_loads(
        self, make_site: MakeSite, signer: bool | None
    ) -> None:
        # Each was a look in the store: three hundred for one request.
        site = make_site(SESSION_USE_SIGNER=signer)
        alice = log_in(site, "alice")
        cookie = alice.cookie
        alice.does(clear)
        others = [f"session={secrets.token_urlsafe(32)}" for _ in range(100)]
        site.store.calls.clear()
        site.request(user, "; ".join([f"session={cookie}"] * 100 + others))
        assert 1 <= site.store.verbs.count("load") <= 10

    @pytest.mark.row("A6")
    def test_of_several_valid_cookies_the_first_counts(self, site: Site) -> None:
        alice, bob = log_in(site, "alice"), log_in(site, "bob")
        header = f"session={bob.cookie}; session={alice.cookie}"
        assert site.request(user, header).result == "bob"
