"""The deep import path of Flask-Session 0.7 and 0.8."""

from typing import Any

from ..oldnames import from_backend

MemcachedSession: Any = from_backend("memcached", "MemcachedSession")
MemcachedSessionInterface: Any = from_backend("memcached", "MemcachedSessionInterface")
