"""The ``flask session …`` commands, for operators."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click
from flask import current_app
from flask.cli import AppGroup, with_appcontext

from .errors import StoreUnavailable
from .store import Store, SupportsPurge

if TYPE_CHECKING:
    from flask import Flask

session_group: AppGroup = AppGroup("session", help="Look after the store of the sessions.")


def register(app: Flask) -> None:
    """Add the commands to an app that has none of these names."""
    from . import migrate  # noqa: F401 - adds its command to the group

    for command in (session_group, session_cleanup):
        if command.name not in app.cli.commands:
            app.cli.add_command(command)


def current_store() -> Store:
    """Answer the store of the current app. Raises a ClickException if it has none of ours."""
    store = getattr(current_app.session_interface, "store", None)
    if not isinstance(store, Store):
        raise click.ClickException("this app does not use Flask-Session")
    return store


def purge(store: Store) -> int | None:
    """Remove expired records; ``None`` where the database does so by itself."""
    try:
        return store.purge() if isinstance(store, SupportsPurge) else None
    except store.errors as error:
        raise click.ClickException(f"{StoreUnavailable.description} ({error})") from None


@session_group.command()
def setup() -> None:
    """Make what the database needs: table, indexes. Harmless when repeated."""
    store = current_store()
    try:
        store.setup()
    except store.errors as error:
        raise click.ClickException(f"{StoreUnavailable.description} ({error})") from None
    click.echo("The store is ready.")


@session_group.command()
def cleanup() -> None:
    """Remove expired sessions, in batches."""
    removed = purge(current_store())
    if removed is None:
        click.echo("Nothing to do: this store removes expired sessions by itself.")
    else:
        click.echo(f"{removed} expired sessions removed.")


@click.command("session_cleanup")
@with_appcontext
def session_cleanup() -> None:
    """Remove expired sessions; the quiet command of Flask-Session 0.8."""
    purge(current_store())
