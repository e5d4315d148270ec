"""The application that is measured: one view per scenario, driven through its WSGI callable.

It is imported in the environment of Flask-Session 0.8.0 too, so nothing of ours is imported here.
"""

from __future__ import annotations

import io
import sys
import time
import warnings
from typing import Any

from .backends import Command, configure

SIZES = {"small": 0, "2KB": 2_000, "100KB": 100_000}
VERSION_OF_OLD = "0.8.0"


def payload(size: str) -> dict[str, Any]:
    """Make the content of a session: six keys, one of which grows with the size."""
    items = [
        {"id": each, "name": f"item {each}", "price": each * 1.5, "tags": ["a", "b"]}
        for each in range(SIZES[size] // 46)
    ]
    return {
        "_user_id": "1234", "_fresh": True, "csrf_token": "c" * 40, "locale": "en", "number": 0,
        "cart": {"items": items, "count": 0},
    }  # fmt: skip


def make_app(command: Command) -> Any:
    """Make the app of a contender: ``plain`` (no sessions), ``old`` or ``ours``."""
    import flask

    app = flask.Flask("benchmark")
    session = None
    if command["contender"] != "plain":
        import flask_session

        is_old = flask_session.__version__ == VERSION_OF_OLD
        assert is_old == (command["contender"] == "old"), flask_session.__version__
        with warnings.catch_warnings():
            # 0.8.0 calls its own settings deprecated: the signer, the folder.
            warnings.simplefilter("ignore", DeprecationWarning)
            configure(app, command)
            flask_session.Session(app)
        session = flask.session
    add_views(app, session, command["size"])
    return app


def add_views(app: Any, session: Any, size: str) -> None:
    """Add the views; without ``session`` they only answer."""
    content = payload(size)

    def view(scenario: str) -> str:
        if session is None or scenario == "untouched":
            return "ok"
        if scenario in ("read", "anonymous", "stale"):
            return str(session.get("number"))
        if scenario == "change":
            session["number"] = session["number"] + 1
        elif scenario == "nested":
            session["cart"]["count"] += 1
            session.modified = True
        elif scenario == "create":
            session.update(content)
        elif scenario == "logout":
            session.clear()
        return "ok"

    app.add_url_rule("/<scenario>", view_func=view)


class Browser:
    """A visitor, who takes over each cookie that comes back, as a browser does."""

    def __init__(self, app: Any) -> None:
        self.app, self.cookie, self.statuses = app, "", set[str]()

    def request(self, scenario: str) -> None:
        """Send one request."""
        environ = {
            "REQUEST_METHOD": "GET", "SCRIPT_NAME": "", "PATH_INFO": "/" + scenario,
            "QUERY_STRING": "", "SERVER_NAME": "localhost", "SERVER_PORT": "80",
            "SERVER_PROTOCOL": "HTTP/1.1", "HTTP_HOST": "localhost", "wsgi.version": (1, 0),
            "wsgi.url_scheme": "http", "wsgi.input": io.BytesIO(), "wsgi.errors": sys.stderr,
            "wsgi.multithread": True, "wsgi.multiprocess": True, "wsgi.run_once": False,
        }  # fmt: skip
        if self.cookie:
            environ["HTTP_COOKIE"] = self.cookie
        answer = self.app.wsgi_app(environ, self._start)
        for _ in answer:
            pass
        answer.close()

    def repeat(self, scenario: str, count: int) -> float:
        """Answer the seconds that ``count`` requests took."""
        began = time.perf_counter()
        for _ in range(count):
            self.request(scenario)
        seconds = time.perf_counter() - began
        self.check()
        return seconds

    def _start(self, status: str, headers: list[tuple[str, str]], error: Any = None) -> None:
        self.statuses.add(status)
        for name, value in headers:
            if name == "Set-Cookie":
                self.cookie = value.partition(";")[0]

    def check(self) -> None:
        """Raise if anything but 200 was answered: a fast error is no fast session."""
        if self.statuses - {"200 OK"}:
            raise RuntimeError(f"the app answered {self.statuses}")


class Without:
    """The app without sessions, in the process of one with them.

    Two processes are not alike: where the memory lies makes one of them faster by more than what a
    view that does not look costs.
    """

    def __init__(self, command: Command) -> None:
        self.browser = Browser(make_app({**command, "contender": "plain"}))

    def run(self, scenario: str, count: int) -> float:
        """Answer the seconds that ``count`` requests took."""
        return self.browser.repeat(scenario, count)


class AppScenarios:
    """Batches of requests of each scenario; only the requests themselves are timed."""

    def __init__(self, command: Command) -> None:
        self.app = make_app(command)
        self.visitor, self.other = Browser(self.app), Browser(self.app)
        self.visitor.request("create")
        self.prepared: dict[str, list[str] | None] = {}
        self.stale = self.logged_in()
        self.other.request("logout")

    def prepare(self, scenario: str, count: int) -> None:
        """Do beforehand what the next batch needs and what is no part of it: log in."""
        self.prepared[scenario] = self.cookies_for(scenario, count)

    def run(self, scenario: str, count: int) -> float:
        """Answer the seconds that ``count`` requests took."""
        cookies = self.prepared.pop(scenario, None) or self.cookies_for(scenario, count)
        browser = self.visitor if cookies is None else self.other
        began = time.perf_counter()
        for each in range(count):
            if cookies is not None:
                browser.cookie = cookies[each]
            browser.request(scenario)
        seconds = time.perf_counter() - began
        browser.check()
        return seconds

    def cookies_for(self, scenario: str, count: int) -> list[str] | None:
        """Answer a cookie for each request, or ``None`` for one visitor who makes them all."""
        if scenario in ("anonymous", "create"):
            return [""] * count
        if scenario == "stale":
            return [self.stale] * count
        return [self.logged_in() for _ in range(count)] if scenario == "logout" else None

    def logged_in(self) -> str:
        """Answer the cookie of a new session."""
        self.other.cookie = ""
        self.other.request("create")
        return self.other.cookie
