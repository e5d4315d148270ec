"""The deep import path of Flask-Session 0.7 and 0.8."""

from typing import TYPE_CHECKING

from ..compat.oldnames import from_backend

if TYPE_CHECKING:
    from flask_session_redis import RedisSession, RedisSessionInterface
else:
    RedisSession = from_backend("redis", "RedisSession")
    RedisSessionInterface = from_backend("redis", "RedisSessionInterface")

__all__ = ["RedisSession", "RedisSessionInterface"]
