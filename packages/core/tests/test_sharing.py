"""A session that several look at within one request: threads, and receivers of signals."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor, wait
from functools import partial
from threading import Event
from typing import Any

import pytest
from flask import Flask, copy_current_request_context, flash, get_flashed_messages, session
from flask_session import SessionClosed, signals
from flask_session.lifecycle import turns
from flask_session.lifecycle.contents import Contents
from flask_session.memory import MemoryStore
from flask_session.serializers import MsgSpecSerializer
from flask_session.store import Outcome, Record
from msgspec import Raw

from packages.core.tests.apps import app_on


class Slow(MemoryStore):
    """Loads when it is told to; ``asked`` tells that somebody waits for it."""

    def __init__(self) -> None:
        super().__init__()
        self.asked, self.go_on = Event(), Event()

    def load(self, key: str) -> Record | None:
        self.asked.set()
        self.go_on.wait(5)
        return super().load(key)


@pytest.fixture
def store() -> Slow:
    return Slow()


@pytest.fixture
def app(store: Slow) -> Flask:
    return app_on(store)


@pytest.mark.row("C5")
def test_threads_of_one_request_see_and_change_one_session(app: Flask, store: Slow) -> None:
    # All but the first saw an empty session, and what they changed was lost.
    @app.get("/threads")
    def threads() -> list[int]:
        def work(number: int) -> int:
            seen: int = session.get("before", 0)
            session[f"thread {number}"] = number
            return seen

        works = [copy_current_request_context(partial(work, number)) for number in range(4)]
        with ThreadPoolExecutor(4) as pool:
            first = pool.submit(works[0])
            store.asked.wait(5)
            others = [pool.submit(each) for each in works[1:]]
            wait(others, timeout=0.1)  # where each of them sees what it should, none is done
            store.go_on.set()
            return [each.result() for each in (first, *others)]

    client = app.test_client()
    client.get("/set/before")
    store.asked.clear()
    assert client.get("/threads").json == [1, 1, 1, 1]
    assert client.get("/").json.keys() >= {f"thread {number}" for number in range(4)}  # type: ignore[union-attr]


def test_what_a_receiver_says_to_the_visitor_of_a_rejected_session_is_shown(
    app: Flask, store: Slow
) -> None:
    @app.get("/flashes")
    def flashes() -> list[Any]:
        return get_flashed_messages()

    def tell(sender: object, **payload: object) -> None:
        flash("Please log in again.")

    client = app.test_client()
    client.get("/set/a")
    store.go_on.set()
    ((key, _),) = store.keys("")
    store._records[key] = (b"\xc1 garbage", store._records[key][1])
    with signals.session_rejected.connected_to(tell):
        assert client.get("/flashes").json == ["Please log in again."]


def change(sender: object, **payload: object) -> None:
    session["late"] = 1


def renew() -> str:
    session.regenerate()  # type: ignore[attr-defined]
    return ""


@pytest.mark.parametrize(
    ("signal", "path"),
    [
        (signals.session_created, "/set/a"),
        (signals.session_saved, "/set/b"),
        (signals.session_regenerated, "/renew"),
    ],
    ids=["created", "saved", "regenerated"],
)
def test_a_receiver_that_changes_what_is_being_saved_is_told(
    app: Flask, store: Slow, signal: Any, path: str
) -> None:
    store.go_on.set()
    app.add_url_rule("/renew", view_func=renew)
    client = app.test_client()
    if path != "/set/a":
        client.get("/set/a")
    with signal.connected_to(change), pytest.raises(SessionClosed, match="receiver"):
        client.get(path)


class Interrupted(MsgSpecSerializer):
    """Lets another thread go first, once."""

    meanwhile: Callable[[], Any] | None = None

    def _interrupt(self) -> None:
        act, self.meanwhile = self.meanwhile, None
        if act is not None:
            act()

    def decode_item(self, key: Any, raw: Raw) -> Any:
        value = super().decode_item(key, raw)
        self._interrupt()
        return value

    def encode_item(self, key: Any, value: Any) -> Raw:
        self._interrupt()
        return super().encode_item(key, value)


@pytest.mark.row("C5")
def test_two_threads_that_decode_a_value_get_the_same() -> None:
    serializer = Interrupted()
    contents = Contents(serializer, serializer.split(serializer.encode({"cart": []})), print)
    serializer.meanwhile = lambda: contents["cart"].append("apple")
    contents["cart"].append("pear")
    assert contents["cart"] == ["apple", "pear"]


@pytest.mark.parametrize("loaded", [{}, {"a": Raw(b"\x00")}], ids=["new", "stored"])
def test_a_thread_that_goes_on_while_its_request_saves_fails_nothing(loaded: Any) -> None:
    serializer = Interrupted()
    contents = Contents(serializer, loaded, print)
    contents["a"] = 1
    serializer.meanwhile = lambda: contents.update({"late": 2})
    assert contents.changes().values == {"a": Raw(b"\x01")}


FORK_WHILE_A_TURN_IS_HELD = """
import os, threading
from flask_session.lifecycle.turns import TURNS
is_held, is_over = threading.Event(), threading.Event()
def hold():
    with TURNS.of("sid"):
        is_held.set()
        is_over.wait()
threading.Thread(target=hold).start()
is_held.wait()
child = os.fork()
if not child:
    os._exit(not TURNS.of("sid").acquire(blocking=False))
is_over.set()
raise SystemExit(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))
"""


def test_the_child_of_a_fork_waits_for_no_turn_of_its_parents() -> None:
    # A second for each collision, for ever, and then a conflict.
    script = [sys.executable, "-W", "ignore", "-c", FORK_WHILE_A_TURN_IS_HELD]
    assert subprocess.run(script, timeout=60, check=False).returncode == 0


class Contested(MemoryStore):
    """Always has something else than was loaded."""

    def update(self, key: str, data: bytes, ttl: int, expected: Record) -> Outcome:
        return Outcome.CONFLICT


@pytest.mark.row("C5")
@pytest.mark.parametrize("path", ["/set/b", "/renew"])
@pytest.mark.parametrize("limit", ["MAX_SECONDS", "MAX_ROUNDS"])
def test_a_change_that_finds_no_turn_is_a_409(
    monkeypatch: pytest.MonkeyPatch, path: str, limit: str
) -> None:
    monkeypatch.setattr(turns, limit, 0 if limit == "MAX_SECONDS" else 1)
    app = app_on(Contested(), SESSION_USE_SIGNER=False)
    app.add_url_rule("/renew", view_func=lambda: session.regenerate() or "")  # type: ignore[attr-defined]
    client = app.test_client()
    client.get("/set/a")
    answer = client.get(path)
    assert (answer.status_code, answer.headers.getlist("Set-Cookie")) == (409, [])
    assert client.get("/").json == {"_permanent": True, "a": 1}


def test_who_waits_in_vain_for_a_turn_tries_once_more(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(turns, "MAX_SECONDS", 0)
    with turns.TURNS.of("sid"), ThreadPoolExecutor(1) as other:
        assert other.submit(lambda: list(turns.rounds("sid"))).result() == [0, 1]
