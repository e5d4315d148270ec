"""Answers that are sent piece by piece: who looks in the middle, and who changes something."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from flask import Response, stream_with_context
from flask_session import SessionClosed

from ..site import Site, Visitor
from ..views import View, get, in_turn, put, user
from .base import MakeSite, SessionSuite, fail_at, log_in


class Streams(SessionSuite):
    """Looks and changes when the head of the answer has been sent."""

    def test_a_change_while_the_answer_streams_is_an_error_in_testing(self, alice: Visitor) -> None:
        alice.site.app.testing = True
        with pytest.raises(SessionClosed):
            alice.visit(in_turn(user, streaming(put(late=1))))

    def test_a_change_while_the_answer_streams_is_a_warning_otherwise(self, alice: Visitor) -> None:
        with pytest.warns(RuntimeWarning, match="after it had been saved"):
            alice.visit(in_turn(user, streaming(put(late=1))))
        assert alice.does(get("late")) is None

    def test_a_change_while_the_answer_streams_is_an_error_also_as_the_first_look(
        self, site: Site
    ) -> None:
        # Without a look before the save it was lost in silence.
        site.app.testing = True
        with pytest.raises(SessionClosed, match="saved"):
            site.visitor().visit(streaming(put(late=1)))

    def test_a_look_while_the_answer_streams_is_fine(self, alice: Visitor) -> None:
        assert alice.visit(in_turn(user, streaming(user))).body == b"alice"

    def test_the_first_look_may_be_in_a_stream(self, alice: Visitor) -> None:
        answer = alice.visit(streaming(user))
        assert (answer.body, answer.varies) == (b"alice", True)
        assert answer.headers["Cache-Control"] == "private, no-store"
        assert alice.site.store.verbs == ["load"]

    @pytest.mark.row("F1")
    def test_a_session_that_streams_look_at_stays_alive(self, make_site: MakeSite) -> None:
        site = make_site(PERMANENT_SESSION_LIFETIME=3600)
        alice = log_in(site, "alice")
        for minutes in (25, 50, 75):
            site.skew(minutes * 60)
            assert alice.visit(streaming(user)).body == b"alice"

    @pytest.mark.row("D3")
    def test_a_stream_that_may_look_is_a_503_during_an_outage(self, alice: Visitor) -> None:
        fail_at(alice.site, "load")
        assert alice.visit(streaming(user)).status == 503


def streaming(view: View) -> View:
    """Answer with a stream that runs a view when the head of the answer has been sent."""

    def stream() -> Iterator[str]:
        yield ""
        yield str(view())

    return lambda: Response(stream_with_context(stream()))
