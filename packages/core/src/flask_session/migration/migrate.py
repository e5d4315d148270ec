"""``flask session migrate``: from store to store, or from old formats to ours in place."""

from __future__ import annotations

import re
import sys
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import replace
from itertools import islice
from typing import TYPE_CHECKING, Any

import click
from flask import current_app

from ..cli import current_interface, session_group
from ..clients import kind_of
from ..config import LONGEST_LIFETIME
from ..errors import UnreadableRecord
from ..runtime import lifetimes_of
from ..serializers import ItemSerializer
from ..signals import reference
from ..store import Outcome, Store, SupportsEndless
from .distinct import (
    IsSession,
    Listed,
    listed,
    sessions_to_move,
    sessions_under,
    tell_unlisted,
)
from .moving import (
    TOMBSTONE,
    Moved,
    MovingStore,
    Route,
    SameStoreError,
    expiry_of,
    own_store,
    seconds_left,
)

if TYPE_CHECKING:
    from ..interface import ServerSideSessionInterface

UNREADABLE = "unreadable"
LEFT_BEHIND = (UNREADABLE, Moved.LEFT.value)
NO_PREFIX = (
    "Warning: the prefix of the keys is empty. What else is kept there counts as a session if its "
    "key looks like a session id."
)
GO_ON = "'flask session setup' says more; run this again after that, what is done stays done"
COUNT = click.IntRange(min=1)
UNITS = {"s": 1, "m": 60, "h": 3600, "d": 86400}
Work = Callable[[str, "float | None"], str]
"""Handles one record, given its key and its expiry; answers the word it is counted under."""


class _Span(click.ParamType):  # type: ignore[type-arg,unused-ignore]
    """A lifetime such as 90s, 30m, 12h or 31d, in seconds."""

    name = "lifetime"

    def convert(self, value: Any, param: Any, ctx: Any) -> int:
        """Answer seconds, 1 s to 400 days."""
        match = re.fullmatch(r"(\d+)([smhd])", value) if isinstance(value, str) else None
        seconds = int(match[1]) * UNITS[match[2]] if match else 0
        if not 0 < seconds <= LONGEST_LIFETIME.total_seconds():
            self.fail(f"{value!r} is no lifetime from 1s to 400d, such as 90s or 31d", param, ctx)
        return seconds


class Migration:
    """Goes through the keys of a store and counts what became of each."""

    def __init__(self, dry_run: bool, is_session: IsSession) -> None:
        self.dry_run = dry_run
        self.is_session = is_session
        self.is_complete: bool = False
        self.counts: Counter[str] = Counter()
        self.references: list[str] = []

    def run(
        self, store: Store, prefix: str, batch: int, work: Work, errors: tuple[type[Exception], ...]
    ) -> int:
        """Handle every key and print the summary, also of a run that is cut off; see ``report``."""
        try:
            with stopping(errors):
                self.go_through(store, prefix, batch, work)
        finally:
            code = self.report()
        return code

    def go_through(self, store: Store, prefix: str, batch: int, work: Work) -> None:
        """Handle every key, a batch listed at a time, with a progress bar."""
        found = (each for each in listed(store, prefix) if self.is_session(each[0]))
        for keys in in_batches(found, batch):
            with progress(keys, self.counts.total()) as bar:
                for key, expires_at in bar:
                    self._count(key, self._handled(key, expires_at, work))
        self.is_complete = True

    def _handled(self, key: str, expires_at: float | None, work: Work) -> str:
        try:
            return work(key, expires_at)
        except UnreadableRecord:
            return UNREADABLE

    def _count(self, key: str, word: str) -> None:
        self.counts[word] += 1
        if word in LEFT_BEHIND:
            self.references.append(f"{word}: {reference(key)}")

    def report(self) -> int:
        """Print the summary; answer the exit code: 1 if anything was left behind."""
        if self.dry_run:
            click.echo("Dry run, no session was written.")
        if self.is_complete and not self.counts:
            click.echo("There are no sessions under this prefix.")
        for word, number in sorted(self.counts.items()):
            click.echo(f"{number:8} {word}")
        for each in self.references:
            click.echo(each)
        return 1 if self.references else 0


def progress(keys: list[Listed], done: int) -> AbstractContextManager[Iterable[Listed]]:
    """Show a progress bar on a terminal; elsewhere click would print its label alone."""
    if not sys.stdout.isatty():
        return nullcontext(keys)
    return click.progressbar(keys, label=f"{done} done", show_pos=True)


