"""Sessions in a cachelib cache, or in files, for a Flask application."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any, ClassVar

from cachelib import BaseCache, FileSystemCache
from flask import Flask
from flask_session.config import Settings, setting
from flask_session.interface import ServerSideSessionInterface
from flask_session.session import ServerSideSession

from .client import store_for
from .serializer import without_pickle


class CacheLibSession(ServerSideSession):
    """The session of a request, kept in a file or in a cachelib cache."""


@dataclass(frozen=True)
class CacheLibSettings(Settings):
    """The settings of this backend."""

    client: Any = setting(
        "SESSION_CACHELIB",
        None,
        doc="The path of a directory, or a cachelib cache; FileSystemCache names a directory too.",
    )


class CacheLibSessionInterface(ServerSideSessionInterface):
    """Keep the sessions of ``app`` in files or a cache; the arguments are those of 0.8."""

    session_class: type[ServerSideSession] = CacheLibSession
    settings_class: ClassVar[type[Settings]] = CacheLibSettings

    def __init__(
        self,
        app: Flask | None = None,
        client: BaseCache | str | None = None,
        key_prefix: str = "session:",
        use_signer: bool | str | None = None,
        permanent: bool = True,
        sid_length: int = 32,
        serialization_format: str = "msgpack",
    ) -> None:
        self._client = client
        super().__init__(
            app,
            key_prefix,
            use_signer,
            permanent,
            sid_length,
            serialization_format,
            store=store_for(client),
        )

    @classmethod
    def from_app(cls, app: Flask) -> CacheLibSessionInterface:
        """Read the settings of ``app``; raises ConfigurationError."""
        settings = CacheLibSettings.load(app.config)
        return cls(app, settings.client, **cls.common_arguments(app))

    @cached_property
    def cache(self) -> BaseCache:
        """The cache that was handed in, or a FileSystemCache for the directory of the sessions.

        It does not show the sessions: they are stored in a form that is not its own.
        """
        return self._client if isinstance(self._client, BaseCache) else cache_of(self.store)


def cache_of(store: Any) -> BaseCache:
    """Make the attribute that 0.8 had; without a threshold, and without pickle."""
    return without_pickle(FileSystemCache(store.directory, threshold=0, mode=store.mode))
