"""Server-side sessions for Flask in files and any cachelib cache."""

from .caches import CacheStore
from .files import FileStore
from .filesystem import FileSystemSession, FileSystemSessionInterface
from .interface import CacheLibSession, CacheLibSessionInterface

__all__ = [
    "CacheLibSession",
    "CacheLibSessionInterface",
    "CacheStore",
    "FileStore",
    "FileSystemSession",
    "FileSystemSessionInterface",
]
__version__ = "1.0.0"
