"""The store fails while a session is saved: the answer becomes a 503, the record stays."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from flask import Response
from flask_session import StoreUnavailable

from ..site import Site, Visitor
from ..views import View, clear, in_turn, items, put, renew
from ..watching import Call
from .base import MakeSite, SessionSuite, fail_at, log_in, outage
from .outages import apologetic, crash

CHANGES: dict[str, View] = {
    "update": put(more=1),
    "delete": clear,
    "create": in_turn(put(more=1), renew),
}
"""What a request does, by the verb at which its save fails."""


class FailedSaves(SessionSuite):
    """Never a 200 for a change that was lost."""

    @pytest.mark.row("D4")
    @pytest.mark.parametrize("verb", CHANGES)
    def test_a_failed_save_is_a_503_in_place_of_the_answer(self, alice: Visitor, verb: str) -> None:
        fail_at(alice.site, verb)
        answer = alice.visit(CHANGES[verb])
        assert (answer.status, answer.cookies, b"done" in answer.body) == (503, [], False)

    @pytest.mark.row("D4")
    @pytest.mark.parametrize("verb", CHANGES)
    def test_a_failed_save_leaves_the_record_as_it_was(self, alice: Visitor, verb: str) -> None:
        fail_at(alice.site, verb)
        alice.visit(CHANGES[verb])
        alice.site.store.before = None
        assert alice.does(items) == {"user": "alice"}

    @pytest.mark.row("D4")
    def test_a_failed_first_save_is_a_503_without_a_cookie(self, site: Site) -> None:
        fail_at(site, "create")
        answer = site.visitor().visit(put(user="alice"))
        assert (answer.status, answer.cookies) == (503, [])

    @pytest.mark.row("D4")
    def test_the_app_can_handle_a_failed_save(self, make_site: MakeSite) -> None:
        site = apologetic(make_site())
        alice = log_in(site, "alice")
        fail_at(site, "update")
        answer = alice.visit(put(more=1))
        assert (answer.status, answer.body, answer.cookies) == (503, b"sorry, alice", [])

    @pytest.mark.row("D4")
    @pytest.mark.parametrize("lost", ["load", "update"])
    @pytest.mark.parametrize("said", [200, 302])
    def test_an_error_handler_cannot_say_that_all_is_well(
        self, make_site: MakeSite, lost: str, said: int
    ) -> None:
        # Whoever forgets the status in ``return page, 503`` told of a log-out that was none.
        site = make_site()
        site.app.register_error_handler(StoreUnavailable, lambda error: ("sorry", said))
        alice = log_in(site, "alice")
        fail_at(site, lost)
        answer = alice.visit(put(more=1))
        assert (answer.status, answer.body) == (503, b"sorry")

    @pytest.mark.row("D4")
    def test_a_cookie_of_the_error_handler_does_not_get_out(self, site: Site) -> None:
        site.app.register_error_handler(StoreUnavailable, lambda error: chatty())
        alice = log_in(site, "alice")
        fail_at(site, "update")
        assert alice.visit(put(more=1)).cookies == []

    @pytest.mark.row("D4")
    def test_a_failed_save_is_not_cached_whatever_the_configuration(
        self, make_site: MakeSite
    ) -> None:
        alice = log_in(make_site(SESSION_CACHE_CONTROL=None), "alice")
        fail_at(alice.site, "update")
        assert alice.visit(put(more=1)).headers["Cache-Control"] == "no-store"

    @pytest.mark.row("D4")
    def test_an_error_handler_that_fails_still_makes_a_503(self, make_site: MakeSite) -> None:
        site = make_site()
        site.app.register_error_handler(StoreUnavailable, failing_handler)
        alice = log_in(site, "alice")
        fail_at(site, "update")
        assert alice.visit(put(more=1)).status == 503

    @pytest.mark.row("D4")
    def test_a_failed_save_closes_the_answer_it_replaces(self, alice: Visitor) -> None:
        stream = Stream()
        fail_at(alice.site, "update")
        answer = alice.visit(in_turn(put(more=1), lambda: Response(stream)))
        assert (answer.status, stream.closed) == (503, True)

    @pytest.mark.row("D4")
    def test_headers_and_cookies_of_the_replaced_answer_do_not_get_out(
        self, alice: Visitor
    ) -> None:
        fail_at(alice.site, "update")
        answer = alice.visit(in_turn(put(more=1), chatty))
        assert ("X-Private" in answer.headers, answer.cookies) == (False, [])

    @pytest.mark.row("D4")
    def test_what_the_app_says_with_every_answer_is_said_with_a_503_too(
        self, make_site: MakeSite
    ) -> None:
        # Without it, a browser hides the status from a page of another origin.
        site = make_site()
        site.app.after_request(allowing)
        alice = log_in(site, "alice")
        fail_at(site, "update")
        answer = alice.visit(put(more=1))
        assert (answer.status, answer.headers["Retry-After"]) == (503, "5")
        assert answer.headers.getlist("Access-Control-Allow-Origin") == ["https://example.org"]

    @pytest.mark.row("D4")
    def test_a_503_of_the_view_with_a_failed_save_is_one_503(self, alice: Visitor) -> None:
        fail_at(alice.site, "update")
        assert alice.visit(in_turn(put(more=1), crash)).status == 503
        assert alice.site.store.verbs == ["load", "update"]

    @pytest.mark.row("D5")
    def test_an_update_whose_answer_is_lost_is_a_503_and_done_at_most_once(
        self, alice: Visitor
    ) -> None:
        fail_after(alice.site, "update")
        assert alice.visit(put(more=1)).status == 503
        alice.site.store.after = None
        assert alice.does(items) == {"user": "alice", "more": 1}

    @pytest.mark.row("D5")
    def test_a_change_can_be_repeated_after_its_answer_was_lost(self, alice: Visitor) -> None:
        fail_after(alice.site, "update")
        alice.visit(put(more=1))
        alice.site.store.after = None
        assert alice.visit(put(more=1)).status == 200
        assert alice.does(items) == {"user": "alice", "more": 1}

    def test_a_save_without_a_response_to_replace_raises(self, alice: Visitor) -> None:
        fail_at(alice.site, "create")
        client = alice.site.app.test_client()
        with pytest.raises(StoreUnavailable), client.session_transaction() as transaction:
            transaction["user"] = "bob"

    def test_a_test_clients_session_transaction_works(self, site: Site) -> None:
        client = site.app.test_client()
        with client.session_transaction() as transaction:
            transaction["user"] = "bob"
        with client.session_transaction() as transaction:
            assert transaction["user"] == "bob"


def failing_handler(error: StoreUnavailable) -> Response:
    """Fail as an error handler with a mistake in it."""
    raise RuntimeError("the error handler has a mistake")


def chatty() -> Response:
    """Answer with headers and a cookie of the app's own."""
    response = Response("private", headers={"X-Private": "yes"})
    response.set_cookie("of the app", "private")
    return response


def allowing(response: Response) -> Response:
    """Let pages of another origin read the answer, as Flask-CORS does."""
    response.headers["Access-Control-Allow-Origin"] = "https://example.org"
    return response


class Stream:
    """A body that has to be closed, as a file has."""

    closed: bool = False

    def __iter__(self) -> Iterator[bytes]:
        return iter([b"private"])

    def close(self) -> None:
        """Note it."""
        self.closed = True


def fail_after(site: Site, verb: str) -> None:
    """Let a verb be done and its answer be lost."""

    def hook(call: Call) -> None:
        if call.verb == verb:
            raise outage(site.store.errors[0])

    site.store.after = hook
