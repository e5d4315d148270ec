"""Server-side sessions for Flask in SQL databases, through SQLAlchemy."""

__version__ = "1.0.0"
