"""Sessions in Nutshell for a Flask application."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from flask import Flask
from flask_session.config import Settings, setting, wrong
from flask_session.interface import ServerSideSessionInterface
from flask_session.session import ServerSideSession

from .store import Client, NutshellStore


def client_of(key: str, value: object) -> Client:
    """Accept what can hold the records; a wrong object is an error when the app starts."""
    if not isinstance(value, dict):
        raise wrong(key, type(value).__name__, "not a dictionary", "Set it to a dictionary.")
    return value


class NutshellSession(ServerSideSession):
    """The session of a request, kept in Nutshell."""


@dataclass(frozen=True)
class NutshellSettings(Settings):
    """The settings of this backend."""

    client: Client | None = setting(
        "SESSION_NUTSHELL", None, check=client_of, doc="The dictionary that holds the records."
    )


class NutshellSessionInterface(ServerSideSessionInterface):
    """Keep the sessions of ``app`` in Nutshell."""

    session_class: type[ServerSideSession] = NutshellSession
    settings_class: ClassVar[type[Settings]] = NutshellSettings

    @classmethod
    def from_app(cls, app: Flask) -> NutshellSessionInterface:
        """Build the interface from ``app.config``, without connecting to anything."""
        settings = NutshellSettings.load(app.config)
        store = NutshellStore({} if settings.client is None else settings.client)
        return cls(app, **cls.common_arguments(app), store=store)
