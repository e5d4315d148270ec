"""The import path of Flask-Session 0.7 and 0.8 for FileSystemSessionInterface."""

from .filesystem import FileSystemSession, FileSystemSessionInterface

__all__ = ["FileSystemSession", "FileSystemSessionInterface"]
