"""Server-side sessions for Flask in DynamoDB."""

__version__ = "1.0.0"
