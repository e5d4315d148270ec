"""Server-side sessions for Flask in MongoDB."""

from .interface import MongoDBSession, MongoDBSessionInterface
from .store import MongoDBStore

__all__ = ["MongoDBSession", "MongoDBSessionInterface", "MongoDBStore"]
__version__ = "1.0.0"
