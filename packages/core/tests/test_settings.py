"""Wrong settings are errors at start that name the setting, its value and the remedy."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import pytest
from flask_session import ConfigurationError
from flask_session.config import Settings, setting, text
from flask_session.memory import MemorySessionInterface, MemoryStore
from flask_session.runtime import lifetimes_of

from packages.core.tests.apps import start


@pytest.mark.parametrize(
    ("config", "message"),
    [
        ({"PERMANENT_SESSION_LIFETIME": 0}, "PERMANENT_SESSION_LIFETIME = .*not above 0 s"),
        ({"PERMANENT_SESSION_LIFETIME": timedelta(seconds=-1)}, "PERMANENT_SESSION_LIFETIME = "),
        ({"PERMANENT_SESSION_LIFETIME": timedelta(days=401)}, "to 400 days"),
        ({"PERMANENT_SESSION_LIFETIME": -1}, "PERMANENT_SESSION_LIFETIME = -1: "),
        ({"PERMANENT_SESSION_LIFETIME": 1e300}, r"PERMANENT_SESSION_LIFETIME = 1e\+300: "),
        (
            {"SESSION_ABSOLUTE_LIFETIME": 60},
            "SESSION_ABSOLUTE_LIFETIME = 60: shorter than",
        ),
        (
            {"SESSION_ABSOLUTE_LIFETIME": timedelta(days=1)},
            r"SESSION_ABSOLUTE_LIFETIME = datetime.timedelta\(days=1\): shorter than",
        ),
        ({"SESSION_ABSOLUTE_LIFETIME": "1h"}, "SESSION_ABSOLUTE_LIFETIME = '1h': not a time span"),
        ({"SESSION_USE_SIGNER": True, "SECRET_KEY": None}, "SESSION_USE_SIGNER = True.*SECRET_KEY"),
        ({"SESSION_USE_SIGNER": 1, "SECRET_KEY": None}, "SESSION_USE_SIGNER = True.*SECRET_KEY"),
        ({"SESSION_USE_SIGNER": "0.8", "SECRET_KEY": ""}, "SESSION_USE_SIGNER = '0.8'.*SECRET_KEY"),
        ({"SESSION_USE_SIGNER": "0.7"}, "SESSION_USE_SIGNER = '0.7': not a known value"),
        ({"SESSION_ID_LENGTH": 15}, "SESSION_ID_LENGTH = 15: out of range"),
        ({"SESSION_ID_LENGTH": "32"}, "SESSION_ID_LENGTH = '32': not a whole number"),
        ({"SESSION_SERIALIZATION_FORMAT": "yaml"}, "SESSION_SERIALIZATION_FORMAT = 'yaml'"),
        ({"SESSION_KEY_PREFIX": 5}, "SESSION_KEY_PREFIX = 5: not a text"),
        ({"SESSION_KEY_PREFIX": "sessión "}, "SESSION_KEY_PREFIX = .*printable ASCII"),
        ({"SESSION_KEY_PREFIX": "p" * 130}, "SESSION_KEY_PREFIX = .*at most 120"),
        ({"SESSION_PERMANENT": "yes"}, "SESSION_PERMANENT = 'yes': not a boolean"),
        ({"SESSION_TOUCH_INTERVAL": -1}, "SESSION_TOUCH_INTERVAL = -1: out of range"),
        ({"SESSION_MAX_BYTES": 1}, "SESSION_MAX_BYTES = 1: out of range"),
        ({"SESSION_CONFLICT": "ours"}, "SESSION_CONFLICT = 'ours': not a known value"),
        ({"SESSION_CACHE_CONTROL": 5}, "SESSION_CACHE_CONTROL = 5: not a text"),
        ({"SESSION_CACHE_CONTROL": ""}, "SESSION_CACHE_CONTROL = '': not a text"),
        ({"SESSION_CACHE_CONTROL": "no-store\n"}, "SESSION_CACHE_CONTROL = .*printable ASCII"),
    ],
    ids=lambda value: next(iter(value)) if isinstance(value, dict) else "",
)
def test_a_wrong_setting_is_an_error_at_start(config: dict[str, Any], message: str) -> None:
    with pytest.raises(ConfigurationError, match=message):
        start(**config)


def test_what_is_left_at_its_default_is_not_checked() -> None:
    @dataclass(frozen=True)
    class Own(Settings):
        client: object = setting("SESSION_OWN", None, check=text)

    assert Own.load({}).client is None
    with pytest.raises(ConfigurationError, match="SESSION_OWN = 5: not a text"):
        Own.load({"SESSION_OWN": 5})


@pytest.mark.parametrize(
    ("config", "attribute", "expected"),
    [
        ({"SESSION_KEY_PREFIX": ""}, "key_prefix", ""),
        ({"SESSION_PERMANENT": 0}, "permanent", False),
        ({"SESSION_USE_SIGNER": 0}, "use_signer", False),
        ({"SESSION_CLEANUP_N_REQUESTS": 0}, "cleanup_n_requests", 0),
    ],
)
def test_what_0_8_took_for_off_is_off(
    config: dict[str, Any], attribute: str, expected: object
) -> None:
    value = getattr(start(**config).session_interface, attribute)
    assert (type(value), value) == (type(expected), expected)


def test_a_lifetime_of_half_a_second_is_a_second() -> None:
    # It was accepted while the message said "from 1 second".
    app = start(PERMANENT_SESSION_LIFETIME=timedelta(seconds=0.5))
    assert lifetimes_of(app.session_interface, app).idle == 1  # type: ignore[arg-type]


@pytest.mark.parametrize("lifetime", [1800, 1799.5, timedelta(seconds=1800)])
def test_a_lifetime_may_be_any_number_of_seconds(lifetime: Any) -> None:
    app = start(PERMANENT_SESSION_LIFETIME=lifetime)
    assert lifetimes_of(app.session_interface, app).idle == 1800  # type: ignore[arg-type]


@pytest.mark.parametrize("lifetime", [float("nan"), float("inf"), 1e300, -1.0, 0.0, "1800"])
def test_a_lifetime_that_is_none_is_refused(lifetime: Any) -> None:
    with pytest.raises(ConfigurationError, match="PERMANENT_SESSION_LIFETIME"):
        start(PERMANENT_SESSION_LIFETIME=lifetime)


def test_configuration_errors_are_value_errors() -> None:
    assert issubclass(ConfigurationError, ValueError)


def test_the_constructor_checks_the_signer_too() -> None:
    with pytest.raises(ConfigurationError, match="SESSION_USE_SIGNER = 'yes'"):
        MemorySessionInterface(start(), use_signer="yes")


@pytest.mark.parametrize("length", [4, 97, "32"])
def test_the_constructor_checks_the_length_of_ids_too(length: Any) -> None:
    # A short id was given to the browser, and refused when it came back.
    with pytest.raises(ConfigurationError, match="SESSION_ID_LENGTH"):
        MemorySessionInterface(start(), sid_length=length)


@pytest.mark.parametrize("prefix", ["sessión:", "a b:", "p" * 130])
def test_the_constructor_checks_the_prefix_too(prefix: str) -> None:
    with pytest.raises(ConfigurationError, match="SESSION_KEY_PREFIX"):
        MemorySessionInterface(start(), key_prefix=prefix)


def test_the_prefix_may_be_empty_as_in_0_8() -> None:
    app = start(SESSION_KEY_PREFIX="")
    interface: Any = app.session_interface
    with app.test_client().session_transaction() as opened:
        opened["user"] = "alice"
        sid = opened.sid  # type: ignore[attr-defined]
    assert interface.store.load(sid)


def test_any_store_that_can_purge_does_so_every_so_many_requests() -> None:
    """The setting was read by SQLAlchemy alone, while files needed it as much."""
    app = start(SESSION_CLEANUP_N_REQUESTS=1)
    store: MemoryStore = app.session_interface.store  # type: ignore[attr-defined]
    store.clock = lambda: 1_600_000_000
    store.create("session:gone", b"data", 60)
    del store.clock
    app.test_client().get("/nowhere")
    assert store.purge() == 0


def test_while_sessions_move_both_stores_are_cleaned_up() -> None:
    old, new = MemoryStore(), MemoryStore()
    for store in (old, new):
        store.create("session:old", b"data", 1)
        store.clock = lambda: 4e9
    former = {"SESSION_TYPE": "memory", "SESSION_MEMORY": old}
    app = start(SESSION_MEMORY=new, SESSION_MIGRATE_FROM=former, SESSION_CLEANUP_N_REQUESTS=1)
    app.test_client().get("/nowhere")
    assert (old._records, new._records) == ({}, {})


@pytest.mark.parametrize(
    ("former", "message"),
    [
        ({"SESSION_TYPE": "nope"}, "SESSION_TYPE = 'nope'"),
        ({"SESSION_TYPE": "memory", "SESSION_KEY_PREFIX": 5}, "SESSION_KEY_PREFIX = 5"),
    ],
)
def test_a_wrong_setting_of_a_former_store_is_said_to_be_one(
    former: dict[str, Any], message: str
) -> None:
    # The app's own setting of that name, which is right, was blamed.
    with pytest.raises(ConfigurationError, match=f"^SESSION_MIGRATE_FROM: {message}"):
        start(SESSION_MIGRATE_FROM=former)


@pytest.mark.parametrize(
    ("former", "message"),
    [
        (
            {"SESSION_REDIS": "redis://localhost"},
            "SESSION_MIGRATE_FROM has no SESSION_TYPE. Add it: ",
        ),
        ("redis", "SESSION_MIGRATE_FROM is of type str: "),
    ],
)
def test_what_describes_no_former_store_is_said_to(former: object, message: str) -> None:
    # Of a dict without SESSION_TYPE it was said that it is 'dict'.
    with pytest.raises(ConfigurationError, match=f"^{message}"):
        start(SESSION_MIGRATE_FROM=former)
