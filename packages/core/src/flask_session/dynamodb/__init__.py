"""The import path of Flask-Session 0.7 and 0.8 for DynamoDBSessionInterface."""

from .dynamodb import DynamoDBSession, DynamoDBSessionInterface

__all__ = ["DynamoDBSession", "DynamoDBSessionInterface"]