@contextmanager
def stopping(errors: tuple[type[Exception], ...]) -> Iterator[None]:
    """Make a failure of a store an error message, of which the client's text may hold a key."""
    try:
        yield
    except click.ClickException:  # what hooks of an app's own may raise is any Exception
        raise
    except SameStoreError:
        problem = "SESSION_MIGRATE_FROM is the app's own store, read with a delay; nothing was lost"
        raise click.ClickException(problem) from None
    except errors as error:
        problem = f"the store failed ({kind_of(error)}). {GO_ON}"
        raise click.ClickException(problem) from None


def in_batches(keys: Iterable[Listed], size: int) -> Iterator[list[Listed]]:
    """Cut an endless listing into lists a progress bar can measure; keys may come twice."""
    remaining = iter(keys)
    while batch := list(dict.fromkeys(islice(remaining, size))):
        yield batch


def mover(route: Route, serializer: ItemSerializer, dry_run: bool) -> Work:
    """Make the work of moving a record that can be read."""

    def move(key: str, expires_at: float | None) -> str:
        record = route.old.load(key)
        if record is None or record.data == TOMBSTONE:
            return Moved.GONE.value
        serializer.split(record.data)
        if dry_run:
            return route.foresee(key, record).value
        return route.move(key, expires_at).value

    return move


def reencoder(store: Store, serializer: ItemSerializer, idle: int, dry_run: bool) -> Work:
    """Make the work of writing a record in the configured format, with its remaining lifetime."""

    def reencode(key: str, expires_at: float | None) -> str:
        record = store.load(key)
        if record is None or record.data == TOMBSTONE:
            return Moved.GONE.value
        data = serializer.join(serializer.split(record.data))
        if data == record.data:
            return "unchanged"
        if len(data) > store.max_bytes:
            return Moved.LEFT.value
        if dry_run:
            return "reencoded"
        ttl = seconds_left(expiry_of(store, key, record, expires_at), store.clock(), idle)
        outcome = store.update(key, data, ttl, record)
        return {Outcome.SAVED: "reencoded", Outcome.GONE: "gone"}.get(outcome, "changed meanwhile")

    return reencode


@session_group.command()
@click.option("--reencode", is_flag=True, help="Rewrite the app's own store in today's format.")
@click.option("--null-expiry", type=_Span(), help="Give rows without expiry this lifetime, first.")
@click.option("--batch", type=COUNT, default=1000, show_default=True, help="Keys listed at once.")
@click.option("--dry-run", is_flag=True, help="Only count; write no session.")
def migrate(reencode: bool, null_expiry: int | None, batch: int, dry_run: bool) -> None:
    """Move all sessions from SESSION_MIGRATE_FROM to the app's store, or --reencode in place.

    Remaining lifetimes are kept, expired sessions stay behind, newer records are never overwritten.
    Safe to interrupt, to run again, and to run under traffic. --null-expiry alone does no more than
    it says.
    """
    interface = current_interface()
    errors = interface.store.errors
    if null_expiry and not reencode and not isinstance(interface.store, MovingStore):
        with stopping(errors):
            limit_endless(interface.store, null_expiry, dry_run)
        return
    with stopping(errors):
        source, prefix, work, is_session = plan(interface, reencode, dry_run)
    if not prefix:
        click.echo(NO_PREFIX, err=True)
    migration = Migration(dry_run, is_session)
    if null_expiry:
        with stopping(errors):
            limit_endless(source, null_expiry, dry_run)
    code = migration.run(source, prefix, batch, work, errors)
    with stopping(errors):
        unlisted = tell_unlisted(source, reencode)
    raise click.exceptions.Exit(code or int(unlisted and not reencode))


def plan(
    interface: ServerSideSessionInterface, reencode: bool, dry_run: bool
) -> tuple[Store, str, Work, IsSession]:
    """Answer the store to go through, the prefix of its keys, what is done with which of them."""
    store, serializer = interface.store, interface.item_serializer()
    if reencode:
        own = own_store(store)
        idle = lifetimes_of(interface, current_app).idle
        prefix = interface.key_prefix
        work = reencoder(own, serializer, idle, dry_run)
        return own, prefix, work, sessions_under(interface, prefix)
    if isinstance(store, MovingStore):
        choose = sessions_to_move(interface, store.route, serializer, dry_run)
        route = replace(store.route, apart=True)  # if not by their stores, then by their prefixes
        return route.old, route.old_prefix, mover(route, serializer, dry_run), choose
    raise click.UsageError("set SESSION_MIGRATE_FROM, or pass --reencode or --null-expiry")


def limit_endless(store: Store, ttl: int, dry_run: bool) -> None:
    """Give records without expiry one. Raises a ClickException where there can be none."""
    if not isinstance(store, SupportsEndless):
        raise click.ClickException("--null-expiry: every record of this store has an expiry")
    if dry_run:
        click.echo("Sessions without expiry are not counted: --null-expiry would give them one.")
    else:
        click.echo(f"{store.limit_endless(ttl)} sessions without expiry got one.")
