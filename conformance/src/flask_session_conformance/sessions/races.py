"""Two requests of one session at once: nothing lost, nothing revived, nothing mixed up.

The second request runs inside the first, between its look and its save, or right before one of its
verbs: every order comes without sleeping.
"""

from __future__ import annotations

import pytest
from flask import Response, current_app, session
from flask_session.signals import session_conflict, session_lost

from ..hearing import heard
from ..site import Site, Visitor
from ..views import View, clear, drop, get, in_turn, items, live_for, put, renew, sid, user
from ..watching import Call, Hook, on
from .base import MakeSite, SessionSuite, log_in
from .lifetimes import HOUR

BOB = in_turn(clear, put(user="bob"))


class Races(SessionSuite):
    """What becomes of a request that is overtaken by another one."""

    @pytest.mark.row("C1")
    def test_a_slow_reader_does_not_undo_a_write(self, slow: Visitor) -> None:
        quick = slow.twin()
        slow.does(overtaken(by=quick, doing=put(cart=[1])))
        assert slow.does(get("cart")) == [1]

    @pytest.mark.row("C2")
    def test_a_slow_reader_does_not_undo_a_log_out(self, slow: Visitor) -> None:
        quick = slow.twin()
        cookie = slow.cookie
        answer = slow.visit(overtaken(by=quick, doing=clear))
        assert (answer.status, answer.cookies) == (200, [])
        assert slow.site.visitor(cookie).does(user) is None

    @pytest.mark.row("C2")
    def test_a_slow_request_that_only_prolongs_the_session_does_not_undo_a_log_out(
        self, slow: Visitor
    ) -> None:
        answer = slow.visit(in_turn(overtaken(by=slow.twin(), doing=clear), live_for(HOUR)))
        assert answer.cookies == []
        assert slow.does(user) is None

    @pytest.mark.row("C3")
    def test_a_slow_writer_does_not_undo_a_log_out(self, slow: Visitor) -> None:
        answer = slow.visit(in_turn(overtaken(by=slow.twin(), doing=clear), put(cart=[1])))
        assert (answer.status, answer.cookies) == (200, [])
        assert slow.does(items) == {}

    @pytest.mark.row("C3")
    def test_a_log_out_right_before_the_update_is_not_undone(self, slow: Visitor) -> None:
        quick = slow.twin()
        slow.site.store.before = on("update", lambda: quick.does(clear))
        slow.visit(put(cart=[1]))
        assert slow.does(items) == {}

    @pytest.mark.row("C3")
    def test_a_change_that_came_too_late_is_signalled(self, slow: Visitor) -> None:
        with heard(session_lost) as lost:
            slow.visit(in_turn(overtaken(by=slow.twin(), doing=clear), put(cart=[1])))
        assert len(lost) == 1

    @pytest.mark.row("C3")
    def test_a_slow_answer_does_not_take_a_newer_session_away(self, slow: Visitor) -> None:
        browser = slow.twin()
        answer = slow.visit(in_turn(overtaken(by=browser, doing=BOB), put(cart=[1])))
        assert answer.cookies == []
        assert browser.does(user) == "bob"

    @pytest.mark.row("C3")
    def test_two_log_outs_at_once_are_a_log_out(self, slow: Visitor) -> None:
        answer = slow.visit(in_turn(overtaken(by=slow.twin(), doing=clear), clear))
        assert answer.status == 200
        assert slow.does(user) is None

    @pytest.mark.row("C2")
    def test_a_log_out_wins_over_a_write_that_was_quicker(self, slow: Visitor) -> None:
        quick = slow.twin()
        slow.visit(in_turn(overtaken(by=quick, doing=put(cart=[1])), clear))
        assert quick.does(items) == {}

    @pytest.mark.row("C5")
    def test_two_writers_of_two_keys_both_count(self, slow: Visitor) -> None:
        quick = slow.twin()
        slow.does(in_turn(overtaken(by=quick, doing=put(theirs=1)), put(mine=2)))
        assert slow.does(items) == {"user": "alice", "mine": 2, "theirs": 1}

    @pytest.mark.row("C5")
    def test_a_writer_who_is_overtaken_again_and_again_merges_all(self, slow: Visitor) -> None:
        quick, numbers = slow.twin(), iter(range(5))
        hook = on("update", lambda: quick.does(put(**{f"key {next(numbers)}": 1})), times=5)
        slow.site.store.before = not_nested(hook)
        slow.does(put(mine=1))
        assert len(slow.does(items)) == 1 + 5 + 1

    @pytest.mark.row("C5")
    def test_a_removal_and_a_write_of_two_keys_both_count(self, slow: Visitor) -> None:
        slow.does(put(old=1))
        quick = slow.twin()
        slow.does(in_turn(overtaken(by=quick, doing=put(theirs=1)), drop("old")))
        assert slow.does(items) == {"user": "alice", "theirs": 1}

    @pytest.mark.row("C5")
    def test_a_collision_is_signalled(self, slow: Visitor) -> None:
        with heard(session_conflict) as conflicts:
            slow.does(in_turn(overtaken(by=slow.twin(), doing=put(theirs=1)), put(mine=2)))
        assert len(conflicts) == 1

    @pytest.mark.row("C5")
    def test_a_collision_may_be_an_error_instead(self, make_site: MakeSite) -> None:
        slow = log_in(make_site(SESSION_CONFLICT="error"), "alice")
        quick = slow.twin()
        answer = slow.visit(in_turn(overtaken(by=quick, doing=put(theirs=1)), put(mine=2)))
        assert (answer.status, answer.cookies) == (409, [])
        assert slow.does(items) == {"user": "alice", "theirs": 1}

    @pytest.mark.row("C2")
    @pytest.mark.parametrize("after", [[], [put(bye=1)], [put(bye=1), renew]], ids=len)
    def test_a_log_out_is_final_where_collisions_are_errors(
        self, make_site: MakeSite, after: list[View]
    ) -> None:
        slow = log_in(make_site(SESSION_CONFLICT="error"), "alice")
        quick = slow.twin()
        answer = slow.visit(in_turn(overtaken(by=quick, doing=put(theirs=1)), clear, *after))
        assert (answer.status, quick.does(user), quick.does(get("theirs"))) == (200, None, None)

    @pytest.mark.row("C5b")
    def test_nothing_of_alice_gets_into_the_session_of_bob(self, slow: Visitor) -> None:
        browser = slow.twin()
        slow.visit(in_turn(overtaken(by=browser, doing=BOB), put(private="of alice")))
        assert browser.does(items) == {"user": "bob"}

    @pytest.mark.row("C5b")
    def test_nothing_of_alice_survives_a_clear_that_overtakes_nobody(self, slow: Visitor) -> None:
        quick = slow.twin()
        slow.does(in_turn(overtaken(by=quick, doing=put(private="of alice")), BOB))
        assert slow.does(items) == {"user": "bob"}

    @pytest.mark.row("C5b")
    def test_of_two_logins_at_once_the_later_commit_wins(self, slow: Visitor) -> None:
        quick = slow.twin()
        carol = in_turn(clear, put(user="carol"))
        slow.does(in_turn(overtaken(by=quick, doing=carol), BOB))
        assert slow.does(items) == {"user": "bob"}

    @pytest.mark.row("C6")
    def test_of_two_writers_of_one_key_the_later_commit_wins(self, slow: Visitor) -> None:
        quick = slow.twin()
        slow.does(in_turn(overtaken(by=quick, doing=put(key="quick")), put(key="slow")))
        assert slow.does(get("key")) == "slow"

    @pytest.mark.row("C6")
    def test_other_keys_stay_when_two_write_one_key(self, slow: Visitor) -> None:
        quick = slow.twin()
        slow.does(in_turn(overtaken(by=quick, doing=put(key=1, more=1)), put(key=2)))
        assert slow.does(items) == {"user": "alice", "key": 2, "more": 1}

    @pytest.mark.row("C6")
    def test_removing_a_key_beats_changing_it(self, slow: Visitor) -> None:
        slow.does(put(key=1))
        slow.does(in_turn(overtaken(by=slow.twin(), doing=put(key=2)), drop("key")))
        assert slow.does(get("key")) is None

    @pytest.mark.row("C6")
    def test_changing_a_key_does_not_undo_its_removal(self, slow: Visitor) -> None:
        slow.does(put(key=1))
        slow.does(in_turn(overtaken(by=slow.twin(), doing=drop("key")), put(key=2)))
        assert slow.does(get("key")) is None

    @pytest.mark.row("C4")
    @pytest.mark.parametrize("change", [put(cart=[1]), clear], ids=["write", "log out"])
    def test_saving_twice_after_a_renewal_touches_no_cookie(
        self, slow: Visitor, change: View
    ) -> None:
        answer = slow.visit(in_turn(overtaken(by=slow.twin(), doing=renew), change, save))
        assert (answer.status, answer.cookies) == (200, [])

    @pytest.mark.row("C3")
    def test_saving_twice_does_not_revive_what_another_request_removed(self, slow: Visitor) -> None:
        slow.does(put(more=1))
        quick = slow.twin()
        slow.visit(in_turn(overtaken(by=quick, doing=drop("user")), items, drop("more"), save))
        assert (slow.does(items), quick.does(items)) == ({}, {})

    @pytest.mark.row("C8")
    def test_an_id_that_is_taken_is_replaced_by_a_fresh_one(self, site: Site) -> None:
        alice = log_in(site, "alice")
        give_ids(site, [alice.does(sid), "b" * 43])
        assert log_in(site, "bob").does(user) == "bob"

    @pytest.mark.row("C8")
    def test_the_record_whose_id_was_taken_again_is_untouched(self, site: Site) -> None:
        alice = log_in(site, "alice")
        give_ids(site, [alice.does(sid), "b" * 43])
        log_in(site, "bob")
        assert alice.does(items) == {"user": "alice"}

    @pytest.mark.row("C8")
    def test_a_generator_that_only_makes_taken_ids_is_a_409(self, site: Site) -> None:
        alice = log_in(site, "alice")
        give_ids(site, [alice.does(sid)] * 1000)
        answer = site.visitor().visit(put(user="bob"))
        assert (answer.status, answer.cookies) == (409, [])
        assert alice.does(user) == "alice"


def overtaken(*, by: Visitor, doing: View) -> View:
    """Look at the session; before anything else happens, another request comes and ends."""

    def view() -> str | None:
        name = user()
        by.does(doing)
        return name

    return view


def save() -> None:
    """Save by hand, as Flask-SocketIO does, what will be saved once more in the end."""
    app = current_app._get_current_object()  # type: ignore[attr-defined]
    app.session_interface.save_session(app, session._get_current_object(), Response())  # type: ignore[attr-defined]


def not_nested(hook: Hook) -> Hook:
    """Keep a hook from acting in the requests that it makes itself."""
    acting: list[Call] = []

    def outermost(call: Call) -> None:
        if not acting:
            acting.append(call)
            hook(call)
            acting.clear()

    return outermost


def give_ids(site: Site, ids: list[str]) -> None:
    """Let the next sessions of a site get these ids."""
    upcoming = iter(ids)
    site.interface._generate_sid = lambda _: next(upcoming)  # type: ignore[assignment, method-assign]
