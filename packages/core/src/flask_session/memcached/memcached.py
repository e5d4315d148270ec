"""The deep import path of Flask-Session 0.7 and 0.8."""

from typing import TYPE_CHECKING

from ..compat.oldnames import from_backend

if TYPE_CHECKING:
    from flask_session_memcached import MemcachedSession, MemcachedSessionInterface
else:
    MemcachedSession = from_backend("memcached", "MemcachedSession")
    MemcachedSessionInterface = from_backend("memcached", "MemcachedSessionInterface")

__all__ = ["MemcachedSession", "MemcachedSessionInterface"]
