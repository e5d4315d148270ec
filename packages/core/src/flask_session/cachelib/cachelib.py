"""The deep import path of Flask-Session 0.7 and 0.8."""

from typing import Any

from ..oldnames import from_backend

CacheLibSession: Any = from_backend("cachelib", "CacheLibSession")
CacheLibSessionInterface: Any = from_backend("cachelib", "CacheLibSessionInterface")
