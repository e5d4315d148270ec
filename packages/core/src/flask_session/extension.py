"""``Session(app)``: find the backend that ``SESSION_TYPE`` names and hand it the app."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from importlib.metadata import EntryPoint, PackageNotFoundError, entry_points, metadata
from typing import TYPE_CHECKING

from .clients import refused
from .config import wrong
from .errors import ConfigurationError
from .interface import ServerSideSessionInterface
from .migration.moving import Route
from .runtime import lifetimes_of

if TYPE_CHECKING:
    from flask import Flask

GROUP = "flask_session.backends"
MEANT = {
    "valkey": "redis",
    **dict.fromkeys(("postgresql", "postgres", "mysql", "mariadb", "sqlite"), "sqlalchemy"),
    "mongo": "mongodb",
    **dict.fromkeys(("files", "file"), "cachelib"),
}
"""Names of databases that are easily taken for a backend's, each with the backend for it."""
WITHOUT_TYPE = (
    'SESSION_MIGRATE_FROM has no SESSION_TYPE. Add it: {"SESSION_TYPE": "redis", …}, with the type '
    "that the former store had."
)


class Session:
    """Give an app server-side sessions, at once or later with :meth:`init_app`.

    Nothing is read or written: the app starts while the store is down. A wrong setting raises
    :class:`~flask_session.errors.ConfigurationError`, which is a ValueError, here.
    """

    def __init__(self, app: Flask | None = None) -> None:
        self.app = app
        if app is not None:
            self.init_app(app)

    def init_app(self, app: Flask) -> None:
        """Set ``app.session_interface`` and add the ``flask session`` commands."""
        app.session_interface = self._get_interface(app)

    def _get_interface(self, app: Flask) -> ServerSideSessionInterface:
        return find_backend(app.config.get("SESSION_TYPE")).from_app(app)


def installed_backends() -> dict[str, EntryPoint]:
    """Answer the backends that installed packages offer, by the name SESSION_TYPE takes."""
    return {entry.name: entry for entry in entry_points(group=GROUP)}


def find_backend(name: object) -> type[ServerSideSessionInterface]:
    """Load the session interface that ``SESSION_TYPE`` names. Raises ConfigurationError."""
    backends = installed_backends()
    wanted = name.strip().lower() if isinstance(name, str) else ""
    entry = backends.get(wanted)
    if entry is None:
        raise _unknown(name, wanted, sorted(backends))
    interface = entry.load()
    if not (isinstance(interface, type) and issubclass(interface, ServerSideSessionInterface)):
        raise wrong(
            "SESSION_TYPE", name, f"its entry point {entry.value} is no session interface",
            "Update or remove the package that offers it.",
        )  # fmt: skip
    return interface


def route_to(app: Flask, interface: ServerSideSessionInterface, former: object) -> Route:
    """Build the way from the store that ``SESSION_MIGRATE_FROM`` describes to the app's own."""
    if not isinstance(former, Mapping):
        raise refused(
            "SESSION_MIGRATE_FROM", former, "it does not describe a store",
            "Set it to a dict of the former settings: SESSION_TYPE and what differs from now.",
        )  # fmt: skip
    if "SESSION_TYPE" not in former:
        raise ConfigurationError(WITHOUT_TYPE)
    try:
        with configured(app, former):
            old = find_backend(app.config["SESSION_TYPE"]).from_app(app)
    except ConfigurationError as error:
        # The app may have a setting of the same name, which is right.
        raise ConfigurationError(f"SESSION_MIGRATE_FROM: {error}") from error
    idle = lifetimes_of(interface, app).idle
    return Route(old.store, interface.store, old.key_prefix, interface.key_prefix, idle)


@contextmanager
def configured(app: Flask, former: Mapping[str, object]) -> Iterator[None]:
    """Let the app have its former settings, while it starts.

    Another app would not do: a Flask-SQLAlchemy object knows the app that it was made for.
    """
    present = app.config
    app.config = app.config_class(app.root_path, present)
    app.config.update({**former, "SESSION_MIGRATE_FROM": None})
    try:
        yield
    finally:
        app.config = present


def _unknown(name: object, wanted: str, installed: list[str]) -> ConfigurationError:
    missing = [backend for backend in official_backends() if backend not in installed]
    meant = MEANT.get(wanted, wanted)
    if meant in (*installed, *missing):
        return _meant(name, meant, renamed=meant != wanted, missing=meant in missing)
    problem = "no backend is chosen" if name in (None, "null") else "no such backend"
    installed_ones = f"installed are {', '.join(installed) or 'none'}"
    return wrong("SESSION_TYPE", name, f"{problem}; {installed_ones}", _remedy(missing))


def _meant(name: object, meant: str, *, renamed: bool, missing: bool) -> ConfigurationError:
    install = f'pip install "flask-session[{meant}]"'
    if not renamed:
        problem, remedy = "that backend is not installed", f"Install it with {install}"
    else:
        problem = f"no such backend; the one for it is {meant!r}"
        remedy = f'Set SESSION_TYPE = "{meant}"' + (f" and {install}" if missing else "")
    return wrong("SESSION_TYPE", name, problem, f"{remedy}.")


def _remedy(missing: list[str]) -> str:
    remedy = "Set SESSION_TYPE to one of these"
    if missing:
        others = ", ".join(missing)
        remedy += f', or install another with pip install "flask-session[…]": {others}'
    return f"{remedy}."


def official_backends() -> list[str]:
    """Answer the extras of this distribution: one per backend the project maintains."""
    try:
        extras = metadata("flask-session").get_all("Provides-Extra") or []
    except PackageNotFoundError:  # run from a source tree that is not installed
        extras = []
    return sorted(set(extras) - {"all"}) or ["redis"]
