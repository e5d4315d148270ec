"""Server-side sessions for Flask in SQL databases, through SQLAlchemy."""

from .interface import SqlAlchemySession, SqlAlchemySessionInterface
from .model import create_session_model
from .store import SqlAlchemyStore

__all__ = [
    "SqlAlchemySession",
    "SqlAlchemySessionInterface",
    "SqlAlchemyStore",
    "create_session_model",
]
__version__ = "1.0.0"
