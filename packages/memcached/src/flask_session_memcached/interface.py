"""Sessions in Memcached for a Flask application."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

from flask import Flask
from flask_session.clients import check_app
from flask_session.config import Settings, setting
from flask_session.interface import ServerSideSessionInterface
from flask_session.session import ServerSideSession

from .client import connect
from .store import MemcachedStore


class MemcachedSession(ServerSideSession):
    """The session of a request, kept in Memcached."""


@dataclass(frozen=True)
class MemcachedSettings(Settings):
    """The settings of this backend."""

    client: Any = setting(
        "SESSION_MEMCACHED",
        None,
        doc="host:port, or several with commas between them, also behind ``memcached://``, or a "
        "client of pymemcache. Unset: ``127.0.0.1:11211``, with a warning.",
    )


class MemcachedSessionInterface(ServerSideSessionInterface):
    """Keep the sessions of ``app`` in Memcached; the arguments are those of Flask-Session 0.8."""

    session_class: type[ServerSideSession] = MemcachedSession
    settings_class: ClassVar[type[Settings]] = MemcachedSettings

    def __init__(
        self,
        app: Flask,
        client: Any = None,
        key_prefix: str = "session:",
        use_signer: bool | str | None = None,
        permanent: bool = True,
        sid_length: int = 32,
        serialization_format: str = "msgpack",
    ) -> None:
        check_app(type(self), app)
        self.client: Any = connect(client)
        super().__init__(
            app,
            key_prefix,
            use_signer,
            permanent,
            sid_length,
            serialization_format,
            store=MemcachedStore(self.client),
        )

    @classmethod
    def from_app(cls, app: Flask) -> MemcachedSessionInterface:
        """Read the settings of ``app``; raises ConfigurationError."""
        settings = MemcachedSettings.load(app.config)
        return cls(app, settings.client, **cls.common_arguments(app))
