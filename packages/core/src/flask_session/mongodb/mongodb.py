"""The deep import path of Flask-Session 0.7 and 0.8."""

from typing import Any

from ..oldnames import from_backend

MongoDBSession: Any = from_backend("mongodb", "MongoDBSession")
MongoDBSessionInterface: Any = from_backend("mongodb", "MongoDBSessionInterface")
