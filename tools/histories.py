"""Random histories of requests, and what a dictionary model says about them.

Hypothesis drives browsers that write, delete, clear, renew, hold requests open and lose the store;
after each step every browser has to see what the model says. A history that fails is shortened and
printed: keep it as a plain test.
"""

from __future__ import annotations

import secrets
from dataclasses import dataclass, field
from typing import Any

from flask_session import ServerSideSession, StoreUnavailable
from flask_session_conformance.sessions.base import build_site, fail_at
from hypothesis import strategies as st
from hypothesis.stateful import (
    Bundle,
    RuleBasedStateMachine,
    consumes,
    invariant,
    rule,
)

KEYS = st.sampled_from("abc")
BROWSERS = st.integers(0, 1)


@dataclass
class Model:
    """A session as it should be: its items, how often it was cleared, and where it went."""

    items: dict[str, int]
    epoch: int = 0
    moved_to: Model | None = None
    alive: bool = True


@dataclass
class Change:
    """What one request does to its session, in a form that model and session both understand."""

    written: dict[str, int] = field(default_factory=dict)
    deleted: set[str] = field(default_factory=set)
    clears: bool = False
    renews: bool = False

    def apply(self, session: ServerSideSession) -> None:
        """Do it to a real session."""
        if self.clears:
            session.clear()
        for key in self.deleted:
            session.pop(key, None)
        session.update(self.written)
        if self.renews:
            session.regenerate()

    def merge(self, loaded: dict[str, int], theirs: dict[str, int]) -> dict[str, int]:
        """Do it to the model, key by key; deleting beats changing."""
        if self.clears:
            return dict(self.written)
        kept = {key: value for key, value in theirs.items() if key not in self.deleted}
        for key, value in self.written.items():
            if value != loaded.get(key) and (key not in loaded or key in theirs):
                kept[key] = value
        return kept


@dataclass
class Open:
    """A request that has looked at its session and has not been answered yet."""

    browser: int
    change: Change
    session: Any
    model: Model | None
    loaded: dict[str, int]
    epoch: int


