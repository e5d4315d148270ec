"""Sessions in Redis for a Flask application."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

from flask import Flask
from flask_session.clients import check_app
from flask_session.config import Settings, setting, text
from flask_session.interface import ServerSideSessionInterface
from flask_session.session import ServerSideSession

from .client import Client, connect, sentinel
from .store import RedisStore


class RedisSession(ServerSideSession):
    """The session of a request, kept in Redis."""


@dataclass(frozen=True)
class RedisSettings(Settings):
    """The settings of this backend."""

    client: Any = setting(
        "SESSION_REDIS",
        None,
        doc="A client of redis-py or valkey-py, or a URL. Unset, without a Sentinel: "
        "``redis://localhost:6379/0``, with a warning.",
    )
    sentinel: Any = setting(
        "SESSION_REDIS_SENTINEL",
        None,
        check=sentinel,
        doc="A Sentinel object, in place of SESSION_REDIS.",
    )
    master_set: str = setting(
        "SESSION_REDIS_SENTINEL_MASTER_SET",
        "mymaster",
        check=text,
        doc="The name under which the sentinels watch the primary.",
    )


class RedisSessionInterface(ServerSideSessionInterface):
    """Keep the sessions of ``app`` in Redis; the arguments are those of Flask-Session 0.8."""

    session_class: type[ServerSideSession] = RedisSession
    settings_class: ClassVar[type[Settings]] = RedisSettings

    def __init__(
        self,
        app: Flask,
        client: Client | str | None = None,
        key_prefix: str = "session:",
        use_signer: bool | str | None = None,
        permanent: bool = True,
        sid_length: int = 32,
        serialization_format: str = "msgpack",
    ) -> None:
        check_app(type(self), app)
        self.client: Client = connect(client)
        super().__init__(
            app,
            key_prefix,
            use_signer,
            permanent,
            sid_length,
            serialization_format,
            store=RedisStore(self.client, owns_client=self.client is not client),
        )

    @classmethod
    def from_app(cls, app: Flask) -> RedisSessionInterface:
        """Read the settings of ``app``; raises ConfigurationError."""
        settings = RedisSettings.load(app.config)
        client = settings.client
        if client is None and settings.sentinel is not None:
            client = settings.sentinel.master_for(settings.master_set)
        return cls(app, client, **cls.common_arguments(app))

    @property
    def redis(self) -> Client:
        """The client, by its name of Flask-Session 0.4 to 0.6."""
        return self.client
