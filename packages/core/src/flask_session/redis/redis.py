"""The deep import path of Flask-Session 0.7 and 0.8."""

from ..oldnames import from_backend

RedisSession = from_backend("redis", "RedisSession")
RedisSessionInterface = from_backend("redis", "RedisSessionInterface")
