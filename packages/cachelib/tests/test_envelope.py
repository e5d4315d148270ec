"""The bytes of a record: ours, and the headers that releases of cachelib have written."""

from __future__ import annotations

import hashlib
import pickle
from pathlib import Path

import pytest
from flask_session_cachelib import FileStore
from flask_session_cachelib.envelope import LONGEST_HEADER, renew, seal, unseal

backend = "cachelib files"
EXPIRES = 1_800_000_000
PICKLE = b"\x80\x05\x95\x13\0\0\0\0\0\0\0}\x94\x8c\x04user\x94\x8c\x05alice\x94s."
RECORDED = {
    "0.1.1 and 0.2": b"J\x00\xd2Ik." + PICKLE,
    "0.5": b"\x80\x05\x95\x06\0\0\0\0\0\0\0J\x00\xd2Ik." + PICKLE,
    "0.5 under Python 3.7": b"\x80\x03J\x00\xd2Ik." + PICKLE,
    "0.8 to 0.17": b"\x00\xd2Ik" + PICKLE,
}
"""Written by these releases of cachelib, with a clock that made them expire at EXPIRES."""

recorded = pytest.mark.parametrize("raw", RECORDED.values(), ids=RECORDED.keys())


def test_a_sealed_record_opens_with_its_data_key_and_expiry() -> None:
    envelope = unseal(seal("session:k", b"data", 12.5))
    assert (envelope.data, envelope.key, envelope.expires_at) == (b"data", "session:k", 12.5)


def test_key_and_expiry_are_within_the_longest_header() -> None:
    envelope = unseal(seal("k" * 250, bytes(5000), 12.5)[:LONGEST_HEADER])
    assert (envelope.key, envelope.expires_at) == ("k" * 250, 12.5)


def test_renewing_changes_nothing_but_the_expiry() -> None:
    raw = seal("session:k", b"data", 12.5)
    assert renew(raw, unseal(raw), 99.5) == seal("session:k", b"data", 99.5)


@recorded
def test_a_file_of_cachelib_opens_with_the_pickle_as_it_is(raw: bytes) -> None:
    envelope = unseal(raw)
    assert (envelope.data, envelope.key, envelope.expires_at) == (PICKLE, None, EXPIRES)


@recorded
def test_a_file_of_cachelib_can_be_renewed(raw: bytes) -> None:
    renewed = unseal(renew(raw, unseal(raw), EXPIRES + 59.5))
    assert (renewed.data, renewed.expires_at) == (PICKLE, EXPIRES + 60)


@recorded
def test_a_store_loads_a_file_of_cachelib(raw: bytes, tmp_path: Path) -> None:
    (tmp_path / hashlib.md5(b"session:k").hexdigest()).write_bytes(raw)
    store = FileStore(tmp_path)
    store.clock = lambda: EXPIRES - 60
    record = store.load("session:k")
    assert record is not None
    assert record.data == PICKLE


def test_an_expiry_of_zero_in_a_file_of_cachelib_means_never() -> None:
    envelope = unseal(bytes(4) + PICKLE)
    assert envelope.expires_at is None
    assert envelope.live(now=2.0**40)


@pytest.mark.row("B2")
@pytest.mark.parametrize("length", range(26))
def test_a_record_cut_within_its_header_has_no_data(length: int) -> None:
    assert unseal(seal("session:k", b"data", 12.5)[:length]).data is None


@pytest.mark.row("B2")
def test_a_flipped_byte_of_the_header_never_changes_whose_record_it_is() -> None:
    raw = seal("session:k", b"data", 1_800_000_000.5)
    for place in range(len(raw) - len(b"data")):
        flipped = bytes([*raw[:place], raw[place] ^ 0xFF, *raw[place + 1 :]])
        envelope = unseal(flipped)
        assert envelope.data is None or envelope.key != "session:k" or place < 16


@pytest.mark.row("B2")
@pytest.mark.parametrize("expires_at", [float("nan"), float("inf"), -1.0, 1e300])
def test_an_impossible_expiry_makes_the_record_unreadable(expires_at: float) -> None:
    assert unseal(seal("session:k", b"data", expires_at)).data is None


def test_no_pickle_begins_as_our_records_do() -> None:
    with pytest.raises(pickle.UnpicklingError):
        pickle.loads(seal("session:k", b"data", 12.5))  # noqa: S301 - that it fails is the point
