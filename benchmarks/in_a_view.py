"""The bare client inside a view: what a store costs an app, whoever calls it.

A loop around a client finds every cache warm, a request in between does not: the same command costs
an app more than it costs a loop. Here both sides pay that, so the ratio is what the sessions add.
"""

from __future__ import annotations

from collections.abc import Callable

from .apps import Browser, make_app
from .backends import Command
from .bare import bare_client

VIEWED = ("read", "change")
KEY, DATA = "key", b"x" * 150


class ViewedScenarios:
    """An app without sessions, whose views call the client library."""

    def __init__(self, command: Command) -> None:
        app, bare = (
            make_app({**command, "contender": "plain"}),
            bare_client(command["backend"], command["address"]),
        )
        bare.create(KEY, DATA)
        self.browser = Browser(app)
        views: dict[str, Callable[[], object]] = {
            "read": lambda: bare.read(KEY),
            "change": lambda: (bare.read(KEY), bare.write(KEY, DATA)),
        }
        for name, act in views.items():
            app.add_url_rule(f"/bare-{name}", name, lambda act=act: str(bool(act())))

    def run(self, scenario: str, count: int) -> float:
        """Answer the seconds that ``count`` requests took."""
        return self.browser.repeat(f"bare-{scenario}", count)
