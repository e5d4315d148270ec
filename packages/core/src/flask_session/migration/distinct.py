"""What ``flask session migrate`` may touch: sessions, and of another store than the app's own."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Iterator
from contextlib import suppress
from itertools import islice
from typing import TYPE_CHECKING

import click

from ..compat.identity import IdentityHooks
from ..errors import UnreadableRecord
from ..runtime import sid_check
from ..serializers import ItemSerializer
from ..store import Store, SupportsKeys, SupportsUnlisted
from .moving import Route

if TYPE_CHECKING:
    from ..interface import ServerSideSessionInterface

IsSession = Callable[[str], bool]
Listed = tuple[str, "float | None"]
"""A key and when its record expires."""
MARKER_SECONDS = 60
SAMPLE = 100
"""How many sessions a dry run compares."""


def listed(store: Store, prefix: str) -> Iterator[Listed]:
    """List the live keys of a store. Raises a ClickException if it cannot."""
    if not isinstance(store, SupportsKeys):
        raise click.ClickException(
            "this store cannot list its sessions; set SESSION_MIGRATE_FROM and let each session "
            "move at its first look"
        )
    return store.keys(prefix)


def tell_unlisted(store: Store, reencode: bool) -> bool:
    """Tell of what a store could not list; answer whether there is any."""
    number = store.unlisted() if isinstance(store, SupportsUnlisted) else 0
    then = "is rewritten at its first change" if reencode else "moves at its first look: keep them"
    if number:
        click.echo(f"{number:8} unlisted: their names hide their ids.")
        click.echo(f"Each session among them {then}.")
    return number > 0


def sessions_under(interface: ServerSideSessionInterface, prefix: str) -> IsSession:
    """Answer what tells a session's key under ``prefix`` from others, which an app keeps there."""
    if getattr(type(interface), "_get_store_id", None) is not IdentityHooks._get_store_id:
        return lambda key: True  # the key hides the id, in whatever form
    is_valid = sid_check(interface)
    return lambda key: is_valid(key[len(prefix) :])


def sessions_to_move(
    interface: ServerSideSessionInterface, route: Route, serializer: ItemSerializer, dry_run: bool
) -> IsSession:
    """Answer what tells a key to be moved.

    Raises a ClickException if it would be moved to where it is, and then deleted. A dry run writes
    nothing to find that out: it refuses a copy of the app's store, too.
    """
    is_session = sessions_under(interface, route.old_prefix)
    if not (seem_one(route, is_session) if dry_run else are_one(route, serializer)):
        return is_session
    if route.old_prefix == route.new_prefix:
        is_what = "the app's own store, or a copy of it," if dry_run else "the app's own store,"
        raise click.ClickException(
            f"SESSION_MIGRATE_FROM is {is_what} under the same prefix. Name the store "
            "that the sessions are in, or pass --reencode to rewrite them in place."
        )
    # One of the prefixes may be the beginning of the other.
    is_old = not route.new_prefix.startswith(route.old_prefix)
    return lambda key: is_session(key) and (is_old or not key.startswith(route.new_prefix))


def are_one(route: Route, serializer: ItemSerializer) -> bool:
    """Tell whether what is written to the new store is found in the old one; addresses may differ.

    The marker that is written for it is deleted afterwards, also if writing it failed, for it may
    be there all the same; else it expires within a minute. Raises a ClickException if the new store
    does not keep the marker: sessions would be lost there.
    """
    key = route.new_prefix + secrets.token_urlsafe(32)
    try:
        route.new.create(key, serializer.encode({"marker": True}), MARKER_SECONDS)
        is_in_old = holds(route.old, key)
        if not is_in_old and not holds(route.new, key):
            raise click.ClickException("the app's store does not keep what is written to it")
        return is_in_old
    finally:
        with suppress(*route.new.errors):
            route.new.delete(key)


def holds(store: Store, key: str) -> bool:
    """Tell whether anything lies under a key; nobody else wrote there, so it need not be read."""
    try:
        return store.load(key) is not None
    except UnreadableRecord:
        return True


def seem_one(route: Route, is_session: IsSession) -> bool:
    """Tell by reading alone whether both stores hold the same under the keys of the old one."""
    found = (key for key, _ in listed(route.old, route.old_prefix) if is_session(key))
    looks = (is_shared(route, key) for key in islice(found, SAMPLE))
    told = (look for look in looks if look is not None)
    return next(told, False) and all(told)


def is_shared(route: Route, key: str) -> bool | None:
    """Tell whether both stores hold a record under one key; ``None`` if it is changing."""
    try:
        before, there, after = route.old.load(key), route.new.load(key), route.old.load(key)
    except UnreadableRecord:
        return None
    if before is None or after is None or before.data != after.data:
        return None
    return there is not None and there.data == before.data
