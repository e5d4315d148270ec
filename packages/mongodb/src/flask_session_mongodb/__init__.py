"""Server-side sessions for Flask in MongoDB."""

__version__ = "1.0.0"
