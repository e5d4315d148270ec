"""The headers of an answer, made while the store waits for its server, as far as it lets us."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from typing import TYPE_CHECKING, Any

from .responses import mark_private

if TYPE_CHECKING:
    from flask import Response

    from .session import ServerSideSession


class Headers:
    """What a session adds to one answer.

    :meth:`make` works ahead; what turns out otherwise when the session is saved is made again.
    """

    __slots__ = ("_cache_control", "_cookie_of", "_is_private", "_made", "_response", "_session")

    def __init__(
        self,
        response: Response,
        cache_control: str | None,
        session: ServerSideSession,
        cookie_of: Callable[[ServerSideSession], str],
    ) -> None:
        self._response = response
        self._cache_control = cache_control
        self._session = session
        self._cookie_of = cookie_of
        self._made: tuple[Any, str] | None = None
        self._is_private = False

    def make(self) -> None:
        """Make all headers; a hook that fails here is called again, where its error belongs."""
        with suppress(Exception):
            self.mark_private()
            cookie = self._cookie_of(self._session)
            self._made = self._basis(), cookie

    def mark_private(self) -> None:
        """Keep the answer out of shared caches."""
        if not self._is_private:
            mark_private(self._response, self._cache_control)
            self._is_private = True

    def send_cookie(self) -> None:
        """Send the session's cookie."""
        if self._made is not None and self._made[0] == self._basis():
            cookie = self._made[1]
        else:
            cookie = self._cookie_of(self._session)
        self._response.headers.add("Set-Cookie", cookie)

    def _basis(self) -> tuple[object, ...]:
        """Answer what saving can change of what the cookie says."""
        state = self._session._look()
        return state.sid, state.bookkeeping
