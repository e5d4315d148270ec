"""Server-side sessions for Flask."""

__version__ = "1.0.0"
