"""The deep import path of Flask-Session 0.7 and 0.8."""

from typing import Any

from ..oldnames import from_backend

DynamoDBSession: Any = from_backend("dynamodb", "DynamoDBSession")
DynamoDBSessionInterface: Any = from_backend("dynamodb", "DynamoDBSessionInterface")
