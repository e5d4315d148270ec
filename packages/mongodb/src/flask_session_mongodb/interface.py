"""Sessions in MongoDB for a Flask application."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

from flask import Flask
from flask_session.clients import check_app
from flask_session.config import Settings, setting
from flask_session.interface import ServerSideSessionInterface
from flask_session.session import ServerSideSession
from pymongo import MongoClient

from .client import connect
from .names import collection_name, database_name, fit_together
from .store import MongoDBStore


class MongoDBSession(ServerSideSession):
    """The session of a request, kept in MongoDB."""


@dataclass(frozen=True)
class MongoDBSettings(Settings):
    """The settings of this backend."""

    client: Any = setting(
        "SESSION_MONGODB",
        None,
        doc="A pymongo.MongoClient, or a URL. Unset: ``mongodb://localhost:27017/``, with a "
        "warning.",
    )
    db: str = setting(
        "SESSION_MONGODB_DB", "flask_session", check=database_name, doc="The name of the database."
    )
    collection: str = setting(
        "SESSION_MONGODB_COLLECT",
        "sessions",
        check=collection_name,
        doc="The name of the collection.",
    )


class MongoDBSessionInterface(ServerSideSessionInterface):
    """Keep the sessions of ``app`` in MongoDB; the arguments are those of Flask-Session 0.8."""

    session_class: type[ServerSideSession] = MongoDBSession
    settings_class: ClassVar[type[Settings]] = MongoDBSettings

    def __init__(
        self,
        app: Flask,
        client: MongoClient[Any] | str | None = None,
        key_prefix: str = "session:",
        use_signer: bool | str | None = None,
        permanent: bool = True,
        sid_length: int = 32,
        serialization_format: str = "msgpack",
        db: str = "flask_session",
        collection: str = "sessions",
    ) -> None:
        check_app(type(self), app)
        self.client: MongoClient[Any] = connect(client)
        database_name("SESSION_MONGODB_DB", db)
        collection_name("SESSION_MONGODB_COLLECT", collection)
        fit_together(db, collection)
        owned = self.client is not client
        super().__init__(
            app,
            key_prefix,
            use_signer,
            permanent,
            sid_length,
            serialization_format,
            store=MongoDBStore(self.client, db, collection, owns_client=owned),
        )

    @classmethod
    def from_app(cls, app: Flask) -> MongoDBSessionInterface:
        """Read the settings of ``app``; raises ConfigurationError."""
        settings = MongoDBSettings.load(app.config)
        return cls(
            app,
            settings.client,
            db=settings.db,
            collection=settings.collection,
            **cls.common_arguments(app),
        )
