"""The null session of Flask-Session 0.4 to 0.6: what an app got that had chosen no backend."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flask.sessions import SessionInterface

if TYPE_CHECKING:
    from flask import Flask, Request


class NullSessionInterface(SessionInterface):
    """Open no session: reading one is empty, writing to one raises RuntimeError."""

    def open_session(self, app: Flask, request: Request) -> None:
        """Open none."""
        return None
