"""The deep import path of Flask-Session 0.7 and 0.8."""

from ..oldnames import from_backend

FileSystemSession = from_backend("cachelib", "FileSystemSession")
FileSystemSessionInterface = from_backend("cachelib", "FileSystemSessionInterface")
