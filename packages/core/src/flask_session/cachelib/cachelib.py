"""The deep import path of Flask-Session 0.7 and 0.8."""

from ..oldnames import from_backend

CacheLibSession = from_backend("cachelib", "CacheLibSession")
CacheLibSessionInterface = from_backend("cachelib", "CacheLibSessionInterface")
