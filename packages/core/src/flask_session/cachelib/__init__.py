"""The import path of Flask-Session 0.7 and 0.8 for CacheLibSessionInterface."""

from .cachelib import CacheLibSession, CacheLibSessionInterface

__all__ = ["CacheLibSession", "CacheLibSessionInterface"]
