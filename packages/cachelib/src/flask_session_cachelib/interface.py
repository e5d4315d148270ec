"""Sessions in a cachelib cache, or in files, for a Flask application."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any, ClassVar, cast

from cachelib import BaseCache, FileSystemCache
from flask import Flask
from flask_session.config import Settings, setting
from flask_session.interface import ServerSideSessionInterface
from flask_session.session import ServerSideSession

from .client import store_for
from .files import FileStore
from .serializer import without_pickle
from .view import SessionCache


class CacheLibSession(ServerSideSession):
    """The session of a request, kept in a file or in a cachelib cache."""


@dataclass(frozen=True)
class CacheLibSettings(Settings):
    """The settings of this backend."""

    client: Any = setting(
        "SESSION_CACHELIB",
        None,
        doc="The path of a directory, or a cachelib cache; FileSystemCache names a directory too. "
        "Unset: flask_session below the current directory, with a warning.",
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
        """The sessions as items of a cache, before what else is in the cache that was handed in."""
        return SessionCache(self, self._other_items())

    def _other_items(self) -> BaseCache:
        if isinstance(self._client, BaseCache):
            return self._client
        return files_of(cast("FileStore", self._native_store))


def files_of(store: FileStore) -> BaseCache:
    """Make a FileSystemCache for the directory of the sessions; without threshold and pickle."""
    return without_pickle(FileSystemCache(store.directory, threshold=0, mode=store.mode))
