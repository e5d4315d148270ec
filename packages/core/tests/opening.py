"""Interfaces that open a session by hand, as subclasses written for 0.8 did."""

from __future__ import annotations

from contextlib import suppress

from flask import Flask, Request
from flask_session.base import ServerSideSession
from flask_session.memory import MemorySessionInterface
from itsdangerous import BadSignature


class ByHand(MemorySessionInterface):
    """Opens sessions by itself, also for an id in a header, as apps for API clients did."""

    def open_session(self, app: Flask, request: Request) -> ServerSideSession:
        sid = request.headers.get("X-Session") or request.cookies.get("session")
        data = self._retrieve_session_data(self._get_store_id(sid)) if sid else None
        if data is not None:
            return self.session_class(data, sid=sid)
        return self.session_class(sid=self._generate_sid(self.sid_length), permanent=self.permanent)


class SignedByHand(ByHand):
    """Reads a signed cookie by itself."""

    def open_session(self, app: Flask, request: Request) -> ServerSideSession:
        request.cookies = dict(request.cookies)  # type: ignore[assignment]
        with suppress(KeyError, BadSignature):
            request.cookies["session"] = self._unsign(app, request.cookies["session"])
        return super().open_session(app, request)


class SometimesByHand(ByHand):
    """Leaves the other requests to us."""

    def open_session(self, app: Flask, request: Request) -> ServerSideSession:
        kind = ByHand if "by_hand" in request.args else MemorySessionInterface
        return kind.open_session(self, app, request)
