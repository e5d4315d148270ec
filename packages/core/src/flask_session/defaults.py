"""The defaults of every setting, under the names of Flask-Session 0.8."""

from __future__ import annotations

import os
from typing import Any


class Defaults:
    """What a setting is when it is unset; kept for code that reads them from 0.8's place.

    Our own defaults are on the settings dataclasses of the core and of each backend.
    """

    SESSION_TYPE = "null"
    SESSION_KEY_PREFIX = "session:"
    SESSION_USE_SIGNER: bool | None = None
    SESSION_PERMANENT = True
    SESSION_ID_LENGTH = 32
    SESSION_SERIALIZATION_FORMAT = "msgpack"
    SESSION_CLEANUP_N_REQUESTS: int | None = None
    SESSION_REDIS: Any = None
    SESSION_MEMCACHED: Any = None
    SESSION_CACHELIB: Any = None
    SESSION_FILE_DIR = os.path.join(os.getcwd(), "flask_session")
    SESSION_FILE_THRESHOLD = 500
    SESSION_FILE_MODE = 384
    SESSION_MONGODB: Any = None
    SESSION_MONGODB_DB = "flask_session"
    SESSION_MONGODB_COLLECT = "sessions"
    SESSION_SQLALCHEMY: Any = None
    SESSION_SQLALCHEMY_TABLE = "sessions"
    SESSION_SQLALCHEMY_SEQUENCE: str | None = None
    SESSION_SQLALCHEMY_SCHEMA: str | None = None
    SESSION_SQLALCHEMY_BIND_KEY: str | None = None
    SESSION_DYNAMODB: Any = None
    SESSION_DYNAMODB_TABLE = "Sessions"
