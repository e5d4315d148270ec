"""The cookie's value: a session id, signed or not.

Three forms exist: ``sid`` alone; ``sid.signature`` as Flask-Session 0.4–0.8 signed it (SHA-1); and
``sid.time.signature``, ours: HMAC-SHA-256 under a salt of its own, where ``time`` is the second of
the last renewal in hexadecimal.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from functools import lru_cache
from typing import TYPE_CHECKING, Any, cast

from flask import Request

from ..clients import refused
from ..config import wrong
from ..lifecycle.presented import Form, Presented
from .signers import Keys, SignerMode, old_signer, our_signer, unsign

if TYPE_CHECKING:
    from flask import Flask

SidCheck = Callable[[str], bool]

SID = re.compile(r"[A-Za-z0-9_-]{16,128}")
CUSTOM_SID = re.compile(r"[!-~]{1,250}")
"""Printable ASCII without space, of which every store can make a key."""
UNFIT = (
    "not a session id: 16 to 128 of A-Z, a-z, 0-9, - and _ are accepted; where _generate_sid is "
    "overridden, printable ASCII without space, with the prefix at most 250"
)

LONGEST_COOKIE = 512
ESCAPED = re.compile(rb"\\([0-3][0-7]{2}|.)")
VERIFIED = 1024
"""Signed cookies whose meaning is remembered; under other keys there is another codec."""


def is_sid(text: str) -> bool:
    """Tell whether ``text`` has the form of an id made by us or by Flask-Session 0.4–0.8."""
    return SID.fullmatch(text) is not None


def is_custom_sid(text: str) -> bool:
    """Tell whether ``text`` can be an id where ``_generate_sid`` is overridden."""
    return CUSTOM_SID.fullmatch(text) is not None


def cookie_values(header: str, name: str) -> list[str]:
    """Answer the values of all cookies of one name in a Cookie header.

    Far cheaper than parsing every cookie.
    """
    if name not in header:
        return []
    values = [value.strip() for value in cookies_of(name)(header)]
    return [unquoted(value) for value in values] if '"' in header else values


def unquoted(value: str) -> str:
    """Answer what stands between quotes, of which there are two or none (RFC 6265).

    Only ids and signatures that an app makes by itself need what Werkzeug escapes in between.
    """
    if not value[:1] == value[-1:] == '"':
        return value
    if "\\" not in value:
        return value[1:-1]
    plain = ESCAPED.sub(unescaped, value[1:-1].encode("latin-1", "replace"))
    return plain.decode("utf-8", "replace")


def unescaped(found: re.Match[bytes]) -> bytes:
    """Answer the byte that an escape stands for, written in octal or as it is."""
    byte = found[1]
    return byte if len(byte) == 1 else bytes([int(byte, 8)])


def values_in(request: Any, name: str) -> list[str]:
    """Answer the values of all cookies of one name that a request brings.

    One whose class reads cookies in its own way, or that is no more than a stand-in for a request,
    is asked for ``cookies``.
    """
    if getattr(type(request), "cookies", None) is Request.cookies:
        return cookie_values(request.environ.get("HTTP_COOKIE", ""), name)
    value = request.cookies.get(name)
    return [] if value is None else [value]


@lru_cache(maxsize=16)
def cookies_of(name: str) -> Callable[[str], list[str]]:
    """Answer what finds the values of all cookies of one name."""
    # The spaces around a value are left in it: two repetitions of them that could share a run of
    # spaces would try each way to do so, a second for a header of some kilobytes.
    return re.compile(rf"(?:^|;)\s*{re.escape(name)}\s*=([^;]*)").findall


WRITES: dict[SignerMode, Form] = {
    None: "signed",
    True: "signed",
    False: "unsigned",
    "0.8": "0.8",
}
ACCEPTS: dict[SignerMode, tuple[Form, ...]] = {
    None: ("signed", "0.8", "unsigned"),
    True: ("signed", "0.8"),
    False: ("signed", "0.8", "unsigned"),
    "0.8": ("signed", "0.8"),
}


def check_signing(mode: SignerMode, keys: Keys) -> None:
    """Raise ConfigurationError if cookies have to be signed and there is no key fit for it."""
    if mode in (True, "0.8") and not keys:
        raise wrong(
            "SESSION_USE_SIGNER", mode, "there is no SECRET_KEY to sign with",
            "Set SECRET_KEY before Session(app), or leave SESSION_USE_SIGNER unset.",
        )  # fmt: skip
    unfit = [key for key in keys if not isinstance(key, (str, bytes))]
    if unfit and mode is not False:
        setting = "SECRET_KEY" if unfit[-1] is keys[-1] else "SECRET_KEY_FALLBACKS"
        problem = "a key is text or bytes; from_prefixed_env() makes 42 a number"
        remedy = "Set each key to text: in the environment, in double quotes."
        raise refused(setting, unfit[-1], problem, remedy)


def keys_of(app: Flask) -> Keys:
    """Answer the keys cookies are signed with, the newest last; none without SECRET_KEY."""
    newest = app.secret_key
    if not newest:
        return ()
    fallbacks = app.config.get("SECRET_KEY_FALLBACKS") or ()
    if isinstance(fallbacks, (str, bytes, int)):  # one key, not each of its letters
        fallbacks = cast("Keys", (fallbacks,))
    return (*(key for key in reversed(fallbacks) if key), newest)  # an empty one signs for anybody


class CookieCodec:
    """Read and write the cookie's value under one set of keys; thread-safe."""

    def __init__(self, mode: SignerMode, keys: Keys, is_valid: SidCheck = is_sid) -> None:
        check_signing(mode, keys)
        keys = tuple(key for key in keys if isinstance(key, (str, bytes)))
        self.writes: Form = WRITES[mode] if keys else "unsigned"
        self._accepts: tuple[Form, ...] = ACCEPTS[mode] if keys else ("unsigned",)
        self.is_valid = is_valid
        self._longest: int = LONGEST_COOKIE
        self._readers: dict[Form, Callable[[str], Presented | None]] = {
            # A visitor shows one cookie with many requests; each is verified once.
            "signed": lru_cache(VERIFIED)(self._read_signed),
            "0.8": lru_cache(VERIFIED)(self._read_old),
            "unsigned": self._read_unsigned,
        }
        self._has_older: bool = len(keys) > 1
        if keys:
            self._ours, self._old = our_signer(keys), old_signer(keys)
            self._newest, self._newest_old = our_signer(keys[-1:]), old_signer(keys[-1:])

    def read(self, values: Iterable[str]) -> Iterator[Presented]:
        """Iterate over the acceptable ids among all cookies of our name, the vouched-for first.

        Anything malformed, forged or oversized is left out, without I/O.
        """
        for form in self._accepts:
            read, others = self._readers[form], []
            for value in values:
                presented = read(value) if len(value) <= self._longest else None
                if presented is not None:
                    yield presented
                else:
                    others.append(value)
            values = others

    def _read_signed(self, value: str) -> Presented | None:
        signed, _, signature = value.rpartition(".")
        sid, dot, touched_at = signed.rpartition(".")
        if not dot or not value.isascii() or not self._ours.verify_signature(signed, signature):
            return None
        is_current = not self._has_older or self._newest.verify_signature(signed, signature)
        return self._presented(sid, "signed", int(touched_at, 16), is_current)

    def _read_old(self, value: str) -> Presented | None:
        if "." not in value or (sid := unsign(self._old, value)) is None:
            return None
        is_current = not self._has_older or unsign(self._newest_old, value) is not None
        return self._presented(sid, "0.8", None, is_current)

    def _read_unsigned(self, value: str) -> Presented | None:
        return self._presented(value, "unsigned")

    def _presented(self, sid: str, form: Form, *known: Any) -> Presented | None:
        return Presented(sid, form, *known) if self.is_valid(sid) else None

    def is_as_written(self, cookie: Presented) -> bool:
        """Tell whether a cookie is as we would write it now, in form and key."""
        return cookie.is_current and cookie.form == self.writes

    def write(self, sid: str, now: float) -> str:
        """Make the cookie's value for a session whose lifetime is renewed at ``now``."""
        if self.writes == "signed":
            return self._ours.sign(f"{sid}.{int(now):x}").decode()
        if self.writes == "0.8":
            return self._old.sign(sid).decode()
        return sid
