"""Server-side sessions for Flask in Redis."""

from .interface import RedisSession, RedisSessionInterface
from .store import RedisStore

__all__ = ["RedisSession", "RedisSessionInterface", "RedisStore"]
__version__ = "1.0.0"
