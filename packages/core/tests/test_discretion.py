from __future__ import annotations

import logging
import secrets
from threading import Thread

import pytest
from flask_session.discretion import Discretion


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
