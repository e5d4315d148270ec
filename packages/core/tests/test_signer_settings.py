"""The keys that cookies are signed with, and whether they are: checked at the start."""

from __future__ import annotations

from typing import Any

import pytest
from flask import Flask, session
from flask_session import ConfigurationError, Session
from flask_session.web.cookies import keys_of

from packages.core.tests.apps import start


@pytest.mark.parametrize(
    ("setting", "value"),
    [
        ("SECRET_KEY", 20240101),
        ("SECRET_KEY_FALLBACKS", [1]),
        ("SECRET_KEY_FALLBACKS", ["older", 1]),
        ("SECRET_KEY_FALLBACKS", 1),
    ],
)
def test_a_key_that_is_no_text_is_refused_at_the_start(setting: str, value: object) -> None:
    # FLASK_SECRET_KEY=20240101 is a number to from_prefixed_env(); each save was a 500. Of a
    # fallback it was said that SECRET_KEY is wrong.
    with pytest.raises(ConfigurationError, match=f"^{setting} is of type int: "):
        start(**{"SECRET_KEY": "key", setting: value})


@pytest.mark.parametrize("fallbacks", [False, 0, "", [""], [], None])
def test_no_former_key_is_none(fallbacks: object) -> None:
    # An empty one, of a variable that is not set, made everybody's signature valid.
    app = start(SECRET_KEY="key", SECRET_KEY_FALLBACKS=fallbacks)
    assert keys_of(app) == ("key",)


def test_a_key_that_is_no_text_does_no_harm_where_nothing_is_signed() -> None:
    start(SECRET_KEY=42, SESSION_USE_SIGNER=False)


@pytest.mark.parametrize("mode", [True, "0.8"])
def test_without_its_key_an_app_that_has_to_sign_takes_no_cookie(mode: bool | str) -> None:
    # It went on with unsigned ids, and accepted those of signed records.
    app = start(SESSION_USE_SIGNER=mode)
    app.secret_key = None
    visit = app.test_request_context(headers={"Cookie": "session=" + 43 * "a"})
    with visit, pytest.raises(ConfigurationError, match="SECRET_KEY"):
        session.get("user")


@pytest.mark.parametrize(("number", "mode"), [(1, True), (0, False)])
def test_the_signer_may_be_a_number_as_in_an_environment(number: int, mode: bool) -> None:
    interface: Any = start(SESSION_USE_SIGNER=number).session_interface
    assert interface.use_signer is mode


def test_0_8s_signature_may_be_asked_for_in_an_environment(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    # Flask reads values as JSON: it makes a number of this one.
    monkeypatch.setenv("FLASK_SESSION_USE_SIGNER", "0.8")
    app = Flask("environment")
    app.config.from_prefixed_env()
    app.config.update(SESSION_TYPE="memory", SECRET_KEY="key")
    Session(app)
    interface: Any = app.session_interface
    assert interface.use_signer == "0.8"
