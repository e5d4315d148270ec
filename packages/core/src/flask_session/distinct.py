"""What ``flask session migrate`` may touch: sessions, and of another store than the app's own."""

from __future__ import annotations

import secrets
from collections.abc import Callable
from typing import TYPE_CHECKING

import click

from .identity import IdentityHooks
from .moving import Route
from .runtime import sid_check
from .serializers import ItemSerializer

if TYPE_CHECKING:
    from .interface import ServerSideSessionInterface

IsSession = Callable[[str], bool]
MARKER_SECONDS = 60


def sessions_under(interface: ServerSideSessionInterface, prefix: str) -> IsSession:
    """Answer what tells a session's key under ``prefix`` from others, which an app keeps there."""
    if getattr(type(interface), "_get_store_id", None) is not IdentityHooks._get_store_id:
        return lambda key: True  # the key hides the id, in whatever form
    is_valid = sid_check(interface)
    return lambda key: is_valid(key[len(prefix) :])


def sessions_to_move(
    interface: ServerSideSessionInterface, route: Route, serializer: ItemSerializer
) -> IsSession:
    """Answer what tells a key to be moved.

    Raises a ClickException if it would be moved to where it is, and then deleted.
    """
    is_session = sessions_under(interface, route.old_prefix)
    if not are_one(route, serializer):
        return is_session
    if route.old_prefix == route.new_prefix:
        raise click.ClickException(
            "SESSION_MIGRATE_FROM is the app's own store, under the same prefix. Name the store "
            "that the sessions are in, or pass --reencode to rewrite them in place."
        )
    # One of the prefixes may be the beginning of the other.
    is_old = not route.new_prefix.startswith(route.old_prefix)
    return lambda key: is_session(key) and (is_old or not key.startswith(route.new_prefix))


def are_one(route: Route, serializer: ItemSerializer) -> bool:
    """Tell whether what is written to the new store is found in the old one; addresses may differ.

    The record that is written for it is gone afterwards, or a minute later.
    """
    key = route.new_prefix + secrets.token_urlsafe(32)
    route.new.create(key, serializer.encode({"marker": True}), MARKER_SECONDS)
    try:
        return route.old.load(key) is not None
    finally:
        route.new.delete(key)
