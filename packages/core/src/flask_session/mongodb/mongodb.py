"""The deep import path of Flask-Session 0.7 and 0.8."""

from typing import TYPE_CHECKING

from ..compat.oldnames import from_backend

if TYPE_CHECKING:
    from flask_session_mongodb import MongoDBSession, MongoDBSessionInterface
else:
    MongoDBSession = from_backend("mongodb", "MongoDBSession")
    MongoDBSessionInterface = from_backend("mongodb", "MongoDBSessionInterface")

__all__ = ["MongoDBSession", "MongoDBSessionInterface"]
