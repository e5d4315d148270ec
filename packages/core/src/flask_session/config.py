"""Settings as data: each is one dataclass field with its key, default, check and description.

A backend declares its own settings in the same way::

    @dataclass(frozen=True)
    class RedisSettings(Settings):
        client: Redis | None = setting("SESSION_REDIS", None, doc="A redis-py client or a URL.")

    settings = RedisSettings.load(app.config)
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, fields
from datetime import timedelta
from typing import Any, TypeVar

from .errors import ConfigurationError
from .web.signers import SignerMode

Check = Callable[[str, Any], Any]
"""Takes the key and the value, answers the value to use or raises ConfigurationError."""

LONGEST_LIFETIME = timedelta(days=400)
SettingsT = TypeVar("SettingsT", bound="Settings")


def setting(key: str, default: Any, *, check: Check | None = None, doc: str = "") -> Any:
    """Declare a field that is read from ``app.config[key]``."""
    return field(default=default, metadata={"key": key, "check": check, "doc": doc})


def wrong(key: str, value: object, problem: str, remedy: str) -> ConfigurationError:
    """Build the error for a wrong setting; pass ``value`` without secrets."""
    return ConfigurationError(f"{key} = {value!r}: {problem}. {remedy}")


@dataclass(frozen=True)
class Settings:
    """Read and check the settings declared by a subclass."""

    @classmethod
    def load(cls: type[SettingsT], config: Mapping[str, Any]) -> SettingsT:
        """Read every declared key; absent keys take their default. Raises ConfigurationError."""
        return cls(**{item.name: read(item.metadata, config, item.default) for item in fields(cls)})


def read(metadata: Mapping[str, Any], config: Mapping[str, Any], default: Any) -> Any:
    """Read one declared setting and check it, unless it was left at its default."""
    key, check = metadata["key"], metadata["check"]
    value = config.get(key, default)
    if check is None or value is default:
        return value
    return check(key, value)


def text(key: str, value: Any) -> str:
    """Accept a non-empty string."""
    if not isinstance(value, str) or not value:
        raise wrong(key, value, "not a text", "Set it to a non-empty string.")
    return value


def header_text(key: str, value: Any) -> str:
    """Accept what may stand in a header: printable ASCII."""
    if not (text(key, value).isascii() and value.isprintable()):
        raise wrong(key, value, "not printable ASCII", "Set it to the value of one header.")
    return str(value)


def check_key_prefix(key: str, value: Any) -> str:
    """Accept what every store takes at the beginning of a key, with room for the longest id."""
    if not isinstance(value, str):
        raise wrong(key, value, "not a text", "Set it to a text.")
    if not re.fullmatch(r"[!-~]{0,120}", value):
        remedy = "Set it to at most 120 characters of printable ASCII without space."
        raise wrong(key, value, "not all printable ASCII, or too long", remedy)
    return value


def flag(key: str, value: Any) -> bool:
    """Accept ``True`` or ``False``, and 1 or 0 for them."""
    if not isinstance(value, int) or value not in (0, 1):
        raise wrong(key, value, "not a boolean", "Set it to True or False.")
    return bool(value)


def whole_number(minimum: int, maximum: int | None = None) -> Check:
    """Make a check for an integer of at least ``minimum``, at most ``maximum``."""
    span = f"at least {minimum}" if maximum is None else f"from {minimum} to {maximum}"

    def check(key: str, value: Any) -> int:
        if not isinstance(value, int) or isinstance(value, bool):
            raise wrong(key, value, "not a whole number", f"Set it to a whole number {span}.")
        if value < minimum or (maximum is not None and value > maximum):
            raise wrong(key, value, "out of range", f"Set it to a whole number {span}.")
        return value

    return check


def one_of(*choices: Any) -> Check:
    """Make a check for one of a few values; it answers that one, ``True`` for a 1.

    ``app.config.from_prefixed_env()`` makes a number of a text like "0.8", which is the text here.
    """
    names = ", ".join(repr(choice) for choice in choices)

    def check(key: str, value: Any) -> Any:
        text = str(value) if isinstance(value, float) else value
        for choice in choices:
            if choice in (value, text):
                return choice
        raise wrong(key, value, "not a known value", f"Set it to one of {names}.")

    return check


def lifetime_seconds(key: str, value: Any) -> int:
    """Accept a timedelta or seconds above 0, to 400 days; answer whole seconds, rounded up."""
    span = value
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        # So large a number, and what is none, do not fit into a timedelta.
        span = timedelta(seconds=value) if abs(value) < 2**40 else timedelta.max
    if not isinstance(span, timedelta):
        raise wrong(key, value, "not a time span", "Set it to a timedelta or to seconds.")
    if not timedelta(0) < span <= LONGEST_LIFETIME:
        problem = "not above 0 seconds and up to 400 days"
        raise wrong(key, value, problem, "Set it to a timedelta or to seconds within that range.")
    return math.ceil(span.total_seconds())


def optional(check: Check) -> Check:
    """Make a check that also accepts ``None``."""
    return lambda key, value: None if value is None else check(key, value)


signer_mode: Check = one_of(None, True, False, "0.8")
id_bytes: Check = whole_number(16, 96)


@dataclass(frozen=True)
class CoreSettings(Settings):
    """The settings that every backend shares."""

    key_prefix: str = setting(
        "SESSION_KEY_PREFIX",
        "session:",
        check=check_key_prefix,
        doc="What stands before the session id in the store's key. Printable ASCII.",
    )
    use_signer: SignerMode = setting(
        "SESSION_USE_SIGNER",
        None,
        check=signer_mode,
        doc="Unset: sign when SECRET_KEY is set, and accept unsigned cookies of records that were "
        "never signed. True: signed cookies only. False: never sign. '0.8': sign as 0.8 did.",
    )
    permanent: bool = setting(
        "SESSION_PERMANENT",
        True,
        check=flag,
        doc="Whether the cookie of a new session outlives the browser's session.",
    )
    sid_length: int = setting(
        "SESSION_ID_LENGTH",
        32,
        check=id_bytes,
        doc="Random bytes in a session id.",
    )
    serialization_format: str = setting(
        "SESSION_SERIALIZATION_FORMAT",
        "msgpack",
        check=one_of("msgpack", "json"),
        doc="What records are written in; both are read.",
    )
    absolute_lifetime: int | None = setting(
        "SESSION_ABSOLUTE_LIFETIME",
        None,
        check=optional(lifetime_seconds),
        doc="A timedelta or seconds after which a session ends however active it is; not less than "
        "PERMANENT_SESSION_LIFETIME, which is 31 days by default.",
    )
    touch_interval: int | None = setting(
        "SESSION_TOUCH_INTERVAL",
        None,
        check=optional(whole_number(0)),
        doc="Seconds between two renewals of the idle lifetime, at most half of it; None: a tenth "
        "of it, at most 60.",
    )
    max_bytes: int | None = setting(
        "SESSION_MAX_BYTES",
        None,
        check=optional(whole_number(256)),
        doc="The largest encoded session; unset: 16 MiB, or less where the backend keeps less.",
    )
    cache_control: str | None = setting(
        "SESSION_CACHE_CONTROL",
        "private, no-store",
        check=optional(header_text),
        doc="Cache-Control of answers whose view looked at the session and set none; None: none.",
    )
    conflict: str = setting(
        "SESSION_CONFLICT",
        "merge",
        check=one_of("merge", "error"),
        doc="What two simultaneous changes do: merge key by key, or answer 409 to the later; "
        "session.clear() is never refused.",
    )
    regenerate_on_login: bool = setting(
        "SESSION_REGENERATE_ON_LOGIN",
        True,
        check=flag,
        doc="Renew the session id when Flask-Login logs a user in.",
    )
    legacy_pickle: str = setting(
        "SESSION_LEGACY_PICKLE",
        "convert",
        check=one_of("convert", "clear"),
        doc="What the pickles of 0.4 to 0.6, and of files, are: read without running them and "
        "converted at their first change, or no session.",
    )
    migrate_from: dict[str, Any] | None = setting(
        "SESSION_MIGRATE_FROM",
        None,
        doc="The settings of a former store, from which each session moves at its first look.",
    )
    cleanup_n_requests: int | None = setting(
        "SESSION_CLEANUP_N_REQUESTS",
        None,
        check=optional(whole_number(0)),
        doc="Remove expired records about every N requests, where the database does not by itself; "
        "None or 0: never.",
    )


def check_lifetimes(config: Mapping[str, Any], settings: CoreSettings) -> None:
    """Check what depends on two settings, or on one of Flask's own."""
    key = "PERMANENT_SESSION_LIFETIME"
    idle = lifetime_seconds(key, config.get(key, timedelta(days=31)))
    absolute = settings.absolute_lifetime
    if absolute is not None and absolute < idle:
        key, problem = "SESSION_ABSOLUTE_LIFETIME", f"shorter than {key}, which is {idle} s"
        raise wrong(key, config[key], problem, "Raise it, or lower PERMANENT_SESSION_LIFETIME.")
