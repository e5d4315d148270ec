"""The deep import path of Flask-Session 0.7 and 0.8."""

from ..oldnames import from_backend

DynamoDBSession = from_backend("dynamodb", "DynamoDBSession")
DynamoDBSessionInterface = from_backend("dynamodb", "DynamoDBSessionInterface")
