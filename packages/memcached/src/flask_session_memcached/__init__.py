"""Server-side sessions for Flask in Memcached."""

from .interface import MemcachedSession, MemcachedSessionInterface
from .store import MemcachedStore

__all__ = ["MemcachedSession", "MemcachedSessionInterface", "MemcachedStore"]
__version__ = "1.0.0"
