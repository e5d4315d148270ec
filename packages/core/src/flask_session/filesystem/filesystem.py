"""The deep import path of Flask-Session 0.7 and 0.8."""

from typing import Any

from ..oldnames import from_backend

FileSystemSession: Any = from_backend("cachelib", "FileSystemSession")
FileSystemSessionInterface: Any = from_backend("cachelib", "FileSystemSessionInterface")
