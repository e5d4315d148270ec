"""The import path of Flask-Session 0.7 and 0.8 for SqlAlchemySessionInterface."""

from .sqlalchemy import SqlAlchemySession, SqlAlchemySessionInterface

__all__ = ["SqlAlchemySession", "SqlAlchemySessionInterface"]
