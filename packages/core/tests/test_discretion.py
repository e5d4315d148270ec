from __future__ import annotations

import logging
import secrets
from threading import Thread
from traceback import format_exception

import pytest
from flask import session
from flask_session import StoreUnavailable
from flask_session.discretion import Discretion
from flask_session.lifecycle.bookkeeping import NONE
from flask_session.lifecycle.presented import Presented
from flask_session.lifecycle.records import Found
from flask_session.lifecycle.state import standalone
from flask_session.memory import MemoryStore
from flask_session.store import Record
from msgspec import Raw

from packages.core.tests.apps import app_on


@pytest.mark.parametrize(
    "known",
    [Presented("i" * 43, "signed"), Found("i" * 43, Record(b""), {"i": Raw()}, NONE)],
    ids=["Presented", "Found"],
)
def test_what_error_trackers_keep_of_variables_has_no_id(known: object) -> None:
    assert "ii" not in repr(known)


def test_the_state_of_a_session_tells_no_id() -> None:
    state = standalone(str)
    state.sid = "i" * 43
    assert "ii" not in repr(state)


class Chatty(MemoryStore):
    """Fails with a harmless error, made of one that names the key."""

    is_explicit = False

    def load(self, key: str) -> Record | None:
        try:
            raise KeyError(key)
        except KeyError as error:
            if self.is_explicit:
                raise ConnectionError("no answer") from error
            raise ConnectionError("no answer")  # noqa: B904


@pytest.mark.parametrize("is_explicit", [True, False])
def test_what_led_to_an_error_of_the_store_tells_no_id(is_explicit: bool) -> None:
    store = Chatty()
    store.is_explicit = is_explicit
    app = app_on(store, SESSION_USE_SIGNER=False)
    with (
        app.test_request_context(headers={"Cookie": "session=" + "i" * 43}),
        pytest.raises(StoreUnavailable) as caught,
    ):
        session.get("user")
    assert "i" * 43 not in "".join(format_exception(caught.value))


@pytest.fixture
def library(caplog: pytest.LogCaptureFixture) -> logging.Logger:
    """Provide the logger of a client library that somebody debugs."""
    caplog.set_level(logging.DEBUG)
    return logging.getLogger(f"library.{secrets.token_hex(4)}")


def test_a_command_of_a_store_is_not_logged(
    library: logging.Logger, caplog: pytest.LogCaptureFixture
) -> None:
    @Discretion(library.name)
    def load() -> str:
        library.debug("SET key data")
        return "data"

    assert load() == "data"
    assert caplog.messages == []


def test_what_the_app_does_with_the_same_library_is_logged(
    library: logging.Logger, caplog: pytest.LogCaptureFixture
) -> None:
    quietly = Discretion(library.name)
    with quietly, quietly:
        library.debug("ours")
    library.debug("theirs")
    assert caplog.messages == ["theirs"]


def test_a_command_that_fails_ends_the_silence(
    library: logging.Logger, caplog: pytest.LogCaptureFixture
) -> None:
    with pytest.raises(OSError, match="away"), Discretion(library.name):
        raise OSError("away")
    library.debug("theirs")
    assert caplog.messages == ["theirs"]


def test_another_thread_is_logged_meanwhile(
    library: logging.Logger, caplog: pytest.LogCaptureFixture
) -> None:
    with Discretion(library.name):
        thread = Thread(target=library.debug, args=("theirs",))
        thread.start()
        thread.join()
    assert caplog.messages == ["theirs"]
