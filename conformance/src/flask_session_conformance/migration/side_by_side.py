"""Tests that a Flask-Session 0.8.0 worker and ours serve the same browsers on one store."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field
from functools import partial
from typing import Any, ClassVar

import pytest
from flask import flash, get_flashed_messages, session

from ..sessions.base import MakeSite, SessionSuite
from ..site import Site
from .neighbour import NEWEST, Answer, Neighbour, make_environment

ROUNDS = 50
NEXT_TO: dict[bool, bool | str] = {False: False, True: "0.8"}
"""Our SESSION_USE_SIGNER while workers of 0.8 run, by theirs."""


@dataclass(frozen=True)
class Place:
    """Where the old worker finds the store that ``config`` names for ours."""

    address: str = ""
    folder: str = ""
    config: dict[str, Any] = field(default_factory=dict)


@dataclass
class Browser:
    """A browser that two workers take turns in serving."""

    site: Site
    old: Neighbour
    cookie: str | None = None

    def at_old(self, *steps: tuple[object, ...]) -> Answer:
        """Send a request to the worker of 0.8."""
        answer = self.old.request(self.cookie, *steps)
        assert answer.status == 200, answer
        if answer.cookie is not None:
            self.cookie = answer.cookie or None
        return answer

    def at_new(self, view: Callable[[], Any]) -> Any:
        """Send a request to our worker."""
        visitor = self.site.visitor(self.cookie)
        result = visitor.does(view)
        self.cookie = visitor.cookie
        return result


MakeBrowser = Callable[[bool], Browser]


class OldWorkerSuite(SessionSuite):
    """Start the worker of 0.8 beside ours; ``neighbour`` is its name for the backend."""

    neighbour: ClassVar[str]

    @pytest.fixture
    def place(self) -> Place:
        """Provide the same store as ``config`` does, for the old worker; override it."""
        raise NotImplementedError(f"{type(self).__name__} has to provide a fixture named 'place'")

    @pytest.fixture
    def make_browser(
        self, pytestconfig: pytest.Config, make_site: MakeSite, place: Place
    ) -> Iterator[MakeBrowser]:
        """Provide browsers of two workers; the argument is 0.8's SESSION_USE_SIGNER."""
        folder = pytestconfig.rootpath / ".cache" / "flask-session-0.8.0"
        python = make_environment(folder, NEWEST)
        with ExitStack() as stack:

            def make(signer: bool) -> Browser:
                site = make_site(SESSION_USE_SIGNER=NEXT_TO[signer])
                shared = ("SECRET_KEY", "SESSION_KEY_PREFIX")
                config = {**{name: site.app.config[name] for name in shared}, **place.config}
                config["SESSION_USE_SIGNER"] = signer
                worker = Neighbour(
                    python, self.neighbour, place.address, place.folder, 3600, config
                )
                return Browser(site, stack.enter_context(worker))

            yield make


class SideBySide(OldWorkerSuite):
    """Subclass it for a store whose records both can read."""

    @pytest.mark.parametrize("signer", [False, True], ids=["unsigned", "signed"])
    def test_fifty_rounds_lose_nothing_and_nobody(
        self, make_browser: MakeBrowser, signer: bool
    ) -> None:
        browser = make_browser(signer)
        browser.at_old(("update", {"user": "alice", "seen": [], "cart": {"items": []}}))
        for number in range(ROUNDS):
            if number % 3 == 1:
                browser.at_old(("append", "seen", number), ("update", {f"old {number}": number}))
            else:
                browser.at_new(partial(note, number))
        for found in (browser.at_old().session, browser.at_new(lambda: dict(session))):
            assert found["user"] == "alice"
            assert found["seen"] == list(range(ROUNDS))
            assert sorted(key for key in found if key[:3] in ("old", "new")) == sorted(
                f"{'old' if number % 3 == 1 else 'new'} {number}" for number in range(ROUNDS)
            )

    @pytest.mark.parametrize("signer", [False, True], ids=["unsigned", "signed"])
    def test_the_browser_keeps_its_cookie(self, make_browser: MakeBrowser, signer: bool) -> None:
        browser = make_browser(signer)
        browser.at_old(("update", {"user": "alice"}))
        cookie = browser.cookie
        browser.at_new(lambda: session.update(user="bob"))
        browser.at_old()
        assert browser.cookie == cookie

    def test_a_log_out_at_ours_ends_it_at_the_old_one(self, make_browser: MakeBrowser) -> None:
        browser = make_browser(False)
        browser.at_old(("update", {"user": "alice"}))
        cookie = browser.cookie
        browser.at_new(log_out)
        browser.cookie = cookie
        assert "user" not in browser.at_old().session

    def test_a_log_out_at_the_old_one_ends_it_at_ours(self, make_browser: MakeBrowser) -> None:
        browser = make_browser(False)
        browser.at_new(lambda: session.update(user="alice"))
        cookie = browser.cookie
        browser.at_old(("clear",))
        browser.cookie = cookie
        assert browser.at_new(lambda: session.get("user")) is None

    def test_a_message_flashed_at_ours_is_there_at_the_old_one(
        self, make_browser: MakeBrowser
    ) -> None:
        browser = make_browser(False)
        browser.at_new(lambda: flash("saved"))
        assert browser.at_old().session["_flashes"] == [["message", "saved"]]

    def test_a_message_flashed_at_the_old_one_is_shown_at_ours(
        self, make_browser: MakeBrowser
    ) -> None:
        browser = make_browser(False)
        browser.at_old(("flash", "saved"))
        assert browser.at_new(get_flashed_messages) == ["saved"]


class NoSessionAtTheOldOne(OldWorkerSuite):
    """Subclass it for a store whose old releases unpickle: they see our records as no session."""

    def test_an_old_session_goes_on_at_ours(self, make_browser: MakeBrowser) -> None:
        browser = make_browser(False)
        browser.at_old(("update", {"user": "alice"}))
        assert browser.at_new(lambda: session.get("user")) == "alice"

    def test_a_session_of_ours_is_none_at_the_old_one(self, make_browser: MakeBrowser) -> None:
        browser = make_browser(False)
        browser.at_new(lambda: session.update(user="alice"))
        assert "user" not in browser.at_old().session

    def test_a_converted_session_is_none_at_the_old_one(self, make_browser: MakeBrowser) -> None:
        browser = make_browser(False)
        browser.at_old(("update", {"user": "alice"}))
        browser.at_new(lambda: session.update(user="bob"))
        assert "user" not in browser.at_old().session

    def test_the_old_one_goes_on_after_it(self, make_browser: MakeBrowser) -> None:
        browser = make_browser(False)
        browser.at_new(lambda: session.update(user="alice"))
        browser.at_old(("update", {"user": "bob"}))
        assert browser.at_old().session["user"] == "bob"


def note(number: int) -> None:
    """Change the session at ours: one key by assignment, one inside; a view."""
    session["seen"].append(number)
    session[f"new {number}"] = number


def log_out() -> None:
    """Empty the session at ours; a view."""
    session.clear()
