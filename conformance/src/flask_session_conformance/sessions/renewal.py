"""A new id at every change of privileges, against session fixation; without losing the session."""

from __future__ import annotations

import pytest
from flask_session.signals import reference, session_regenerated

from ..hearing import heard
from ..site import Site, Visitor
from ..views import clear, current, get, in_turn, items, put, renew, sid, user
from ..watching import Call
from .base import MakeSite, SessionSuite, fail_at, log_in, outage


class KilledError(BaseException):
    """The process ends here: nothing that catches ``Exception`` sees it."""


RENEWAL = ["load", "create", "update"]
"""The verbs of a request that renews the id, in order."""


class Renewal(SessionSuite):
    """What ``session.regenerate()`` does."""

    @pytest.mark.row("A5")
    def test_the_new_id_has_the_data(self, alice: Visitor) -> None:
        alice.does(renew)
        assert alice.does(user) == "alice"

    @pytest.mark.row("A5")
    def test_the_old_id_opens_nothing(self, alice: Visitor) -> None:
        thief = alice.twin()
        alice.does(renew)
        assert thief.does(user) is None

    @pytest.mark.row("A5")
    def test_the_old_id_opens_nothing_that_was_written_later(self, alice: Visitor) -> None:
        thief = alice.twin()
        alice.does(renew)
        alice.does(put(secret=1))
        assert thief.does(items) == {}

    @pytest.mark.row("A5")
    def test_a_write_with_the_old_id_does_not_reach_the_session(self, alice: Visitor) -> None:
        thief = alice.twin()
        alice.does(renew)
        thief.does(put(planted=1))
        assert alice.does(get("planted")) is None

    @pytest.mark.row("A5")
    def test_a_log_out_with_the_old_id_does_not_end_the_session(self, alice: Visitor) -> None:
        thief = alice.twin()
        alice.does(renew)
        thief.does(clear)
        assert alice.does(user) == "alice"

    def test_a_renewal_sends_the_new_id(self, alice: Visitor) -> None:
        before = alice.cookie
        answer = alice.visit(renew)
        assert answer.cookie
        assert answer.cookie.value != before

    def test_a_renewal_keeps_what_else_the_request_wrote(self, alice: Visitor) -> None:
        alice.does(in_turn(put(role="admin"), renew))
        assert alice.does(items) == {"user": "alice", "role": "admin"}

    def test_a_renewal_by_the_interface_is_the_same(self, alice: Visitor) -> None:
        thief, interface = alice.twin(), alice.site.interface
        alice.does(lambda: interface.regenerate(current()))
        assert (alice.does(user), thief.does(user)) == ("alice", None)

    def test_two_renewals_in_one_request_leave_one_session(self, alice: Visitor) -> None:
        between: list[str] = []
        alice.does(in_turn(renew, lambda: between.append(sid()), renew))
        assert alice.does(user) == "alice"
        assert alice.does(sid) != between[0]

    def test_a_renewal_is_signalled_with_references_to_both_ids(self, alice: Visitor) -> None:
        old = alice.does(sid)
        with heard(session_regenerated) as renewals:
            alice.does(in_turn(renew, renew))
        assert [each["old_reference"] for each in renewals] == [reference(old)]
        assert [each["reference"] for each in renewals] == [reference(alice.does(sid))]

    def test_a_renewal_of_an_empty_session_stores_nothing(self, site: Site) -> None:
        answer = site.visitor().visit(renew)
        assert (answer.cookie, site.store.calls) == (None, [])

    def test_a_renewal_together_with_a_log_out_is_a_log_out(self, alice: Visitor) -> None:
        thief = alice.twin()
        alice.does(in_turn(clear, renew))
        assert alice.cookie is None
        assert thief.does(user) is None

    def test_logging_in_over_another_user_leaves_nothing_of_the_first(self, alice: Visitor) -> None:
        alice.does(put(private="of alice"))
        alice.does(in_turn(clear, put(user="bob"), renew))
        assert alice.does(items) == {"user": "bob"}

    def test_a_planted_id_is_useless_after_the_victim_logged_in(self, site: Site) -> None:
        attacker = site.visitor()
        attacker.does(put(cart=["nothing"]))
        victim = attacker.twin()
        victim.does(in_turn(renew, put(user="victim")))
        assert attacker.does(user) is None

    def test_a_session_stays_permanent_over_a_renewal(self, alice: Visitor) -> None:
        alice.does(renew)
        assert alice.does(lambda: current().permanent) is True

    @pytest.mark.row("A5")
    def test_a_renewal_takes_three_verbs(self, alice: Visitor) -> None:
        alice.does(renew)
        assert alice.site.store.verbs == RENEWAL

    @pytest.mark.row("A5")
    @pytest.mark.parametrize("moment", ["before", "after"])
    @pytest.mark.parametrize("verb", RENEWAL)
    def test_a_process_killed_during_a_renewal_leaves_one_id_that_works(
        self, make_site: MakeSite, moment: str, verb: str
    ) -> None:
        site = make_site(SESSION_USE_SIGNER=False)
        alice = log_in(site, "alice")
        new_id = renew_and_die(site, alice, moment, verb)
        assert "alice" in (alice.does(user), site.visitor(new_id).does(user))

    @pytest.mark.row("A5", "D9")
    def test_a_renewal_whose_last_answer_is_lost_logs_nobody_out(self, alice: Visitor) -> None:
        # The old id opened nothing any more, and nobody had been told the new one.
        store, thief = alice.site.store, alice.twin()

        def lose(call: Call) -> None:
            if call.verb == "update":
                raise outage(store.errors[0], "the answer is lost")

        store.after = lose
        assert alice.visit(renew).status == 200
        assert (alice.does(user), thief.does(user)) == ("alice", None)

    @pytest.mark.row("A5", "D9")
    def test_a_renewal_that_cannot_close_the_old_id_is_a_503(self, alice: Visitor) -> None:
        fail_at(alice.site, "update")
        answer = alice.visit(renew)
        alice.site.store.before = None
        assert (answer.status, answer.cookies) == (503, [])
        assert alice.does(user) == "alice"

    @pytest.mark.row("A5")
    @pytest.mark.parametrize("moment", ["before", "after"])
    @pytest.mark.parametrize("verb", ["load", "delete"])
    def test_a_process_killed_during_a_log_out_ends_the_session_or_not(
        self, alice: Visitor, moment: str, verb: str
    ) -> None:
        die_at(alice.site, moment, verb)
        with pytest.raises(KilledError):
            alice.visit(clear)
        alice.site.store.before = alice.site.store.after = None
        ended = (verb, moment) == ("delete", "after")
        assert alice.does(user) == (None if ended else "alice")


def die_at(site: Site, moment: str, verb: str) -> None:
    """Let the process be killed right before or after a verb."""

    def hook(call: Call) -> None:
        if call.verb == verb:
            raise KilledError

    setattr(site.store, moment, hook)


def renew_and_die(site: Site, visitor: Visitor, moment: str, verb: str) -> str | None:
    """Renew the id in a process that is killed; answer the new id, if it got that far."""
    made: list[str] = []
    die_at(site, moment, verb)
    with pytest.raises(KilledError):
        visitor.visit(in_turn(renew, lambda: made.append(sid())))
    site.store.before = site.store.after = None
    return made[0] if made else None
