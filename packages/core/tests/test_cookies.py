"""Which cookies are accepted, and what ours look like."""

from __future__ import annotations

from weakref import ref

import pytest
from flask import Flask
from flask_session.lifecycle.presented import Presented
from flask_session.web.cookies import CookieCodec, cookie_values, is_custom_sid, keys_of
from flask_session.web.signers import SignerMode
from itsdangerous import Signer
from werkzeug.http import dump_cookie

SID = "s" * 43
UUID4 = "7d9f2b1c-0000-4000-8000-0123456789ab"
KEYS = ("old", "new")


def old_signature(sid: str, key: str = "new") -> str:
    signer = Signer(key, salt="flask-session", key_derivation="hmac")
    return signer.sign(sid).decode()


def read(mode: SignerMode, *values: str, keys: tuple[str, ...] = KEYS) -> list[Presented]:
    return list(CookieCodec(mode, keys).read(values))


@pytest.mark.parametrize("mode", [None, True])
def test_our_cookie_is_signed_and_tells_the_time(mode: bool | None) -> None:
    value = CookieCodec(mode, KEYS).write(SID, 1_764_000_000.9)
    assert value.split(".")[0] == SID
    assert read(mode, value) == [Presented(SID, "signed", 1_764_000_000)]


def test_a_cookie_from_before_an_upgrade_is_still_accepted() -> None:
    value = f"{SID}.69248100.3EIdc5zhHA7_DXRLevQcgqa8YxRZGsgCQ5nsE6WBqBk"
    assert read(None, value) == [Presented(SID, "signed", 0x69248100)]


def test_with_the_signer_of_0_8_the_cookie_is_that_of_0_8() -> None:
    assert CookieCodec("0.8", KEYS).write(SID, 0) == old_signature(SID)


@pytest.mark.parametrize(("mode", "keys"), [(False, KEYS), (None, ())])
def test_without_signing_the_cookie_is_the_id(mode: bool | None, keys: tuple[str, ...]) -> None:
    assert CookieCodec(mode, keys).write(SID, 0) == SID


@pytest.mark.parametrize("mode", [None, True, False, "0.8"])
def test_a_cookie_signed_by_0_8_is_accepted(mode: SignerMode) -> None:
    assert read(mode, old_signature(UUID4)) == [Presented(UUID4, "0.8")]


@pytest.mark.parametrize(("mode", "accepted"), [(None, 1), (False, 1), (True, 0), ("0.8", 0)])
def test_unsigned_ids_are_accepted_unless_signing_is_on(mode: SignerMode, accepted: int) -> None:
    assert len(read(mode, SID)) == accepted


def test_a_retired_key_still_verifies() -> None:
    assert len(read(True, CookieCodec(True, ("old",)).write(SID, 0))) == 1
    assert len(read(True, old_signature(SID, "old"))) == 1


def test_a_removed_key_does_not() -> None:
    assert read(True, CookieCodec(True, ("removed",)).write(SID, 0)) == []


def test_the_signed_time_cannot_become_part_of_an_id_of_0_8() -> None:
    sid, time, _ = CookieCodec(None, KEYS).write(SID, 0x77777777).split(".")
    assert read(True, f"{sid}.{time}") == []


@pytest.mark.parametrize(
    "value",
    ["", "x" * 15, "x" * 129, "a b" * 8, "../" * 8, "é" * 20, "x" * 20 + "\r\n", "{$ne:1}" * 4,
     SID + " ", SID + ".", "." + SID, f"{SID}.6b03dc71.", f"{SID}..x", "a." * 30_000, "\0" * 20,
     "\ud800.6b03dc71.AAAA"],
)  # fmt: skip
@pytest.mark.parametrize("mode", [None, True, False, "0.8"])
def test_malformed_ids_are_refused(mode: SignerMode, value: str) -> None:
    assert read(mode, value) == []


def test_a_changed_signature_is_refused() -> None:
    value = CookieCodec(True, KEYS).write(SID, 0)
    for position in range(len(value)):
        other = "A" if value[position] != "A" else "Q"
        changed = value[:position] + other + value[position + 1 :]
        # The last character of unpadded base64 has bits that do not count.
        if position < len(value) - 1:
            assert read(True, changed) == []


def test_the_signed_one_of_several_cookies_comes_first() -> None:
    signed = CookieCodec(None, KEYS).write(SID, 7)
    assert [each.sid for each in read(None, "a" * 43, "garbage!", signed)] == [SID, "a" * 43]


@pytest.mark.parametrize(
    ("header", "expected"),
    [
        ("session=a", ["a"]),
        ("other=b; session=a", ["a"]),
        ("session=a; other=b; session=c", ["a", "c"]),
        ("session=a;session=c", ["a", "c"]),
        ("  session = a ;other=b", ["a"]),
        ("session=a=b", ["a=b"]),
        ('session="a"; other=b; session="c', ["a", '"c']),
        pytest.param("session=" + " " * 60_000 + "x y; session=a", ["x y", "a"], id="spaces"),
        pytest.param("session" + " " * 60_000 + "x; session=a", ["a"], id="more spaces"),
        ("session=", [""]),
        ("mysession=a; session-id=b; sessions=c", []),
        ("other=session=a", []),
        ("session", []),
        ("", []),
    ],
)
def test_all_cookies_of_the_name_are_found(header: str, expected: list[str]) -> None:
    assert cookie_values(header, "session") == expected


def test_the_name_of_a_cookie_is_no_pattern() -> None:
    assert cookie_values("axb=1; a.b=2", "a.b") == ["2"]


def test_a_cookie_is_verified_once() -> None:
    codec = CookieCodec(True, KEYS)
    value = codec.write(SID, 7)
    first, second = next(codec.read([value])), next(codec.read([value]))
    assert first is second
    assert list(codec.read([f"{value[:-5]}AAAAA"])) == []


class Text(str):
    """A text of which can be told whether somebody keeps it."""


def test_a_cookie_that_is_longer_than_ours_is_not_remembered() -> None:
    codec, value = CookieCodec(None, KEYS), Text(f"{SID}.6b03dc71.{'x' * 100_000}")
    kept = ref(value)
    assert list(codec.read([value])) == []
    del value
    assert kept() is None


def test_what_werkzeug_escapes_in_a_cookie_is_read_as_it_was() -> None:
    value = 'bob,"the\\builder";\x7f é'
    header = dump_cookie("session", value, path=None)
    assert cookie_values(f"a=1; {header}; b=2", "session") == [value]


def test_ids_of_an_apps_own_making_may_have_other_characters() -> None:
    sid = "user:42/device@home"
    codec = CookieCodec(True, KEYS, is_custom_sid)
    assert list(codec.read([codec.write(sid, 1)])) == [Presented(sid, "signed", 1)]


@pytest.mark.parametrize("sid", ["a b", "é", "a\n", "", "x" * 251])
def test_but_none_of_which_no_key_can_be_made(sid: str) -> None:
    assert not is_custom_sid(sid)


def test_a_number_as_key_signs_and_reads_nothing_where_signing_is_off() -> None:
    assert read(False, "abc.def", "x.1.y", keys=(42,)) == []  # type: ignore[arg-type]


def test_a_single_former_key_is_one_key() -> None:
    # As a text from the environment, each of its letters was a key.
    app = Flask("keys")
    app.config.update(SECRET_KEY="new", SECRET_KEY_FALLBACKS="old")
    assert keys_of(app) == ("old", "new")
