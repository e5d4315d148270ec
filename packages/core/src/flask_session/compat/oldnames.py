"""Where the names of Flask-Session 0.4 to 0.8 live now.

``flask_session.redis`` and its like re-export a backend's package, which need not be installed; the
names of 0.4 to 0.6 (``flask_session.sessions``, and the interfaces in ``flask_session`` itself) do
so with a DeprecationWarning.
"""

from __future__ import annotations

import warnings
from importlib import import_module
from typing import Any

BACKENDS = {
    "Redis": "redis",
    "Memcached": "memcached",
    "FileSystem": "cachelib",
    "CacheLib": "cachelib",
    "MongoDB": "mongodb",
    "SqlAlchemy": "sqlalchemy",
    "DynamoDB": "dynamodb",
}
ENDINGS = ("SessionInterface", "Session")


def from_backend(backend: str, name: str) -> Any:
    """Answer a name of a backend's package. An ImportError tells what to install."""
    try:
        package = import_module(f"flask_session_{backend}")
    except ModuleNotFoundError as error:
        if error.name != f"flask_session_{backend}":
            raise
        message = f'it is a package of its own: pip install "flask-session[{backend}]"'
        raise ImportError(f"cannot import {name}: {message}", name=name) from None
    return getattr(package, name)


def deprecated(module: str, name: str) -> Any:
    """Answer a name of 0.4 to 0.6, with a warning. Raises AttributeError for any other name."""
    for ending in ENDINGS:
        backend = BACKENDS.get(name.removesuffix(ending)) if name.endswith(ending) else None
        if backend is not None:
            warnings.warn(
                f"{module}.{name} has moved: import it from flask_session.{backend}",
                DeprecationWarning,
                stacklevel=3,
            )
            return from_backend(backend, name)
    raise AttributeError(f"module {module!r} has no attribute {name!r}")
