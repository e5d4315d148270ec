from __future__ import annotations

import logging
import secrets
from threading import Thread

import pytest
from flask_session.discretion import Discretion
from flask_session.lifecycle.bookkeeping import NONE
from flask_session.lifecycle.presented import Presented
from flask_session.lifecycle.records import Found
from flask_session.lifecycle.state import standalone
from flask_session.store import Record
from msgspec import Raw


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
