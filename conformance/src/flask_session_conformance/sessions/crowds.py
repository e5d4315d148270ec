"""Many threads on one app object and one client."""

from __future__ import annotations

import random
import time
from functools import partial

import pytest

from ..history import OK, History, Operation
from ..site import Site, Visitor
from ..threads import together
from ..views import View, clear, in_turn, items, put, renew, user
from .base import SessionSuite, log_in

WRITERS, WRITES, ATTEMPTS = 8, 25, 5
THREADS, REQUESTS = 16, 150


class Crowds(SessionSuite):
    """What survives when everybody comes at once."""

    @pytest.mark.row("C7")
    def test_two_hundred_writes_of_eight_threads_are_all_there(self, site: Site) -> None:
        alice, history = log_in(site, "alice"), History()
        together([partial(append, history, alice.twin(), me) for me in range(WRITERS)])
        seen = read(history, alice, "alice").seen
        assert [each for each in history.operations if each.outcome != OK] == []
        assert history.anomalies() == []
        assert len(seen) == 1 + WRITERS * WRITES

    @pytest.mark.row("C11")
    def test_thirty_two_visitors_in_sixteen_threads_see_only_their_own(self, site: Site) -> None:
        history = History()
        together([partial(live, history, site, f"{me}", REQUESTS) for me in range(THREADS)])
        assert [each for each in history.operations if each.outcome != OK] == []
        assert history.anomalies() == []


def append(history: History, visitor: Visitor, me: int) -> None:
    """Write keys of one's own into a session that others write to at the same time."""
    for number in range(WRITES):
        key, token = f"{me} {number}", history.token("alice")
        act = partial(insist, visitor, in_turn(user, let_others_go_on, put(**{key: token})))
        history.note(Operation("alice", "write", key, token), act)


def insist(visitor: Visitor, view: View) -> None:
    """Do as a 409 says and try again: on a busy machine a second may be too short for eight."""
    statuses = (visitor.visit(view).status for _ in range(ATTEMPTS))
    assert next((status for status in statuses if status != 409), 409) == 200


def let_others_go_on() -> None:
    """Give way to the other threads; a view."""
    time.sleep(0.001)


def live(history: History, site: Site, me: str, requests: int) -> None:
    """Be two visitors who write, read, renew their ids, log out and come back."""
    chance = random.Random(me)
    visitors = {name: log_in(site, name) for name in (f"{me} one", f"{me} two")}
    for _ in range(requests):
        name, visitor = chance.choice(list(visitors.items()))
        kind = chance.choices(["write", "read", "renew", "log out"], [5, 5, 1, 1])[0]
        act_once(history, visitor, name, kind, str(chance.randrange(3)))
    for name, visitor in visitors.items():
        read(history, visitor, name)


def act_once(history: History, visitor: Visitor, name: str, kind: str, key: str) -> None:
    """Make one request."""
    token = history.token(name)
    if kind == "read":
        read(history, visitor, name)
    elif kind == "log out":
        history.note(Operation(name, kind), partial(visitor.does, clear))
    else:
        write = put(**{key: token})
        view = write if kind == "write" else in_turn(write, renew)
        history.note(Operation(name, "write", key, token), partial(visitor.does, view))


def read(history: History, visitor: Visitor, name: str) -> Operation:
    """Look at everything."""
    return history.note(Operation(name, "read"), partial(visitor.does, items))
