"""What a session interface works with for one app, built once and again when a key changes."""

from __future__ import annotations

import math
from dataclasses import dataclass
from datetime import timedelta
from functools import lru_cache, partial
from typing import TYPE_CHECKING

from .compat.hooks import HookStore
from .compat.identity import HookedCodec
from .events import AppEvents
from .lifecycle.records import Lifetimes, Records
from .lifecycle.repository import SessionRepository
from .migration.moving import own_store
from .store import LONGEST_KEY
from .web.cookies import UNFIT, CookieCodec, SidCheck, is_custom_sid, is_sid, keys_of

if TYPE_CHECKING:
    from flask import Flask

    from .interface import ServerSideSessionInterface


@dataclass(frozen=True)
class Runtime:
    """The cookie's codec and the repository under the app's present keys and serializer."""

    basis: tuple[object, ...]
    codec: CookieCodec
    repository: SessionRepository


def basis_of(interface: ServerSideSessionInterface, app: Flask) -> tuple[object, ...]:
    """Answer what a runtime depends on and an app may change: keys, serializer, store."""
    keys = keys_of(app) if app.config.get("SECRET_KEY_FALLBACKS") else app.secret_key
    return (app, keys, interface.serializer, interface.store)


def build(interface: ServerSideSessionInterface, app: Flask) -> Runtime:
    """Build a runtime."""
    basis = basis_of(interface, app)
    settings, mode, store = interface.settings, interface.use_signer, interface.store
    codec = codec_of(interface, app)
    own = own_store(store)
    records = Records(
        store,
        interface.item_serializer(),
        own.key_of if isinstance(own, HookStore) else interface._get_store_id,
        AppEvents(app),
        settings.max_bytes,
    )
    repository = SessionRepository(
        records,
        partial(new_sid, interface, codec),
        marks_signed=codec.writes == "signed",
        ignores_marks=mode is False,
        merges=settings.conflict == "merge",
    )
    return Runtime(basis, codec, repository)


def new_sid(interface: ServerSideSessionInterface, codec: CookieCodec) -> str:
    """Make an id. Raises ValueError for one of the app's own that no cookie would bring back."""
    sid = interface._generate_sid(interface.sid_length)
    if not codec.is_valid(sid):
        raise ValueError(f"_generate_sid: {UNFIT}")
    return sid


def codec_of(interface: ServerSideSessionInterface, app: Flask) -> CookieCodec:
    """Answer the cookie's codec: ours, or one on the hooks of a subclass that signs by itself."""
    is_valid = sid_check(interface)
    if interface.use_signer and interface.signs_by_itself():
        return HookedCodec(interface, app, is_valid)
    return CookieCodec(interface.use_signer, keys_of(app), is_valid)


def sid_check(interface: ServerSideSessionInterface) -> SidCheck:
    """Answer what tells an id that may be looked up: of the right form, and short enough."""
    if not interface.makes_custom_ids():
        return is_sid
    return lambda sid: is_custom_sid(sid) and len(interface._get_store_id(sid)) <= LONGEST_KEY


def lifetimes_of(interface: ServerSideSessionInterface, app: Flask) -> Lifetimes:
    """Answer the lifetimes in force; Flask allows changing PERMANENT_SESSION_LIFETIME any time."""
    settings = interface.settings
    return lifetimes(
        app.permanent_session_lifetime, settings.absolute_lifetime, settings.touch_interval
    )


@lru_cache(maxsize=64)
def lifetimes(idle: timedelta, absolute: int | None, touch_interval: int | None) -> Lifetimes:
    """Convert the settings to whole seconds."""
    return Lifetimes(max(1, math.ceil(idle.total_seconds())), absolute, touch_interval)
