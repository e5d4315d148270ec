"""A renewal of the id, and another request with the old id at the same time."""

from __future__ import annotations

import pytest

from ..site import Visitor
from ..views import View, clear, drop, in_turn, items, put, renew, user
from ..watching import on
from .base import MakeSite, SessionSuite, log_in
from .races import BOB, overtaken


class RenewalRaces(SessionSuite):
    """The old id opens nothing, nothing written is lost, and a log-out wins."""

    @pytest.mark.row("C4")
    @pytest.mark.parametrize("verb", ["create", "update"])
    def test_a_write_during_a_renewal_is_in_the_new_record(self, slow: Visitor, verb: str) -> None:
        quick = slow.twin()
        slow.site.store.before = on(verb, lambda: quick.does(put(cart=[1])))
        slow.does(renew)
        assert slow.does(items) == {"user": "alice", "cart": [1]}

    @pytest.mark.row("C4")
    def test_a_renewal_that_is_tried_again_makes_one_record(self, slow: Visitor) -> None:
        quick, store = slow.twin(), slow.site.store
        store.before = on("update", lambda: quick.does(put(cart=[1])))
        slow.does(renew)
        assert len(store.created) == 2

    @pytest.mark.row("C4")
    @pytest.mark.parametrize("verb", ["create", "update"])
    def test_a_log_out_during_a_renewal_wins(self, slow: Visitor, verb: str) -> None:
        quick = slow.twin()
        slow.site.store.before = on(verb, lambda: quick.does(clear))
        answer = slow.visit(renew)
        assert answer.cookies == []
        assert slow.does(user) is None

    @pytest.mark.row("C4")
    @pytest.mark.parametrize("verb", ["create", "update"])
    def test_a_renewal_that_lost_leaves_no_record(self, slow: Visitor, verb: str) -> None:
        quick, store = slow.twin(), slow.site.store
        store.before = on(verb, lambda: quick.does(clear))
        slow.visit(renew)
        assert [key for key in store.created if store.store.load(key)] == []

    @pytest.mark.row("C4")
    @pytest.mark.parametrize(
        "log_out",
        [in_turn(clear, renew), in_turn(renew, clear)],
        ids=["clear, renew", "renew, clear"],
    )
    def test_a_log_out_that_also_renews_is_not_undone_by_a_write(
        self, slow: Visitor, log_out: View
    ) -> None:
        # The collision was looked for under the new id, found nothing there, and the log-out was
        # dropped.
        quick = slow.twin()
        slow.site.store.before = on("delete", lambda: quick.does(put(cart=[1])))
        answer = slow.visit(log_out)
        assert answer.cookie
        assert answer.cookie.deletes
        assert quick.does(items) == {}

    @pytest.mark.row("C4")
    def test_a_renewal_that_empties_the_session_is_one_all_the_same_if_a_write_comes_between(
        self, slow: Visitor
    ) -> None:
        quick = slow.twin()
        slow.site.store.before = on("delete", lambda: quick.does(put(cart=[1])))
        slow.visit(in_turn(renew, drop("user")))
        assert slow.does(items) == {"cart": [1]}
        assert quick.does(items) == {}

    @pytest.mark.row("C4")
    def test_a_renewal_that_is_refused_leaves_no_second_record(self, make_site: MakeSite) -> None:
        slow = log_in(make_site(SESSION_CONFLICT="error"), "alice")
        quick, store = slow.twin(), slow.site.store
        store.before = on("create", lambda: quick.does(put(cart=[1])))
        answer = slow.visit(renew)
        assert (answer.status, answer.cookies) == (409, [])
        assert len([key for key in store.created if store.store.load(key)]) == 1
        assert slow.does(items) == {"user": "alice", "cart": [1]}

    @pytest.mark.row("C4", "B4")
    def test_a_renewal_whose_merge_is_too_large_leaves_no_second_record(
        self, make_site: MakeSite
    ) -> None:
        slow = log_in(make_site(SESSION_MAX_BYTES=1000), "alice")
        quick, store = slow.twin(), slow.site.store
        store.before = on("create", lambda: quick.does(put(theirs="x" * 600)))
        answer = slow.visit(in_turn(put(mine="x" * 600), renew))
        assert (answer.status, answer.cookies) == (500, [])
        assert len([key for key in store.created if store.store.load(key)]) == 1
        assert slow.does(items) == {"user": "alice", "theirs": "x" * 600}

    @pytest.mark.row("C4")
    def test_of_two_renewals_at_once_one_wins(self, slow: Visitor) -> None:
        quick = slow.twin()
        answer = slow.visit(in_turn(overtaken(by=quick, doing=renew), renew))
        assert answer.cookies == []
        assert quick.does(user) == "alice"

    @pytest.mark.row("C4")
    def test_a_write_that_loaded_before_a_renewal_follows_it(self, slow: Visitor) -> None:
        quick = slow.twin()
        answer = slow.visit(in_turn(overtaken(by=quick, doing=renew), put(cart=[1])))
        assert answer.cookies == []
        assert quick.does(items) == {"user": "alice", "cart": [1]}

    @pytest.mark.row("C4", "C5b")
    def test_a_write_follows_a_renewal_of_a_session_that_was_cleared_once(
        self, slow: Visitor
    ) -> None:
        slow.does(BOB)
        quick = slow.twin()
        slow.visit(in_turn(overtaken(by=quick, doing=renew), put(cart=[1])))
        assert quick.does(items) == {"user": "bob", "cart": [1]}

    @pytest.mark.row("C4")
    def test_a_log_out_that_loaded_before_a_renewal_ends_the_new_id(self, slow: Visitor) -> None:
        quick = slow.twin()
        slow.visit(in_turn(overtaken(by=quick, doing=renew), clear))
        assert quick.does(user) is None

    @pytest.mark.row("C4")
    def test_a_log_out_that_also_renews_ends_the_new_id_of_another(self, slow: Visitor) -> None:
        quick = slow.twin()
        slow.visit(in_turn(overtaken(by=quick, doing=renew), clear, renew))
        assert quick.does(user) is None

    @pytest.mark.row("C4")
    def test_a_slow_reader_does_not_bring_the_old_cookie_back(self, slow: Visitor) -> None:
        quick = slow.twin()
        answer = slow.visit(overtaken(by=quick, doing=renew))
        assert (answer.result, answer.cookies) == ("alice", [])

    @pytest.mark.row("C4", "C5b")
    def test_a_renewal_by_a_request_of_alice_does_not_take_the_session_of_bob(
        self, slow: Visitor
    ) -> None:
        browser = slow.twin()
        mine = in_turn(overtaken(by=browser, doing=BOB), put(private="of alice"), renew)
        assert slow.visit(mine).cookies == []
        assert browser.does(items) == {"user": "bob"}
