"""The deep import path of Flask-Session 0.7 and 0.8."""

from typing import TYPE_CHECKING

from ..compat.oldnames import from_backend

if TYPE_CHECKING:
    from flask_session_sqlalchemy import (
        SqlAlchemySession,
        SqlAlchemySessionInterface,
        create_session_model,
    )
else:
    SqlAlchemySession = from_backend("sqlalchemy", "SqlAlchemySession")
    SqlAlchemySessionInterface = from_backend("sqlalchemy", "SqlAlchemySessionInterface")
    create_session_model = from_backend("sqlalchemy", "create_session_model")

__all__ = ["SqlAlchemySession", "SqlAlchemySessionInterface", "create_session_model"]
