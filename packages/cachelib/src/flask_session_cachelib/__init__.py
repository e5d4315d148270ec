"""Server-side sessions for Flask in files and any cachelib cache."""

__version__ = "1.0.0"
