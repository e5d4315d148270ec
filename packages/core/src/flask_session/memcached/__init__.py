"""The import path of Flask-Session 0.7 and 0.8 for MemcachedSessionInterface."""

from .memcached import MemcachedSession, MemcachedSessionInterface

__all__ = ["MemcachedSession", "MemcachedSessionInterface"]
