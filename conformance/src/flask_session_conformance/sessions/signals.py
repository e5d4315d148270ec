"""The signals that a session sends: when, with what, and never with an id."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from typing import Any

import pytest
from blinker import NamedSignal
from flask_session import signals
from flask_session.signals import reference

from ..site import Site, Visitor
from ..views import View, clear, get, in_turn, items, put, renew, sid, user
from ..watching import on
from .base import SessionSuite, fail_at, log_in
from .hostile import overwrite
from .races import overtaken

Heard = list[tuple[str, dict[str, Any]]]
ALL = {name: each for name, each in vars(signals).items() if isinstance(each, NamedSignal)}
LIFE: list[tuple[View, list[str]]] = [
    (put(user="alice"), ["session_created"]),
    (user, ["session_loaded"]),
    (put(more=1), ["session_loaded", "session_saved"]),
    (put(more=1), ["session_loaded"]),
    (renew, ["session_loaded", "session_regenerated"]),
    (clear, ["session_loaded", "session_destroyed"]),
    (user, []),
]
"""What somebody does, and what is told of it."""


def lose(alice: Visitor) -> None:
    """Change a session that somebody else ends."""
    alice.visit(in_turn(overtaken(by=alice.twin(), doing=clear), put(more=1)))


def collide(alice: Visitor) -> None:
    """Change a session at the same time as somebody else."""
    alice.visit(in_turn(overtaken(by=alice.twin(), doing=put(theirs=1)), put(more=1)))


def damage(alice: Visitor) -> None:
    """Find garbage in place of the session."""
    overwrite(alice, b"\xc1")
    alice.visit(user)


def fail(alice: Visitor) -> None:
    """Meet a store that fails."""
    fail_at(alice.site, "load")
    alice.visit(user)


CAUSES: dict[str, tuple[Callable[[Visitor], Any], set[str]]] = {
    "session_created": (lambda alice: log_in(alice.site, "bob"), {"reference"}),
    "session_loaded": (lambda alice: alice.visit(user), {"reference"}),
    "session_saved": (lambda alice: alice.visit(put(more=1)), {"reference"}),
    "session_regenerated": (lambda alice: alice.visit(renew), {"reference", "old_reference"}),
    "session_destroyed": (lambda alice: alice.visit(clear), {"reference"}),
    "session_lost": (lose, {"reference"}),
    "session_conflict": (collide, {"reference"}),
    "session_rejected": (damage, {"reference", "reason"}),
    "store_failed": (fail, {"reference", "verb", "error"}),
}
"""What makes each signal be sent, and the names of what comes with it."""


class Signals(SessionSuite):
    """What an app can count and log."""

    def test_the_life_of_a_session_is_signalled_step_by_step(self, site: Site) -> None:
        alice = site.visitor()
        for view, expected in LIFE:
            with everything(site) as heard:
                alice.does(view)
            assert [name for name, _ in heard] == expected

    def test_every_signal_there_is_has_a_cause_here(self) -> None:
        assert CAUSES.keys() == ALL.keys()

    @pytest.mark.row("A12")
    @pytest.mark.parametrize("name", CAUSES)
    def test_a_signal_is_sent_once_with_what_is_documented(self, alice: Visitor, name: str) -> None:
        cause, expected = CAUSES[name]
        with everything(alice.site) as heard:
            cause(alice)
        (payload,) = [payload for signal, payload in heard if signal == name]
        assert payload.keys() == expected
        ids = [key[-43:] for key in alice.site.store.created]
        assert not any(secret in str(heard) for secret in (*ids, "alice"))

    def test_all_signals_of_a_session_carry_the_same_reference(self, alice: Visitor) -> None:
        expected = reference(alice.does(sid))
        with everything(alice.site) as heard:
            alice.does(in_turn(user, put(more=1)))
            collide(alice)
            alice.does(clear)
        assert {payload["reference"] for _, payload in heard} == {expected}
        assert len(heard) > 5

    def test_two_sessions_have_two_references(self, alice: Visitor) -> None:
        bob = log_in(alice.site, "bob")
        with everything(alice.site) as heard:
            alice.does(user)
            bob.does(user)
        assert len({payload["reference"] for _, payload in heard}) == 2

    def test_a_change_is_signalled_once_it_is_there(self, alice: Visitor) -> None:
        seen: list[Any] = []
        twin = alice.twin()

        def look(sender: object, **payload: object) -> None:
            seen.append(twin.does(get("more")))

        with signals.session_saved.connected_to(look, sender=alice.site.app):
            alice.does(put(more=1))
        assert seen == [1]

    def test_a_receiver_may_look_at_the_session_that_was_loaded(self, alice: Visitor) -> None:
        seen: list[Any] = []
        look = collecting(seen)
        with signals.session_loaded.connected_to(look, sender=alice.site.app):
            alice.does(user)
        assert (seen, alice.site.store.verbs) == (["alice"], ["load"])

    @pytest.mark.row("D1")
    @pytest.mark.parametrize("name", ["session_rejected", "store_failed"])
    def test_a_receiver_that_looks_at_what_could_not_be_loaded_finds_nothing(
        self, alice: Visitor, name: str
    ) -> None:
        # It opened the session again, and again.
        seen: list[Any] = []
        look = collecting(seen)
        with ALL[name].connected_to(look, sender=alice.site.app):
            CAUSES[name][0](alice)
        assert seen == [None]

    def test_a_change_that_failed_is_not_signalled_as_saved(self, alice: Visitor) -> None:
        fail_at(alice.site, "update")
        with everything(alice.site) as heard:
            alice.visit(put(more=1))
        assert [name for name, _ in heard] == ["session_loaded", "store_failed"]

    def test_a_log_out_that_came_too_late_is_no_loss(self, alice: Visitor) -> None:
        twin = alice.twin()
        alice.site.store.before = on("delete", lambda: twin.does(clear))
        with everything(alice.site) as heard:
            alice.does(in_turn(items, clear))
        assert "session_lost" not in [name for name, _ in heard]


def collecting(seen: list[Any]) -> Callable[..., None]:
    """Make a receiver that looks who is logged in."""

    def look(sender: object, **payload: object) -> None:
        seen.append(user())

    return look


@contextmanager
def everything(site: Site) -> Iterator[Heard]:
    """Collect all signals of a site: name and payload."""
    heard: Heard = []

    def listener(name: str) -> Callable[..., None]:
        def listen(sender: object, **payload: Any) -> None:
            heard.append((name, payload))

        return listen

    with ExitStack() as stack:
        for name, each in ALL.items():
            stack.enter_context(each.connected_to(listener(name), sender=site.app))
        yield heard
