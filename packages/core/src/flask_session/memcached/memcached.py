"""The deep import path of Flask-Session 0.7 and 0.8."""

from ..oldnames import from_backend

MemcachedSession = from_backend("memcached", "MemcachedSession")
MemcachedSessionInterface = from_backend("memcached", "MemcachedSessionInterface")
