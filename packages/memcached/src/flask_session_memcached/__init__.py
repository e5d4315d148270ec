"""Server-side sessions for Flask in Memcached."""

__version__ = "1.0.0"