class Histories(RuleBasedStateMachine):
    """Two browsers that may share a session, and the model of each."""

    config: dict[str, Any]
    requests = Bundle("requests")

    def __init__(self) -> None:
        super().__init__()
        prefix = f"soak-{secrets.token_hex(6)}:"
        self.site = build_site({**self.config, "SECRET_KEY": "key", "SESSION_KEY_PREFIX": prefix})
        self.app, self.interface = self.site.app, self.site.interface
        self.cookies: list[str | None] = [None, None]
        self.models: list[Model | None] = [None, None]
        self.numbers = 0

    def opened(self, browser: int) -> Any:
        """Open the session of a request and look at it."""
        cookie = self.cookies[browser]
        headers = {"Cookie": f"{self.site.cookie_name}={cookie}"} if cookie else {}
        context = self.app.test_request_context(headers=headers)
        session = self.interface.open_session(self.app, context.request)
        session.get("a")
        return session

    @rule(target=requests, browser=BROWSERS, key=KEYS)
    def begin_to_write(self, browser: int, key: str) -> Open:
        """Write one item."""
        self.numbers += 1
        return self.begin(browser, Change(written={key: self.numbers}))

    @rule(target=requests, browser=BROWSERS, key=KEYS)
    def begin_to_delete(self, browser: int, key: str) -> Open:
        """Delete one item."""
        return self.begin(browser, Change(deleted={key}))

    @rule(target=requests, browser=BROWSERS)
    def begin_to_log_out(self, browser: int) -> Open:
        """Log out."""
        return self.begin(browser, Change(clears=True))

    @rule(target=requests, browser=BROWSERS, key=KEYS, renews=st.booleans())
    def begin_to_log_in(self, browser: int, key: str, renews: bool) -> Open:
        """Clear and log in, with a new id or without."""
        self.numbers += 1
        return self.begin(browser, Change({key: self.numbers}, clears=True, renews=renews))

    @rule(target=requests, browser=BROWSERS, key=KEYS)
    def begin_to_renew(self, browser: int, key: str) -> Open:
        """Renew the id and write."""
        self.numbers += 1
        return self.begin(browser, Change({key: self.numbers}, renews=True))

    def begin(self, browser: int, change: Change) -> Open:
        """Look at the session, and leave the answer for later."""
        session, model = self.opened(browser), self.models[browser]
        model = model if model and model.alive and not model.moved_to else None
        loaded = dict(model.items) if model else {}
        return Open(browser, change, session, model, loaded, model.epoch if model else 0)

    @rule(request=consumes(requests))
    def answer(self, request: Open) -> None:
        """Apply the change, save, and hand the cookie to the browser."""
        request.change.apply(request.session)
        response = self.app.response_class()
        self.interface.save_session(self.app, request.session, response)
        self.keep(request, response)

    @rule(request=consumes(requests))
    def answer_while_the_store_is_away(self, request: Open) -> None:
        """Save nothing; the answer is an error if there was something to save."""
        request.change.apply(request.session)
        fail_at(self.site, "create", "update", "delete", "touch")
        try:
            self.interface.save_session(self.app, request.session, self.app.response_class())
        except StoreUnavailable:
            return
        finally:
            self.site.store.before = None
        assert not self.changes(request), "a lost change was answered with success"

    def changes(self, request: Open) -> bool:
        """Tell whether a request has something to save, or a session to move."""
        if request.model is None:
            return bool(request.change.written)
        after = request.change.merge(request.loaded, request.loaded)
        return after != request.loaded or request.change.clears or request.change.renews

    def keep(self, request: Open, response: Any) -> None:
        """Bring the model up to date, and compare what became of the cookie."""
        model, cookie = self.commit(request), response.headers.get("Set-Cookie")
        if cookie is None:
            return
        value = cookie.partition("=")[2].partition(";")[0]
        self.cookies[request.browser], self.models[request.browser] = value or None, model
        assert bool(value) == (model is not None), "a cookie without a session, or the reverse"

    def commit(self, request: Open) -> Model | None:
        """Answer the session the answer's cookie stands for, as far as it sends one."""
        change, model = request.change, request.model
        if model is None:
            return Model(dict(change.written)) if change.written else None
        if not self.changes(request):
            return model
        if change.renews and not self.ends(request, model):
            return self.renew(request, model)
        while model.moved_to is not None:
            model = model.moved_to
        if not model.alive or (model.epoch != request.epoch and not change.clears):
            return None
        model.items = change.merge(request.loaded, model.items)
        model.epoch += change.clears
        model.alive = bool(model.items)
        return model if model.alive else None

    def ends(self, request: Open, model: Model) -> bool:
        """Tell whether the session is empty afterwards, so that there is nothing to renew."""
        return not request.change.merge(request.loaded, model.items)

    def renew(self, request: Open, model: Model) -> Model | None:
        """Move the session; a second renewal of the same id gets nothing."""
        outlived = model.epoch != request.epoch and not request.change.clears
        if not model.alive or model.moved_to is not None or outlived:
            return None
        items = request.change.merge(request.loaded, model.items)
        model.moved_to = Model(items, model.epoch + request.change.clears)
        return model.moved_to

    @rule(browser=BROWSERS)
    def copy_the_cookie(self, browser: int) -> None:
        """Let the other browser have the same cookie, as a second tab or a thief has."""
        self.cookies[1 - browser], self.models[1 - browser] = (
            self.cookies[browser],
            self.models[browser],
        )

    @invariant()
    def every_browser_sees_its_session(self) -> None:
        """Compare what each cookie opens with the model."""
        for browser in (0, 1):
            model = self.models[browser]
            expected = model.items if model and model.alive and not model.moved_to else {}
            seen = {key: self.opened(browser)[key] for key in self.opened(browser)}
            seen.pop("_permanent", None)
            assert seen == expected, f"browser {browser} sees {seen}, expected {expected}"

    def teardown(self) -> None:
        """Remove what the history has left in the store."""
        for key in self.site.store.created:
            self.site.store.store.delete(key)
        self.site.store.store.close()
