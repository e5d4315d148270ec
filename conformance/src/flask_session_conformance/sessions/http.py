"""What the answers say: Vary, Cache-Control, Set-Cookie; and what costs nothing."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from flask import Response, abort, request_finished, session

from ..site import Site, Visitor
from ..views import View, clear, current, in_turn, nothing, put, renew, sid, user
from .base import MakeSite, SessionSuite, log_in
from .races import overtaken

LOOKS: dict[str, View] = {
    "in": lambda: "user" in session,
    "len": lambda: len(session),
    "iter": lambda: list(session),
    "keys": lambda: list(session.keys()),
    "values": lambda: list(session.values()),
    "items": lambda: list(session.items()),
    "get": lambda: session.get("user"),
    "[]": lambda: session["user"],
    "bool": lambda: bool(session),
    "pop of what is missing": lambda: session.pop("nothing", None),
    "setdefault of what is there": lambda: session.setdefault("user", "x"),
    "==": lambda: session == {"user": "alice"},
    "!=": lambda: session != {},
    "copy": lambda: current().copy(),
    "permanent": lambda: session.permanent,
    "lifetime": lambda: current().lifetime,
    "new": lambda: session.new,
    "sid": sid,
}
STATUSES = (200, 304, 404, 500)


class Http(SessionSuite):
    """Headers of the answers, and requests that have nothing to do with the session."""

    @pytest.mark.row("G1")
    @pytest.mark.parametrize("status", STATUSES)
    @pytest.mark.parametrize("look", LOOKS)
    def test_an_answer_that_looked_varies_with_the_cookie(
        self, alice: Visitor, look: str, status: int
    ) -> None:
        answer = alice.visit(in_turn(LOOKS[look], ending(status)))
        assert (answer.status, answer.varies) == (status, True)
        assert alice.site.store.verbs == ["load"]

    @pytest.mark.row("G1")
    @pytest.mark.parametrize("status", STATUSES)
    def test_an_answer_that_did_not_look_neither_varies_nor_asks_the_store(
        self, alice: Visitor, status: int
    ) -> None:
        answer = alice.visit(ending(status))
        assert (answer.status, answer.varies, answer.cookies) == (status, False, [])
        assert alice.site.store.calls == []

    @pytest.mark.row("G1")
    @pytest.mark.parametrize("look", sorted(set(LOOKS) - {"[]", "setdefault of what is there"}))
    def test_a_look_of_a_visitor_without_a_cookie_asks_and_sends_nothing(
        self, site: Site, look: str
    ) -> None:
        answer = site.visitor().visit(LOOKS[look])
        assert (answer.status, answer.varies, answer.cookies) == (200, True, [])
        assert site.store.calls == []

    @pytest.mark.row("G1")
    @pytest.mark.parametrize("status", [200, 404, 500])
    def test_a_change_is_stored_whatever_the_status(self, alice: Visitor, status: int) -> None:
        alice.visit(in_turn(put(more=1), ending(status)))
        assert alice.does(lambda: session.get("more")) == 1

    @pytest.mark.row("G1")
    def test_a_change_before_an_exception_is_stored(self, alice: Visitor) -> None:
        assert alice.visit(in_turn(put(more=1), crash)).status == 500
        assert alice.does(lambda: session.get("more")) == 1

    @pytest.mark.row("G1")
    def test_a_look_in_the_error_handler_varies(self, site: Site) -> None:
        site.app.register_error_handler(404, lambda error: (str(user()), 404))
        answer = log_in(site, "alice").visit(ending(404))
        assert (answer.body, answer.varies) == (b"alice", True)

    def test_a_look_in_after_request_is_a_look(self, site: Site) -> None:
        site.app.after_request(looking)
        assert log_in(site, "alice").visit(nothing).varies

    def test_vary_is_added_to_what_the_app_says(self, alice: Visitor) -> None:
        answer = alice.visit(in_turn(user, answering({"Vary": "Accept-Language"})))
        assert {part.strip() for part in answer.headers["Vary"].split(",")} == {
            "Accept-Language",
            "Cookie",
        }

    def test_an_answer_that_looked_is_not_cached(self, alice: Visitor) -> None:
        assert alice.visit(user).headers["Cache-Control"] == "private, no-store"

    def test_an_answer_with_the_cookie_is_for_nobody_else(self, site: Site) -> None:
        # A file that everybody may see brought a visitor's cookie into shared caches.
        public = answering({"Cache-Control": "public, max-age=9, s-maxage=99"})
        alice = site.visitor()
        first, second = alice.visit(in_turn(put(user="alice"), public)), alice.visit(public)
        last = alice.visit(in_turn(clear, answering({"Cache-Control": "max-age=9"})))
        assert (len(first.cookies), first.headers["Cache-Control"]) == (1, "max-age=9, private")
        assert second.headers["Cache-Control"] == "public, max-age=9, s-maxage=99"
        assert (len(last.cookies), last.headers["Cache-Control"]) == (1, "max-age=9, private")

    def test_an_answer_that_brings_no_cookie_in_the_end_is_cached_as_the_app_says(
        self, alice: Visitor
    ) -> None:
        public = answering({"Cache-Control": "public, max-age=9"})
        answer = alice.visit(
            in_turn(overtaken(by=alice.twin(), doing=clear), put(cart=[1]), public)
        )
        assert (answer.status, answer.cookies) == (200, [])
        assert answer.headers["Cache-Control"] == "public, max-age=9"

    def test_an_answer_that_did_not_look_may_be_cached(self, alice: Visitor) -> None:
        assert "Cache-Control" not in alice.visit(nothing).headers

    def test_the_caching_that_the_app_set_stays(self, alice: Visitor) -> None:
        answer = alice.visit(in_turn(user, answering({"Cache-Control": "private, max-age=9"})))
        assert answer.headers.getlist("Cache-Control") == ["private, max-age=9"]

    def test_the_caching_can_be_configured(self, make_site: MakeSite) -> None:
        alice = log_in(make_site(SESSION_CACHE_CONTROL="no-cache"), "alice")
        assert alice.visit(user).headers["Cache-Control"] == "no-cache"

    def test_the_caching_can_be_left_alone(self, make_site: MakeSite) -> None:
        alice = log_in(make_site(SESSION_CACHE_CONTROL=None), "alice")
        assert "Cache-Control" not in alice.visit(user).headers

    @pytest.mark.parametrize("view", [put(more=1), renew, in_turn(clear, put(user="alice"), renew)])
    def test_an_error_after_the_save_does_not_cost_the_cookie(
        self, alice: Visitor, view: View
    ) -> None:
        # Flask saves a second time then; the new id was in the answer that nobody got.
        with request_finished.connected_to(fail_once(), alice.site.app):
            answer = alice.visit(view)
        assert (answer.status, len(answer.cookies)) == (500, 1)
        assert alice.site.store.verbs.count("update") == 1
        assert alice.does(user) == "alice"

    def test_an_error_after_the_save_leaves_no_cookie_of_a_log_out(self, alice: Visitor) -> None:
        with request_finished.connected_to(fail_once(), alice.site.app):
            answer = alice.visit(clear)
        assert answer.cookie
        assert answer.cookie.deletes

    @pytest.mark.row("G8")
    @pytest.mark.parametrize("method", ["GET", "HEAD", "POST"])
    def test_a_page_that_does_not_look_costs_nothing(self, alice: Visitor, method: str) -> None:
        answer = alice.visit(path="/page", method=method)
        assert (answer.status, answer.cookies, answer.varies) == (200, [], False)
        assert alice.site.store.calls == []

    @pytest.mark.row("G8")
    @pytest.mark.parametrize(
        ("path", "method", "status"),
        [
            ("/page", "OPTIONS", 200),
            ("/static/base.py", "GET", 200),
            ("/static/base.py", "HEAD", 200),
            ("/static/missing", "GET", 404),
            ("/missing", "GET", 404),
            ("/page", "DELETE", 405),
        ],
    )
    def test_what_flask_answers_by_itself_costs_nothing(
        self, alice: Visitor, path: str, method: str, status: int
    ) -> None:
        answer = alice.visit(path=path, method=method)
        assert (answer.status, answer.cookies, answer.varies) == (status, [], False)
        assert alice.site.store.calls == []

    @pytest.mark.row("G8")
    def test_a_head_request_that_looks_is_a_look(self, alice: Visitor) -> None:
        answer = alice.visit(user, method="HEAD")
        assert (answer.result, answer.body, answer.varies) == ("alice", b"", True)

    def test_a_look_loads_once_per_request(self, alice: Visitor) -> None:
        alice.does(in_turn(*[user] * 10))
        assert alice.site.store.verbs == ["load"]

    def test_a_change_takes_two_verbs(self, alice: Visitor) -> None:
        alice.does(put(more=1))
        assert alice.site.store.verbs == ["load", "update"]

    def test_a_new_session_takes_one_verb(self, site: Site) -> None:
        site.visitor().does(put(user="alice"))
        assert site.store.verbs == ["create"]

    def test_a_log_out_takes_two_verbs(self, alice: Visitor) -> None:
        alice.does(clear)
        assert alice.site.store.verbs == ["load", "delete"]


def ending(status: int) -> View:
    """Answer with a status: by a response, by ``abort``, or by an exception."""
    if status == 500:
        return crash
    return lambda: abort(404) if status == 404 else Response("an answer", status)


def crash() -> None:
    """Fail as a view with a mistake in it."""
    raise RuntimeError("the view has a mistake")


def answering(headers: dict[str, str]) -> View:
    """Answer with headers."""
    return lambda: Response("an answer", headers=headers)


def looking(response: Response) -> Response:
    """Look at the session after the view."""
    user()
    return response


def fail_once() -> Callable[..., None]:
    """Make a receiver of a signal that raises the first time."""
    errors = [RuntimeError("a receiver of the signal")]

    def receive(sender: object, **payload: object) -> None:
        while errors:
            raise errors.pop()

    return receive
