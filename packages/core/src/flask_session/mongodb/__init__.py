"""The import path of Flask-Session 0.7 and 0.8 for MongoDBSessionInterface."""

from .mongodb import MongoDBSession, MongoDBSessionInterface

__all__ = ["MongoDBSession", "MongoDBSessionInterface"]
