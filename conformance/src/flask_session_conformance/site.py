"""A site whose views are whatever a visitor's request brings along, and its visitors.

::

    site = make_site(SESSION_PERMANENT=False)
    visitor = site.visitor()
    visitor.does(lambda: session.update(cart=[1]))          # a request with this view
    assert visitor.does(get("cart")) == [1]                 # flask_session_conformance.views

Requests go straight into the WSGI application, so that a few thousand of them take a second.
"""

from __future__ import annotations

import time
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from flask import Flask, Response, request
from flask_session import ServerSideSessionInterface
from werkzeug.datastructures import Headers
from werkzeug.test import EnvironBuilder, run_wsgi_app

from .clocks import SkewedClock
from .views import View, nothing
from .watching import WatchedStore

BOX = "flask_session_conformance.view"
METHODS = ["GET", "POST", "HEAD"]


@dataclass
class Box:
    """A view on its way into a request, and what came of it."""

    view: View
    result: Any = None


@dataclass(frozen=True)
class SetCookie:
    """A Set-Cookie header, taken apart; attribute names are in lower case."""

    name: str
    value: str
    attributes: dict[str, str]

    @classmethod
    def parse(cls, header: str) -> SetCookie:
        """Take a header apart (RFC 6265, section 5.2)."""
        pair, *rest = (part.strip() for part in header.split(";"))
        name, _, value = pair.partition("=")
        attributes = (part.partition("=") for part in rest)
        return cls(name, value, {name.lower(): text for name, _, text in attributes})

    @property
    def deletes(self) -> bool:
        """Whether the browser removes the cookie."""
        return self.attributes.get("max-age") == "0"


@dataclass
class Answer:
    """What a request came to; ``result`` is what its view returned."""

    status: int
    headers: Headers
    body: bytes
    result: Any = None
    cookies: list[SetCookie] = field(default_factory=list)

    @property
    def cookie(self) -> SetCookie | None:
        """The only cookie that was set, if one was."""
        assert len(self.cookies) <= 1
        return self.cookies[0] if self.cookies else None

    @property
    def varies(self) -> bool:
        """Whether caches are told that the answer depends on the cookie."""
        return "cookie" in self.headers.get("Vary", "").lower()


class Site:
    """An app and its store, watched."""

    def __init__(self, app: Flask, store: WatchedStore) -> None:
        self.app = app
        self.store = store
        self.began: float = time.time()
        self._environ = EnvironBuilder(path="/", base_url="https://localhost").get_environ()
        app.add_url_rule("/", "run", run, methods=METHODS)
        app.add_url_rule("/page", "page", lambda: "a page", methods=METHODS)

    @property
    def interface(self) -> ServerSideSessionInterface:
        """The session interface."""
        interface = self.app.session_interface
        assert isinstance(interface, ServerSideSessionInterface)
        return interface

    @property
    def cookie_name(self) -> str:
        """The name of the session's cookie."""
        return self.interface.get_cookie_name(self.app)

    def skew(self, seconds: float) -> None:
        """Set the clock of this site ``seconds`` before or after the real one."""
        self.interface.clock = SkewedClock(seconds)

    def visitor(self, cookie: str | None = None) -> Visitor:
        """Let somebody come with an empty cookie jar, or with this session cookie."""
        return Visitor(self, cookie)

    def request(
        self, view: View, cookie: str | None = None, path: str = "/", method: str = "GET"
    ) -> Answer:
        """Send one request whose Cookie header is ``cookie``, byte for byte."""
        box = Box(view)
        environ = {**self._environ, "PATH_INFO": path, "REQUEST_METHOD": method, BOX: box}
        if cookie is not None:
            environ["HTTP_COOKIE"] = cookie
        body, status, headers = run_wsgi_app(self.app, environ, buffered=True)
        cookies = [SetCookie.parse(header) for header in headers.getlist("Set-Cookie")]
        return Answer(int(status.split()[0]), headers, b"".join(body), box.result, cookies)


class Visitor:
    """A browser: it keeps the session's cookie and sends it along."""

    def __init__(self, site: Site, cookie: str | None = None) -> None:
        self.site = site
        self.cookie = cookie

    def visit(self, view: View = nothing, path: str = "/", method: str = "GET") -> Answer:
        """Send a request with this view and keep the cookie of the answer."""
        name = self.site.cookie_name
        header = None if self.cookie is None else f"{name}={self.cookie}"
        answer = self.site.request(view, header, path, method)
        self.keep(answer.cookies)
        return answer

    def keep(self, cookies: Iterable[SetCookie]) -> None:
        """Put cookies into the jar, as far as they are the session's."""
        for cookie in cookies:
            if cookie.name == self.site.cookie_name:
                self.cookie = None if cookie.deletes else cookie.value

    def does(self, view: View) -> Any:
        """Send a request that has to succeed and answer what its view returned."""
        answer = self.visit(view)
        assert answer.status == 200, f"{answer.status}: {answer.body!r}"
        return answer.result

    def twin(self, site: Site | None = None) -> Visitor:
        """Make a second browser with the same cookie, here or at another worker of the site."""
        return Visitor(site or self.site, self.cookie)


def run() -> Any:
    """Run the view that the request has brought along."""
    box: Box = request.environ[BOX]
    box.result = box.view()
    return box.result if isinstance(box.result, Response) else "done"
