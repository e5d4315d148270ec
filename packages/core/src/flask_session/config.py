"""Settings as data: each is one dataclass field with its key, default, check and description.

A backend declares its own settings in the same way::

    @dataclass(frozen=True)
    class RedisSettings(Settings):
        client: Redis | None = setting("SESSION_REDIS", None, doc="A redis-py client or a URL.")

    settings = RedisSettings.load(app.config)
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, fields
from datetime import timedelta
from typing import Any, TypeVar

from .errors import ConfigurationError

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


def flag(key: str, value: Any) -> bool:
    """Accept ``True`` or ``False``."""
    if not isinstance(value, bool):
        raise wrong(key, value, "not a boolean", "Set it to True or False.")
    return value


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
    """Make a check for one of a few values."""
    names = ", ".join(repr(choice) for choice in choices)

    def check(key: str, value: Any) -> Any:
        if not any(value is choice or value == choice for choice in choices):
            raise wrong(key, value, "not a known value", f"Set it to one of {names}.")
        return value

    return check
