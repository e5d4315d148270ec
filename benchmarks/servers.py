"""What a backend of the comparison stores its sessions in."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager

from flask_session_conformance.servers import start

NETWORKED = ("redis", "memcached", "postgresql", "mongodb", "dynamodb")
BACKENDS = (*NETWORKED, "sqlite", "filesystem")


@contextmanager
def address_of(backend: str) -> Iterator[str]:
    """Start the server of a backend, or make a folder, and answer where it is."""
    if backend in ("sqlite", "filesystem"):
        with tempfile.TemporaryDirectory() as folder:
            yield folder
    else:
        with start(backend) as server:
            yield server.address
