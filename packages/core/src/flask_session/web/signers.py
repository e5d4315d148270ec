"""The two signers of cookies: ours, and that of Flask-Session 0.4 to 0.8."""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Iterable
from typing import Any, Literal, cast

from itsdangerous import BadData, BadSignature, Signer, base64_decode, want_bytes
from itsdangerous.signer import HMACAlgorithm

SignerMode = Literal["0.8"] | bool | None
Keys = tuple["str | bytes", ...]
"""The newest comes last."""


class Sha256(HMACAlgorithm):
    """HMAC-SHA-256 that begins with each key once instead of at every call."""

    def __init__(self) -> None:
        super().__init__(hashlib.sha256)
        self._begun: dict[bytes, hmac.HMAC] = {}

    def get_signature(self, key: bytes, value: bytes) -> bytes:
        """Sign ``value``."""
        begun = self._begun.get(key)
        if begun is None:
            begun = self._begun[key] = hmac.new(key, digestmod=hashlib.sha256)
        signing = begun.copy()
        signing.update(value)
        return signing.digest()


class CachedKeySigner(Signer):
    """A signer that derives each key once instead of at every call."""

    def __init__(self, keys: Keys, **options: Any) -> None:
        self._derived: dict[Any, bytes] = {}
        super().__init__(cast("Iterable[str]", keys), **options)

    def derive_key(self, secret_key: str | bytes | None = None) -> bytes:
        """Derive the key as :class:`itsdangerous.Signer` does, and remember it."""
        derived = self._derived.get(secret_key)
        if derived is None:
            derived = self._derived[secret_key] = super().derive_key(secret_key)
        return derived

    def verify_signature(self, value: str | bytes, sig: str | bytes) -> bool:
        """Verify as :class:`itsdangerous.Signer` does, but only a wrong signature is wrong.

        There an error of any kind is, such as that of a time limit which strikes at this moment,
        and a visitor would be logged out by it.
        """
        try:
            signature = base64_decode(sig)
        except BadData:
            return False
        signed, verify = want_bytes(value), self.algorithm.verify_signature
        return any(
            verify(self.derive_key(key), signed, signature) for key in reversed(self.secret_keys)
        )


def our_signer(keys: Keys) -> Signer:
    """Make the signer of "signed" cookies; the newest key comes last."""
    return CachedKeySigner(
        keys,
        salt="flask-session.cookie.1",
        key_derivation="hmac",
        digest_method=hashlib.sha256,
        algorithm=Sha256(),
    )


def old_signer(keys: Keys) -> Signer:
    """Make the signer of Flask-Session 0.4–0.8: SHA-1, its own salt."""
    return CachedKeySigner(keys, salt="flask-session", key_derivation="hmac")


def unsign(signer: Signer, value: str) -> str | None:
    """Answer the signed text, ``None`` if the signature is wrong."""
    try:
        return signer.unsign(value).decode("ascii")
    except (BadSignature, UnicodeError):
        return None
