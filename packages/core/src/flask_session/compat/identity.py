"""The hooks of Flask-Session 0.8 for session ids and their signatures."""

from __future__ import annotations

import secrets
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from flask import current_app
from itsdangerous import BadSignature, Signer

from ..config import id_bytes
from ..lifecycle.presented import Form, Presented
from ..web.cookies import CookieCodec, SidCheck, keys_of
from ..web.signers import old_signer, our_signer

if TYPE_CHECKING:
    from flask import Flask

    from ..session import ServerSideSession

LONGEST_HOOKED = 4096
"""What browsers keep of a cookie; a signature of an app's own may be long."""
SIGNING = ("_get_signer", "_sign", "_unsign")


class IdentityHooks:
    """Make ids, and the keys and signatures of ids."""

    app: Flask | None
    key_prefix: str
    _adopt: Callable[[Any, ServerSideSession], None]

    def _generate_sid(self, session_id_length: int) -> str:
        return secrets.token_urlsafe(session_id_length)

    def _get_store_id(self, sid: str) -> str:
        return self.key_prefix + sid

    def makes_custom_ids(self) -> bool:
        """Tell whether a subclass makes ids of its own, of which any form is accepted then."""
        is_own = type(self)._generate_sid is not IdentityHooks._generate_sid
        return is_own or "_generate_sid" in vars(self)

    def checked_length(self, sid_length: int) -> int:
        """Answer a length in random bytes if ids of it are accepted; other ids are not ours."""
        return sid_length if self.makes_custom_ids() else id_bytes("SESSION_ID_LENGTH", sid_length)

    def signs_by_itself(self) -> bool:
        """Tell whether a subclass overrides a signer hook; they count where the signer is on."""
        return any(
            getattr(type(self), name) is not getattr(IdentityHooks, name) for name in SIGNING
        )

    def regenerate(self, session: ServerSideSession) -> None:
        """Do as ``session.regenerate()``, which apps on 0.8 added to the class, to call this."""
        if session._is_made_by_hand():
            self._adopt(self.app or current_app, session)
        if session._is_renewing:
            session._renew_id()
            return
        session._is_renewing = True
        try:
            session.regenerate()
        finally:
            session._is_renewing = False

    def _get_signer(self, app: Flask) -> Signer:
        if not app.secret_key:
            raise KeyError("there is no SECRET_KEY to sign with")
        return old_signer(keys_of(app))

    def _sign(self, app: Flask, sid: str) -> str:
        return self._get_signer(app).sign(sid).decode()

    def _unsign(self, app: Flask, sid: str) -> str:
        """Answer the id in a cookie's value of either form. Raises BadSignature."""
        try:
            return self._get_signer(app).unsign(sid).decode()
        except BadSignature:
            signed = our_signer(keys_of(app)).unsign(sid).decode()
            return signed.rpartition(".")[0]


class HookedCodec(CookieCodec):
    """Sign and verify with the hooks of an interface; a cookie they do not accept is none."""

    def __init__(self, interface: IdentityHooks, app: Flask, is_valid: SidCheck) -> None:
        super().__init__("0.8", keys_of(app), is_valid)
        self.writes: Form = "0.8"
        self._accepts = ("0.8",)
        self._longest = LONGEST_HOOKED
        self._readers["0.8"] = self._read_hooked
        self._interface = interface
        self._app = app

    def _read_hooked(self, value: str) -> Presented | None:
        if not value.isascii():  # base64 passes over what is not, so that other texts are accepted
            return None
        try:
            return self._presented(self._interface._unsign(self._app, value), "0.8")
        except (BadSignature, UnicodeError):
            return None

    def write(self, sid: str, now: float) -> str:
        """Make the cookie's value with ``_sign``."""
        return self._interface._sign(self._app, sid)
