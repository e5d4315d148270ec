"""The Docker engine: reach it, or say how to get one."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

# The reaper is an image of its own, which cannot be had without a registry. Every container is
# removed by the one who started it. Testcontainers reads the variable when it is imported.
os.environ.setdefault("TESTCONTAINERS_RYUK_DISABLED", "true")

from docker.errors import DockerException
from testcontainers.core.docker_client import DockerClient

LABEL = "flask-session-tests"
"""Every container and image of ours carries this label; a container's value is our process id."""

HOW_TO_GET_DOCKER = (
    "The tests need a Docker engine. On Debian as root: make bootstrap (it runs apt-get install "
    "docker.io and starts dockerd). Elsewhere: start Docker, and see that `docker info` works as "
    "this user."
)


class MissingServerError(RuntimeError):
    """A server that the tests need cannot be had; the text says why and what to do."""


@contextmanager
def engine(timeout: int = 60) -> Iterator[Any]:
    """Connect to the Docker engine for one block; ``timeout`` is in seconds per call.

    What the engine refuses within the block becomes MissingServerError.
    """
    try:
        client = DockerClient(timeout=timeout).client
        client.ping()
    except DockerException as error:
        raise MissingServerError(f"{HOW_TO_GET_DOCKER} ({error})") from None
    try:
        yield client
    except DockerException as error:
        raise MissingServerError(f"The Docker engine refuses: {error}") from error
    finally:
        client.close()


def say(line: str) -> None:
    """Tell the person who waits, in one line."""
    print(f"flask-session tests: {line}", file=sys.stderr, flush=True)
