"""The headers of an answer, made while the store waits for its server, as far as it lets us."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..lifecycle.saving import Result
from .responses import cookie, delete_cookie, keep_from_others, mark_private

if TYPE_CHECKING:
    from flask import Flask, Response

    from ..interface import ServerSideSessionInterface
    from ..session import ServerSideSession
    from .cookies import CookieCodec

WRITTEN = (Result.CREATED, Result.UPDATED, Result.REGENERATED)


class AnswerHeaders:
    """What a session adds to one answer: :meth:`make` works ahead, :meth:`finish` decides."""

    __slots__ = ("_app", "_codec", "_interface", "_made", "_response", "_says_caching", "_session")

    def __init__(
        self,
        interface: ServerSideSessionInterface,
        app: Flask,
        session: ServerSideSession,
        response: Response,
        codec: CookieCodec,
    ) -> None:
        self._interface = interface
        self._app = app
        self._session = session
        self._response = response
        self._codec = codec
        self._made: tuple[object, str] | None = None
        self._says_caching: bool | None = None

    def make(self) -> None:
        """Make all headers; a hook that fails here is called again, where its error belongs."""
        try:
            self._mark_private()
            if not self._session._look().contents.is_empty():  # else it is being deleted
                made = self._cookie()
                self._made = self._basis(), made
        except Exception:
            self._made = None

    def finish(self, result: Result | None, wanted: bool) -> None:
        """Add what saving came to; ``wanted`` says that even a renewal is to be told."""
        self._mark_private()
        interface, app = self._interface, self._app
        is_due = result in WRITTEN or (result is Result.TOUCHED and self._tells_renewals(wanted))
        if result is Result.DELETED:
            delete_cookie(interface, app, self._response)
        elif is_due and interface.should_set_cookie(app, self._session):
            self._response.headers.add("Set-Cookie", self._still_right() or self._cookie())
        else:
            return
        if self._says_caching:
            keep_from_others(self._response)

    def _mark_private(self) -> None:
        if self._says_caching is None:
            cache_control = self._interface.settings.cache_control
            self._says_caching = mark_private(self._response, cache_control)

    def _tells_renewals(self, wanted: bool) -> bool:
        return wanted or self._session.permanent or self._codec.writes == "signed"

    def _cookie(self) -> str:
        interface, app, session = self._interface, self._app, self._session
        sid = session.sid
        if session._look().by_hand:
            value = interface._sign(app, sid) if interface.use_signer else sid
        else:
            value = self._codec.write(sid, interface.clock())
        return cookie(interface, app, value, interface.get_expiration_time(app, session))

    def _still_right(self) -> str | None:
        return self._made[1] if self._made and self._made[0] == self._basis() else None

    def _basis(self) -> tuple[object, ...]:
        """Answer what saving can change of what the cookie says."""
        state = self._session._look()
        return state.sid, state.bookkeeping
