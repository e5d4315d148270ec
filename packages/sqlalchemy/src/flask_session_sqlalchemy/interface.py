"""Sessions in a SQL database for a Flask application."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

from flask import Flask
from flask_session.config import Settings, flag, optional, setting, text
from flask_session.interface import ServerSideSessionInterface
from flask_session.session import ServerSideSession
from sqlalchemy.engine import URL

from .client import Client, connect
from .model import create_session_model
from .store import SqlAlchemyStore


class SqlAlchemySession(ServerSideSession):
    """The session of a request, kept in a SQL database."""


@dataclass(frozen=True)
class SqlAlchemySettings(Settings):
    """The settings of this backend."""

    client: Any = setting(
        "SESSION_SQLALCHEMY",
        None,
        doc="A URL, an Engine, or a Flask-SQLAlchemy object. Unset: the app's Flask-SQLAlchemy "
        "object, else ``SQLALCHEMY_DATABASE_URI``, with a warning.",
    )
    table: str = setting(
        "SESSION_SQLALCHEMY_TABLE", "sessions", check=text, doc="The name of the table."
    )
    sequence: str | None = setting(
        "SESSION_SQLALCHEMY_SEQUENCE",
        None,
        check=optional(text),
        doc="The sequence that numbers the rows, where the database needs one.",
    )
    schema: str | None = setting(
        "SESSION_SQLALCHEMY_SCHEMA", None, check=optional(text), doc="The schema of the table."
    )
    bind_key: str | None = setting(
        "SESSION_SQLALCHEMY_BIND_KEY",
        None,
        check=optional(text),
        doc="Which of SQLALCHEMY_BINDS to use, with a Flask-SQLAlchemy object.",
    )
    table_exists: bool = setting(
        "SESSION_SQLALCHEMY_TABLE_EXISTS",
        False,
        check=flag,
        doc="The table is made by other means: never look for it or create it.",
    )


class SqlAlchemySessionInterface(ServerSideSessionInterface):
    """Keep the sessions of ``app`` in a table; the arguments are those of Flask-Session 0.8.

    ``client`` is the Flask-SQLAlchemy object if the sessions are in its database, else the engine.
    ``sql_session_model`` is the model of the table, for queries with a session of the app's own.
    """

    session_class: type[ServerSideSession] = SqlAlchemySession
    settings_class: ClassVar[type[Settings]] = SqlAlchemySettings
    ttl = False

    def __init__(
        self,
        app: Flask,
        client: Client | URL | str | None = None,
        key_prefix: str = "session:",
        use_signer: bool | str | None = None,
        permanent: bool = True,
        sid_length: int = 32,
        serialization_format: str = "msgpack",
        table: str = "sessions",
        sequence: str | None = None,
        schema: str | None = None,
        bind_key: str | None = None,
        cleanup_n_requests: int | None = None,
        table_exists: bool = False,
    ) -> None:
        connected = connect(app, client, bind_key)
        self.client: Client = connected.client
        self.sql_session_model: Any = create_session_model(
            connected.flask_sqlalchemy, table, schema, bind_key, sequence
        )
        super().__init__(
            app,
            key_prefix,
            use_signer,
            permanent,
            sid_length,
            serialization_format,
            cleanup_n_requests,
            store=SqlAlchemyStore(
                connected.engine,
                self.sql_session_model.__table__,
                table_exists=table_exists,
                dialect=connected.dialect,
            ),
        )

    @classmethod
    def from_app(cls, app: Flask) -> SqlAlchemySessionInterface:
        """Read the settings of ``app``; raises ConfigurationError."""
        settings = SqlAlchemySettings.load(app.config)
        return cls(
            app,
            settings.client,
            table=settings.table,
            sequence=settings.sequence,
            schema=settings.schema,
            bind_key=settings.bind_key,
            table_exists=settings.table_exists,
            **cls.common_arguments(app),
        )

    @property
    def db(self) -> Client:
        """The client, by its name of Flask-Session 0.4 to 0.6."""
        return self.client
