"""Sessions in DynamoDB for a Flask application."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

from flask import Flask
from flask_session.config import Settings, flag, setting
from flask_session.interface import ServerSideSessionInterface
from flask_session.session import ServerSideSession

from .client import connect
from .store import DynamoDBStore
from .table import check_name


class DynamoDBSession(ServerSideSession):
    """The session of a request, kept in DynamoDB."""


@dataclass(frozen=True)
class DynamoDBSettings(Settings):
    """The settings of this backend."""

    client: Any = setting(
        "SESSION_DYNAMODB",
        None,
        doc="A resource or client of boto3, or the URL of an endpoint. Unset: "
        "``http://localhost:8000``, with a warning.",
    )
    table_name: str = setting(
        "SESSION_DYNAMODB_TABLE", "Sessions", check=check_name, doc="The name of the table."
    )
    documented_name: str | None = setting(
        "SESSION_DYNAMODB_TABLE_NAME",
        None,
        check=check_name,
        doc="The name of the table, by the key that the documentation of 0.8 gave it.",
    )
    table_exists: bool = setting(
        "SESSION_DYNAMODB_TABLE_EXISTS",
        False,
        check=flag,
        doc="The table is there: never try to make it.",
    )


class DynamoDBSessionInterface(ServerSideSessionInterface):
    """Keep the sessions of ``app`` in DynamoDB; the arguments are those of Flask-Session 0.8."""

    session_class: type[ServerSideSession] = DynamoDBSession
    settings_class: ClassVar[type[Settings]] = DynamoDBSettings

    def __init__(
        self,
        app: Flask,
        client: Any = None,
        key_prefix: str = "session:",
        use_signer: bool | str | None = None,
        permanent: bool = True,
        sid_length: int = 32,
        serialization_format: str = "msgpack",
        table_name: str = "Sessions",
        table_exists: bool = False,
    ) -> None:
        self.client: Any
        self.client, low_level = connect(client)
        check_name("SESSION_DYNAMODB_TABLE", table_name)
        store = DynamoDBStore(
            self.client,
            table_name,
            table_exists=table_exists,
            low_level=low_level,
            owns_client=low_level is not None,
        )
        super().__init__(
            app,
            key_prefix,
            use_signer,
            permanent,
            sid_length,
            serialization_format,
            store=store,
        )

    @classmethod
    def from_app(cls, app: Flask) -> DynamoDBSessionInterface:
        """Read the settings of ``app``; raises ConfigurationError."""
        settings = DynamoDBSettings.load(app.config)
        return cls(
            app,
            settings.client,
            table_name=settings.documented_name or settings.table_name,
            table_exists=settings.table_exists,
            **cls.common_arguments(app),
        )
