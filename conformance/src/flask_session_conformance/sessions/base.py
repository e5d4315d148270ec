"""What a test class tells the suite about its backend, and what the suite makes of it."""

from __future__ import annotations

import secrets
import time
from collections.abc import Callable, Iterator
from datetime import datetime, timezone
from email.utils import parsedate_to_datetime
from typing import Any

import pytest
from flask import Flask
from flask_session import ServerSideSessionInterface, Session
from flask_session.store import Store

from ..backend import Backend, Config
from ..hearing import logged
from ..site import Answer, Site, Visitor
from ..stores.base import wait_until_gone
from ..views import put
from ..watching import Call, WatchedStore

MakeSite = Callable[..., Site]


class SessionSuite(Backend):
    """The fixtures that the tests of a session share; provide ``config``."""

    @pytest.fixture
    def config(self) -> Config:
        """Provide the ``app.config`` entries that choose the backend; override it.

        Clients in it stay the caller's: close them after the test.
        """
        raise NotImplementedError(f"{type(self).__name__} has to provide a fixture named 'config'")

    @pytest.fixture
    def common(self) -> Config:
        """Provide what all sites and workers of a test share: a secret key and a key prefix."""
        prefix = f"conformance-{secrets.token_hex(8)}:"
        return {"SECRET_KEY": "the suite's own key", "SESSION_KEY_PREFIX": prefix}

    @pytest.fixture
    def make_site(self, config: Config, common: Config) -> Iterator[MakeSite]:
        """Provide sites on the backend, with a key prefix of their own, and tidy up afterwards.

        The keyword arguments are further ``app.config`` entries. Whatever a test does, no id gets
        into the log.
        """
        sites: list[Site] = []

        def make(**settings: Any) -> Site:
            sites.append(build_site({**common, **config, **settings}))
            return sites[-1]

        with logged() as lines:
            yield make
        for site in sites:
            tidy_up(site)
        assert [line for site in sites for line in lines if tells_an_id(line, site)] == []

    @pytest.fixture
    def site(self, make_site: MakeSite) -> Site:
        """Provide a site with the default settings."""
        return make_site()

    @pytest.fixture
    def alice(self, site: Site) -> Visitor:
        """Provide a visitor who is logged in, on a store whose earlier calls are forgotten."""
        return log_in(site, "alice")

    @pytest.fixture
    def slow(self, make_site: MakeSite) -> Visitor:
        """Provide a logged-in visitor whose looks touch the store, so that readers save too."""
        return log_in(make_site(SESSION_TOUCH_INTERVAL=0), "alice")

    def let_pass(self, site: Site, seconds: float) -> None:
        """Let a few seconds pass for a site; really only where the server's clock decides."""
        if self.server_decides_expiry:
            time.sleep(seconds)
        else:
            site.skew(site.interface.clock() - time.time() + seconds)

    def let_expire(self, site: Site) -> None:
        """Return once the records of a site with a lifetime of 1 second have expired."""
        if self.server_decides_expiry:
            self.really_let_expire(site)
        else:
            site.skew(site.interface.clock() - time.time() + 2.1)

    def really_let_expire(self, site: Site) -> None:
        """Wait until the records of a site with a lifetime of 1 second have expired."""
        for key in site.store.created:
            wait_until_gone(site.store.store, key)


def build_site(settings: Config) -> Site:
    """Make an app from public configuration and watch its store."""
    app = Flask(__name__, static_folder=".", static_url_path="/static")
    app.config.update(settings)
    Session(app)
    interface = app.session_interface
    assert isinstance(interface, ServerSideSessionInterface)
    store = interface.store = WatchedStore(interface.store)
    return Site(app, store)


def tells_an_id(text: str, site: Site) -> bool:
    """Tell whether an id that was stored stands in a text."""
    prefix = site.app.config["SESSION_KEY_PREFIX"]
    return any(key.removeprefix(prefix) in text for key in site.store.created)


def tidy_up(site: Site) -> None:
    """Remove the records that were made, expired or not, and close what the store has opened."""
    store = site.store.store
    store.clock = lambda: site.began
    for key in site.store.created:
        remove(store, key)
    store.close()


def remove(store: Store, key: str) -> None:
    """Delete a record; a second time if the store notices only now that its line was cut."""
    try:
        store.delete(key)
    except store.errors:
        store.delete(key)


def log_in(site: Site, name: str) -> Visitor:
    """Let somebody log in, and forget the calls that took."""
    visitor = site.visitor()
    visitor.does(put(user=name))
    site.store.calls.clear()
    return visitor


def fail_at(site: Site, *verbs: str) -> None:
    """Let the store fail at these verbs from now on, as an unreachable server lets it."""

    def hook(call: Call) -> None:
        if call.verb in verbs:
            raise outage(site.store.errors[0])

    site.store.before = hook


def outage(kind: type[Exception], text: str = "the server is away") -> Exception:
    """Make an error of a client's type, whatever that type's own constructor wants."""

    def initialise(self: Exception, text: str) -> None:
        Exception.__init__(self, text)

    methods = {"__init__": initialise, "__str__": lambda error: error.args[0]}
    error: Exception = type("OutageError", (kind,), methods)(text)
    return error


def seconds_until_expiry(answer: Answer, site: Site) -> float:
    """Tell how long the cookie of an answer lives, from the site's present on."""
    assert answer.cookie
    expires = parsedate_to_datetime(answer.cookie.attributes["expires"])
    return (expires - datetime.fromtimestamp(site.interface.clock(), timezone.utc)).total_seconds()
