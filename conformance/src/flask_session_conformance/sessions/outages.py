"""The store fails: a 503 where the session was needed, and nothing else is harmed."""

from __future__ import annotations

from typing import Any

import pytest
from flask import Response, session
from flask_session import StoreUnavailable
from flask_session.signals import store_failed

from ..hearing import heard
from ..site import Site, Visitor
from ..views import View, clear, drop, items, nothing, put, renew, user
from ..watching import Call
from .base import MakeSite, SessionSuite, fail_at, log_in

VERBS = ("load", "create", "update", "touch", "delete")


def default() -> None:
    """Write an item unless it is there."""
    session.setdefault("more", 1)


def remove_last() -> None:
    """Remove the last item."""
    session.popitem()


def remove() -> None:
    """Remove an item that is there."""
    del session["user"]


class Outages(SessionSuite):
    """Every verb may fail, at any time."""

    @pytest.mark.row("D1")
    def test_a_failed_load_is_a_503_where_the_view_looks(self, alice: Visitor) -> None:
        fail_at(alice.site, *VERBS)
        answer = alice.visit(user)
        assert (answer.status, answer.result, answer.cookies) == (503, None, [])

    @pytest.mark.row("D1")
    def test_a_503_says_when_to_come_back_and_is_not_cached(self, alice: Visitor) -> None:
        fail_at(alice.site, *VERBS)
        headers = alice.visit(user).headers
        assert headers["Retry-After"] == "5"
        assert "no-store" in headers["Cache-Control"]

    @pytest.mark.row("D3")
    def test_a_view_that_does_not_look_is_served(self, alice: Visitor) -> None:
        fail_at(alice.site, *VERBS)
        answer = alice.visit(nothing)
        assert (answer.status, alice.site.store.calls) == (200, [])

    @pytest.mark.row("D3")
    def test_a_stranger_without_a_cookie_is_served(self, site: Site) -> None:
        fail_at(site, *VERBS)
        assert site.visitor().visit(user).status == 200

    @pytest.mark.row("D1")
    def test_after_a_failed_load_the_session_reads_as_empty(self, alice: Visitor) -> None:
        fail_at(alice.site, *VERBS)
        answer = alice.visit(forgiving(user, items))
        assert (answer.status, answer.result) == (200, {})
        assert alice.site.store.verbs == ["load"]

    @pytest.mark.row("D1")
    def test_after_a_failed_load_a_write_raises_again(self, alice: Visitor) -> None:
        fail_at(alice.site, *VERBS)
        assert alice.visit(forgiving(user, put(more=1))).status == 503
        assert alice.site.store.verbs == ["load"]

    @pytest.mark.row("D1")
    @pytest.mark.parametrize(
        "change",
        [put(more=1), clear, drop("user"), remove, renew, default, remove_last],
        ids=["put", "clear", "pop", "del", "renew", "setdefault", "popitem"],
    )
    def test_a_change_that_could_not_load_and_nobody_minds_is_a_503(
        self, alice: Visitor, change: View
    ) -> None:
        fail_at(alice.site, *VERBS)
        assert alice.visit(forgiving(change, nothing)).status == 503

    @pytest.mark.row("D1")
    def test_a_failed_load_that_became_a_500_is_a_503(self, alice: Visitor) -> None:
        fail_at(alice.site, *VERBS)
        assert alice.visit(forgiving(user, crash)).status == 503

    @pytest.mark.row("D1")
    def test_the_app_can_handle_a_failed_load(self, make_site: MakeSite) -> None:
        site = apologetic(make_site())
        alice = log_in(site, "alice")
        fail_at(site, *VERBS)
        answer = alice.visit(user)
        assert (answer.status, answer.body) == (503, b"sorry, nobody")

    @pytest.mark.row("D1")
    def test_a_look_after_the_request_does_not_make_it_worse(self, make_site: MakeSite) -> None:
        site = make_site()
        site.app.after_request(looking)
        alice = log_in(site, "alice")
        fail_at(site, *VERBS)
        assert alice.visit(user).status == 503
        assert site.store.verbs == ["load"]

    @pytest.mark.row("D3")
    def test_a_write_after_the_request_does_not_make_it_worse(self, make_site: MakeSite) -> None:
        # Flask-Login writes what to remember; it raised again, and the answer was a 500.
        site = make_site()
        site.app.after_request(writing)
        alice = log_in(site, "alice")
        fail_at(site, *VERBS)
        answer = alice.visit(user)
        assert (answer.status, answer.headers["Retry-After"]) == (503, "5")
        assert site.store.verbs == ["load"]

    @pytest.mark.row("D3")
    @pytest.mark.parametrize("kind", [StoreUnavailable, 503, Exception])
    def test_an_error_page_may_write(self, make_site: MakeSite, kind: Any) -> None:
        # A form on it wants a token from Flask-WTF, which notes it in the session.
        site = make_site()
        site.app.register_error_handler(kind, lambda error: ("sorry", put(token=1)() or 503))
        alice = log_in(site, "alice")
        fail_at(site, *VERBS)
        assert (alice.visit(user).body, site.store.verbs) == (b"sorry", ["load"])

    @pytest.mark.row("D1")
    def test_a_change_after_a_failed_load_that_nobody_minded_is_a_503(
        self, make_site: MakeSite
    ) -> None:
        site = make_site()
        site.app.after_request(writing)
        alice = log_in(site, "alice")
        fail_at(site, *VERBS)
        assert alice.visit(forgiving(user, items)).status == 503

    @pytest.mark.row("D9")
    def test_after_an_outage_the_same_cookie_is_still_logged_in(self, alice: Visitor) -> None:
        cookie = alice.cookie
        fail_at(alice.site, *VERBS)
        alice.visit(user)
        alice.site.store.before = None
        assert (alice.cookie, alice.does(user)) == (cookie, "alice")

    @pytest.mark.row("D22")
    @pytest.mark.parametrize("verb", ["load", "delete"])
    def test_a_failed_log_out_is_a_503_that_keeps_the_cookie_and_works_later(
        self, alice: Visitor, verb: str
    ) -> None:
        thief = alice.twin()
        fail_at(alice.site, verb)
        answer = alice.visit(clear)
        assert (answer.status, answer.cookies) == (503, [])
        alice.site.store.before = None
        alice.does(clear)
        assert (alice.cookie, thief.does(user)) == (None, None)

    @pytest.mark.parametrize("verb", ["load", "update"])
    def test_a_failure_is_signalled_once(self, alice: Visitor, verb: str) -> None:
        fail_at(alice.site, verb)
        with heard(store_failed) as failures:
            alice.visit(put(more=1))
        assert [failure["verb"] for failure in failures] == [verb]

    def test_an_error_that_is_not_the_clients_is_not_hidden(self, alice: Visitor) -> None:
        def mistake(call: Call) -> None:
            raise ZeroDivisionError

        alice.site.store.before = mistake
        assert alice.visit(user).status == 500


def forgiving(look: View, then: View) -> View:
    """Look, do not mind a failure, and go on."""

    def view() -> object:
        with pytest.raises(StoreUnavailable):
            look()
        return then()

    return view


def crash() -> None:
    """Fail as a view with a mistake in it."""
    raise RuntimeError("the view has a mistake")


def looking(response: Response) -> Response:
    """Look at the session after the view."""
    user()
    return response


def writing(response: Response) -> Response:
    """Write to the session after the view."""
    put(after=1)()
    return response


def apologetic(site: Site) -> Site:
    """Let the app answer a failure with the name it finds in the session."""
    site.app.register_error_handler(
        StoreUnavailable, lambda error: (f"sorry, {user() or 'nobody'}", 503)
    )
    return site
