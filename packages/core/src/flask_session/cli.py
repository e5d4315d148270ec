"""The ``flask session …`` commands, for operators."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

import click
from flask import current_app
from flask.cli import AppGroup, with_appcontext

from .compat.hooks import StorageHooks, has_own_cleanup, remove_expired
from .errors import StoreUnavailable
from .store import Store

if TYPE_CHECKING:
    from flask import Flask

    from .interface import ServerSideSessionInterface

NOBODY = "flask-session-setup"
"""An id that no session has."""

session_group: AppGroup = AppGroup("session", help="Look after the store of the sessions.")


def register(app: Flask) -> None:
    """Add the commands to an app that has none of these names."""
    from .migration import migrate  # noqa: F401 - adds its command to the group

    for command in (session_group, session_cleanup):
        if command.name not in app.cli.commands:
            app.cli.add_command(command)


def current_interface() -> ServerSideSessionInterface:
    """Answer the current app's interface. Raises a ClickException if it is none of ours."""
    interface = current_app.session_interface
    if not isinstance(interface, StorageHooks):
        raise click.ClickException("this app does not use Flask-Session")
    return interface  # type: ignore[return-value]


@contextmanager
def failing_as_one_line(store: Store) -> Iterator[None]:
    """Make a failure of the store an error message."""
    try:
        yield
    except store.errors as error:
        raise click.ClickException(f"{StoreUnavailable.description} ({error})") from None


def purge() -> int | None:
    """Remove expired records; ``None`` where the database, or the app, does it by itself."""
    interface = current_interface()
    with failing_as_one_line(interface.store):
        return remove_expired(interface)


@session_group.command()
def setup() -> None:
    """Make what the database needs (table, indexes), and read once. Harmless when repeated."""
    interface = current_interface()
    with failing_as_one_line(interface.store):
        interface.store.setup()
        interface.store.load(interface._get_store_id(NOBODY))
    click.echo("The store is ready.")


@session_group.command()
def cleanup() -> None:
    """Remove expired sessions, in batches."""
    removed = purge()
    if removed is not None:
        click.echo(f"{removed} expired sessions removed.")
    elif has_own_cleanup(current_interface()):
        click.echo("Done; how many there were, only the app knows.")
    else:
        click.echo("Nothing to do: this store leaves it to its database to remove what expires.")


@click.command("session_cleanup")
@with_appcontext
def session_cleanup() -> None:
    """Remove expired sessions; the quiet command of Flask-Session 0.8."""
    purge()
