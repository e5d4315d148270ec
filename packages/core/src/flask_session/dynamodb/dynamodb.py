"""The deep import path of Flask-Session 0.7 and 0.8."""

from typing import TYPE_CHECKING

from ..compat.oldnames import from_backend

if TYPE_CHECKING:
    from flask_session_dynamodb import DynamoDBSession, DynamoDBSessionInterface
else:
    DynamoDBSession = from_backend("dynamodb", "DynamoDBSession")
    DynamoDBSessionInterface = from_backend("dynamodb", "DynamoDBSessionInterface")

__all__ = ["DynamoDBSession", "DynamoDBSessionInterface"]
