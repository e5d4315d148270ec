"""A stolen copy of the store opens nothing, and no log tells what is in it."""

from __future__ import annotations

import logging
import re
import traceback
from collections.abc import Callable
from typing import Any

import pytest
from flask_session import StoreUnavailable
from flask_session.store import Store

from ..site import Site, Visitor
from ..views import clear, current, in_turn, items, put, renew, sid, user
from ..watching import Call
from .base import MakeSite, SessionSuite, log_in, outage, tells_an_id

SECRET = "payload-that-nobody-may-read"
VERBS: dict[str, Any] = {
    "load": user,
    "create": put(user=SECRET),
    "update": put(more=SECRET),
    "touch": user,
    "delete": clear,
}


class Theft(SessionSuite):
    """What a thief of the store, or of the logs, can do."""

    @pytest.mark.row("A9")
    @pytest.mark.parametrize("signer", [None, True])
    def test_no_string_in_the_store_is_a_cookie_that_opens_a_session(
        self, make_site: MakeSite, signer: bool | None
    ) -> None:
        site = make_site(SESSION_USE_SIGNER=signer)
        stolen = dump(site)
        alice = log_in(site, "alice")
        alice.does(put(cart=[1]))
        alice.does(renew)
        assert alice.does(sid) in stolen()
        opened = [text for text in stolen() if site.request(user, f"session={text}").result]
        assert opened == []

    @pytest.mark.row("A9")
    def test_a_log_out_ends_the_session_for_a_stolen_cookie(self, alice: Visitor) -> None:
        thief = alice.twin()
        alice.does(clear)
        assert thief.does(user) is None

    @pytest.mark.row("A12")
    @pytest.mark.parametrize("verb", VERBS)
    def test_a_failing_verb_tells_neither_id_nor_payload(
        self, make_site: MakeSite, caplog: pytest.LogCaptureFixture, verb: str
    ) -> None:
        caplog.set_level(logging.DEBUG)
        site = make_site(SESSION_TOUCH_INTERVAL=0)
        seen = reveal_everything(site)
        visitor = site.visitor() if verb == "create" else log_in(site, SECRET)
        site.store.before = blabbing(site.store, verb)
        answer = visitor.visit(VERBS[verb])
        assert answer.status == (200 if verb == "touch" else 503)
        texts = [caplog.text, answer.body.decode(), str(answer.headers), *seen]
        assert leaks(texts, site) == []

    @pytest.mark.row("A12")
    def test_a_rejected_record_tells_neither_id_nor_payload(
        self, make_site: MakeSite, caplog: pytest.LogCaptureFixture
    ) -> None:
        caplog.set_level(logging.DEBUG)
        site = make_site()
        visitor = log_in(site, SECRET)
        (key,) = site.store.created
        found = site.store.store.load(key)
        assert found
        site.store.store.update(key, b"\xc1" + SECRET.encode(), 60, found)
        assert visitor.visit(user).result is None
        assert leaks([caplog.text], site) == []

    @pytest.mark.row("A12")
    def test_the_repr_of_a_session_tells_neither_id_nor_payload(self, site: Site) -> None:
        visitor = log_in(site, SECRET)
        texts = visitor.does(describe) + visitor.does(in_turn(items, describe))
        assert leaks(texts, site) == []

    @pytest.mark.row("A12")
    def test_a_value_that_cannot_be_kept_is_told_by_its_key_alone(
        self, site: Site, caplog: pytest.LogCaptureFixture
    ) -> None:
        caplog.set_level(logging.DEBUG)
        log_in(site, SECRET).visit(put(the_key={SECRET: Secretive()}))
        assert "the_key" in caplog.text
        assert leaks([caplog.text], site) == []


class Secretive:
    """A value that cannot be stored and should not be shown."""

    def __repr__(self) -> str:
        return SECRET


def describe() -> list[str]:
    """Show the session as a log line or a debugger would; a view."""
    return [repr(current()), str(current())]


def dump(site: Site) -> Callable[[], set[str]]:
    """Collect every text that ever stands in the store: keys, parts of keys, strings in data."""
    texts: set[str] = set()

    def note(call: Call) -> None:
        prefix = site.app.config["SESSION_KEY_PREFIX"]
        texts.update([call.key, call.key.removeprefix(prefix)])
        found = [part.decode() for part in re.findall(rb"[!-~]{8,}", call.data)]
        texts.update(found, re.findall(r"[\w.-]{8,}", " ".join(found)))
        texts.update(part[1:] for part in found)

    site.store.before = note
    return lambda: {text for text in texts if ";" not in text}


def blabbing(store: Store, verb: str) -> Callable[[Call], None]:
    """Make a hook that fails as client libraries do: with key and data in the message."""

    def hook(call: Call) -> None:
        if call.verb == verb:
            text = f"{verb} of {call.key} failed; the data was {call.data!r} {SECRET}"
            raise outage(store.errors[0], text)

    return hook


def reveal_everything(site: Site) -> list[str]:
    """Let the app's error handler tell all there is to tell about a failure."""
    told: list[str] = []

    def handler(error: StoreUnavailable) -> tuple[str, int]:
        told.extend([str(error), repr(error), "".join(traceback.format_exception(error))])
        return told[-1], 503

    site.app.register_error_handler(StoreUnavailable, handler)
    return told


def leaks(texts: list[str], site: Site) -> list[str]:
    """Answer the texts in which an id or a payload stands."""
    return [text for text in texts if SECRET in text or tells_an_id(text, site)]
