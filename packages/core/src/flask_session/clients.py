"""What backends say about the client of a library that is to keep the sessions."""

from __future__ import annotations

import warnings
from collections.abc import Iterable, Mapping

from .errors import ConfigurationError

ENCODED_PASSWORD = (
    "its password, whose special characters have to be %-encoded, as "
    "urllib.parse.quote(password, safe='') writes them"
)
"""What to look at in a URL that may not be shown."""


def fallback(key: str, address: str) -> str:
    """Answer the address to use where ``key`` is unset, with a warning, as Flask-Session 0.8 did.

    The warning points to where the interface was made that called the caller of this.
    """
    warnings.warn(f"{key} is not set: using {address}", RuntimeWarning, stacklevel=4)
    return address


def refused(key: str, value: object, problem: str, remedy: str) -> ConfigurationError:
    """Build the error for an object that may hold secrets; only its type is shown."""
    return ConfigurationError(f"{key} is of type {kind_of(value)}: {problem}. {remedy}")


def kind_of(value: object) -> str:
    """Name the type of an object, with its module."""
    kind = type(value)
    return f"{kind.__module__}.{kind.__qualname__}".removeprefix("builtins.")


def without_secrets(url: object) -> str:
    """Answer what of a URL may be shown.

    The rest may hold a password, and so may the message of a library that could not read it.
    """
    scheme, separator, _ = str(url).partition("://")
    return f"{scheme}://…" if separator else "…"


def check_app(kind: type, app: object) -> None:
    """Refuse what stood first in Flask-Session 0.4 to 0.6: the client, or a directory."""
    if app is not None and not isinstance(getattr(app, "config", None), Mapping):
        message = "the first argument is the app, as since Flask-Session 0.7; the client comes next"
        raise TypeError(f"{kind.__name__}: {message}, by its name: client=…")


def without_store(kind: type, hooks: Iterable[str]) -> TypeError:
    """Build the error for an interface that skips the constructor of its backend, or has none."""
    backends = [base.__name__ for base in kind.__mro__[1:] if "from_app" in vars(base)][:-1]
    remedy = f"pass one, or override all of {', '.join(hooks)}"
    if backends:
        remedy = f"call {backends[0]}.__init__, which connects to nothing and makes no table"
    return TypeError(f"{kind.__name__} has no store: {remedy}")
