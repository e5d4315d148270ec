"""``SESSION_TYPE = "filesystem"`` with its ``SESSION_FILE_*`` settings, deprecated since 0.7."""

from __future__ import annotations

import os
import warnings
from dataclasses import dataclass
from functools import cached_property
from typing import Any, ClassVar, cast

from cachelib import BaseCache
from flask import Flask
from flask_session.config import Settings, setting, text, whole_number, wrong
from flask_session.interface import ServerSideSessionInterface
from flask_session.session import ServerSideSession

from .client import DEFAULT_DIRECTORY
from .files import FileStore
from .interface import files_of
from .view import SessionCache

THRESHOLD = 500
MODE = 0o600


def permissions(key: str, value: Any) -> int:
    """Accept what may be done with a file, as in ``os.chmod``."""
    if isinstance(value, int) and not isinstance(value, bool) and 0 <= value <= 0o777:
        return value
    raise wrong(
        key, value, "not the permissions of a file",
        "Set it to a number from 0 to 0o777, in the environment in decimal: 384 is 0o600, 432 is "
        "0o660.",
    )  # fmt: skip


class FileSystemSession(ServerSideSession):
    """The session of a request, kept in a file."""


@dataclass(frozen=True)
class FileSystemSettings(Settings):
    """The settings of the older name of this backend."""

    directory: str | None = setting(
        "SESSION_FILE_DIR",
        None,
        check=lambda key, value: text(key, _as_text(value)),
        doc="Deprecated, use SESSION_CACHELIB. Unset: flask_session below the current directory.",
    )
    threshold: int = setting(
        "SESSION_FILE_THRESHOLD",
        THRESHOLD,
        check=whole_number(0),
        doc="Deprecated and without effect: no session is deleted because there are many.",
    )
    mode: int = setting(
        "SESSION_FILE_MODE",
        MODE,
        check=permissions,
        doc="Deprecated, use SESSION_CACHELIB = FileSystemCache(…). Permissions of the files.",
    )


class FileSystemSessionInterface(ServerSideSessionInterface):
    """Keep the sessions of ``app`` in files; the arguments are those of Flask-Session 0.8."""

    session_class: type[ServerSideSession] = FileSystemSession
    settings_class: ClassVar[type[Settings]] = FileSystemSettings

    def __init__(
        self,
        app: Flask | None,
        key_prefix: str = "session:",
        use_signer: bool | str | None = None,
        permanent: bool = True,
        sid_length: int = 32,
        serialization_format: str = "msgpack",
        cache_dir: str | None = None,
        threshold: int = THRESHOLD,
        mode: int = MODE,
    ) -> None:
        self._warn(cache_dir is not None, threshold != THRESHOLD, mode != MODE)
        super().__init__(
            app,
            key_prefix,
            use_signer,
            permanent,
            sid_length,
            serialization_format,
            store=FileStore(cache_dir or DEFAULT_DIRECTORY, mode=mode),
        )

    @classmethod
    def from_app(cls, app: Flask) -> FileSystemSessionInterface:
        """Read the settings of ``app``; raises ConfigurationError."""
        settings = FileSystemSettings.load(app.config)
        return cls(
            app,
            **cls.common_arguments(app),
            cache_dir=settings.directory,
            threshold=settings.threshold,
            mode=settings.mode,
        )

    @cached_property
    def cache(self) -> BaseCache:
        """The sessions as items of a cache."""
        return SessionCache(self, files_of(cast("FileStore", self._native_store)))

    @staticmethod
    def _warn(directory: bool, threshold: bool, mode: bool) -> None:
        """Warn of each deprecated setting that is in use, and of the type itself."""
        remedies = [
            (directory, "SESSION_FILE_DIR is deprecated: set SESSION_CACHELIB to the directory"),
            (threshold, "SESSION_FILE_THRESHOLD is deprecated and has no effect: remove it"),
            (
                mode,
                "SESSION_FILE_MODE is deprecated:"
                " set SESSION_CACHELIB = FileSystemCache(directory, threshold=0, mode=mode)",
            ),
            (True, 'SESSION_TYPE = "filesystem" is deprecated: set SESSION_TYPE = "cachelib"'),
        ]
        for applies, message in remedies:
            if applies:
                warnings.warn(message, DeprecationWarning, stacklevel=3)


def _as_text(value: Any) -> Any:
    return os.fspath(value) if isinstance(value, os.PathLike) else value
