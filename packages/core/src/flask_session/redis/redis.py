"""The deep import path of Flask-Session 0.7 and 0.8."""

from typing import Any

from ..oldnames import from_backend

RedisSession: Any = from_backend("redis", "RedisSession")
RedisSessionInterface: Any = from_backend("redis", "RedisSessionInterface")
