"""The deep import path of Flask-Session 0.7 and 0.8."""

from typing import TYPE_CHECKING

from ..compat.oldnames import from_backend

if TYPE_CHECKING:
    from flask_session_cachelib import FileSystemSession, FileSystemSessionInterface
else:
    FileSystemSession = from_backend("cachelib", "FileSystemSession")
    FileSystemSessionInterface = from_backend("cachelib", "FileSystemSessionInterface")

__all__ = ["FileSystemSession", "FileSystemSessionInterface"]
