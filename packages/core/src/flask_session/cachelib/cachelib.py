"""The deep import path of Flask-Session 0.7 and 0.8."""

from typing import TYPE_CHECKING

from ..compat.oldnames import from_backend

if TYPE_CHECKING:
    from flask_session_cachelib import CacheLibSession, CacheLibSessionInterface
else:
    CacheLibSession = from_backend("cachelib", "CacheLibSession")
    CacheLibSessionInterface = from_backend("cachelib", "CacheLibSessionInterface")

__all__ = ["CacheLibSession", "CacheLibSessionInterface"]
