"""Server-side sessions for Flask in DynamoDB."""

from .interface import DynamoDBSession, DynamoDBSessionInterface
from .store import DynamoDBStore

__all__ = ["DynamoDBSession", "DynamoDBSessionInterface", "DynamoDBStore"]
__version__ = "1.0.0"
