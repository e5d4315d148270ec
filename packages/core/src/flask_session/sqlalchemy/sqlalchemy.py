"""The deep import path of Flask-Session 0.7 and 0.8."""

from ..oldnames import from_backend

SqlAlchemySession = from_backend("sqlalchemy", "SqlAlchemySession")
SqlAlchemySessionInterface = from_backend("sqlalchemy", "SqlAlchemySessionInterface")
create_session_model = from_backend("sqlalchemy", "create_session_model")
