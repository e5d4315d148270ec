"""The deep import path of Flask-Session 0.7 and 0.8."""

from typing import Any

from ..oldnames import from_backend

SqlAlchemySession: Any = from_backend("sqlalchemy", "SqlAlchemySession")
SqlAlchemySessionInterface: Any = from_backend("sqlalchemy", "SqlAlchemySessionInterface")
create_session_model: Any = from_backend("sqlalchemy", "create_session_model")
