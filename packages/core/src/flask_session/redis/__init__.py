"""The import path of Flask-Session 0.7 and 0.8 for RedisSessionInterface."""

from .redis import RedisSession, RedisSessionInterface

__all__ = ["RedisSession", "RedisSessionInterface"]
