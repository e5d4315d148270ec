"""Server-side sessions for Flask in Redis."""

__version__ = "1.0.0"
