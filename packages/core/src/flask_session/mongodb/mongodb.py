"""The deep import path of Flask-Session 0.7 and 0.8."""

from ..oldnames import from_backend

MongoDBSession = from_backend("mongodb", "MongoDBSession")
MongoDBSessionInterface = from_backend("mongodb", "MongoDBSessionInterface")
