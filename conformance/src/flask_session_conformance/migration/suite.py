"""Tests that an old application's sessions go on: open, last, stay permanent, and are converted."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any, ClassVar, Protocol

import pytest
from flask import session
from flask_session.serialization.legacy import is_pickle
from flask_session.signals import session_rejected

from ..sessions.base import MakeSite, SessionSuite
from ..site import Site, Visitor
from .hostile import STAY_QUIET, attacks
from .recordings import SECRET_KEY, Recording, recordings

HOUR = 3600
MODES: dict[bool, dict[Any, bool]] = {
    False: {None: True, False: True, True: False, "0.8": False},
    True: {None: True, False: True, True: True, "0.8": True},
}
"""Whether a cookie opens its session: by whether it is signed, and SESSION_USE_SIGNER."""


class Planter(Protocol):
    """Put recorded records into the real store, past our own code, and look at them there."""

    def plant(self, recording: Recording, expires_at: float | None) -> None:
        """Store the record as the release stored it, to expire at another time."""
        ...

    def value(self, recording: Recording) -> bytes | None:
        """Answer the bytes that lie under the record's key now."""
        ...

    def expires_at(self, recording: Recording) -> float:
        """Answer the expiry that the store has for the record now, in seconds since the epoch."""
        ...

    def remove(self, recording: Recording) -> None:
        """Remove the record, whatever it has become; harmless if it is gone."""
        ...


class MigrationConformance(SessionSuite):
    """Subclass it, name the ``recorded`` backend, provide ``config`` and a ``planter``."""

    recorded: ClassVar[str]

    def pytest_generate_tests(self, metafunc: pytest.Metafunc) -> None:
        """Give each test the recordings that its parameter asks for."""
        found = recordings(self.recorded)
        opening = [each for each in found if each.opens]
        chosen = {
            "recording": opening,
            "signing": list({(each.release, each.signer): each for each in opening}.values()),
            "ending": opening[:1] if self.server_decides_expiry else opening,
            "endless": [each for each in found if each.expires_in is None],
            "foreign": [each for each in found if each.payload == "foreign"],
        }
        for name, each in chosen.items():
            if name in metafunc.fixturenames:
                metafunc.parametrize(name, list(map(with_row, each)), ids=str)

    @pytest.fixture
    def planter(self) -> Planter:
        """Provide the way past our own code; override it."""
        raise NotImplementedError(f"{type(self).__name__} has to provide a fixture named 'planter'")

    @pytest.fixture
    def old(self, make_site: MakeSite, planter: Planter) -> Iterator[OldSessions]:
        """Provide sites that continue the recorded application."""
        sessions = OldSessions(make_site, planter)
        yield sessions
        sessions.remove()

    def test_an_old_session_opens_with_its_data(
        self, old: OldSessions, recording: Recording
    ) -> None:
        found = old.visitor(recording).does(lambda: dict(session))
        assert plain(found) == plain(recording.session)

    def test_its_permanence_stays(self, old: OldSessions, recording: Recording) -> None:
        assert old.visitor(recording).does(lambda: session.permanent) is recording.permanent

    def test_its_remaining_lifetime_stays(self, old: OldSessions, recording: Recording) -> None:
        visitor = old.visitor(recording, **unchanging(recording))
        before = old.planter.expires_at(recording)
        visitor.does(lambda: dict(session))
        assert old.planter.expires_at(recording) == pytest.approx(before, abs=2)

    def test_a_reader_leaves_its_record_alone(self, old: OldSessions, recording: Recording) -> None:
        old.visitor(recording).does(lambda: dict(session))
        assert old.planter.value(recording) == recording.value

    def test_the_first_change_writes_our_format(
        self, old: OldSessions, recording: Recording
    ) -> None:
        old.visitor(recording).does(lambda: session.update(changed=True))
        value = old.planter.value(recording)
        assert value is not None
        assert not is_pickle(value)
        assert b"changed" in value
        # Only a signed cookie lets the record say that it wants one.
        assert (b"_fs" in value) is recording.signer

    def test_it_is_whole_after_its_first_change(
        self, old: OldSessions, recording: Recording
    ) -> None:
        visitor = old.visitor(recording)
        visitor.does(lambda: session.update(changed=True))
        found = visitor.does(lambda: dict(session))
        assert plain(found) == plain({**recording.session, "changed": True})

    @pytest.mark.parametrize("mode", MODES[True])
    def test_its_cookie_counts_as_the_signer_setting_says(
        self, old: OldSessions, signing: Recording, mode: bool | str | None
    ) -> None:
        visitor = old.visitor(signing, SESSION_USE_SIGNER=mode)
        expected = "alice" if MODES[signing.signer][mode] else None
        assert visitor.does(lambda: session.get("user")) == expected

    def test_it_ends_when_it_would_have_ended(self, old: OldSessions, ending: Recording) -> None:
        # On DynamoDB 0.8 was up to 12 h late by its time zone; we grant 14 h against being early.
        seconds = 1 if self.server_decides_expiry else -27 * HOUR
        visitor = old.visitor(ending, seconds, **unchanging(ending))
        assert eventually(lambda: visitor.twin().does(lambda: "user" not in session))

    @pytest.mark.row("B1")
    @pytest.mark.parametrize("attack", sorted({*attacks("")} - STAY_QUIET))
    def test_a_hostile_pickle_does_not_run(
        self, old: OldSessions, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, attack: str
    ) -> None:
        monkeypatch.chdir(tmp_path)
        hostile = replace(recordings(self.recorded)[0], value=attacks("touch ran")[attack])
        assert old.visitor(hostile).does(lambda: session.get("user")) is None
        assert not (tmp_path / "ran").exists()


class ForeignTypes(MigrationConformance):
    """Add it for a backend whose old releases pickled."""

    def test_an_applications_own_types_are_rejected(
        self, old: OldSessions, foreign: Recording
    ) -> None:
        assert old.visitor(foreign).does(lambda: session.get("user")) is None

    def test_the_rejection_is_signalled(self, old: OldSessions, foreign: Recording) -> None:
        seen: list[Any] = []
        visitor = old.visitor(foreign)

        def note(sender: object, **details: Any) -> None:
            seen.append(details)

        with session_rejected.connected_to(note):
            visitor.does(lambda: session.get("user"))
        assert len(seen) == 1

    def test_a_rejected_session_does_not_hold_the_browser(
        self, old: OldSessions, foreign: Recording
    ) -> None:
        visitor = old.visitor(foreign)
        visitor.does(lambda: session.update(user="bob"))
        assert visitor.does(lambda: session.get("user")) == "bob"


class EndlessRecords(MigrationConformance):
    """Add it for a backend whose old releases stored no expiry for some sessions."""

    def test_one_without_any_expiry_is_over(self, old: OldSessions, endless: Recording) -> None:
        visitor = old.visitor(endless)
        assert visitor.does(lambda: session.get("user")) is None


class OldSessions:
    """Sites that continue the recorded application, and browsers that come back to them."""

    def __init__(self, make_site: MakeSite, planter: Planter) -> None:
        self.planter = planter
        self._make_site = make_site
        self._planted: list[Recording] = []

    def visitor(self, recording: Recording, seconds: float = HOUR, **settings: Any) -> Visitor:
        """Plant a record that ends in so many seconds, and let its browser come back."""
        endless = recording.expires_in is None
        expires_at = None if endless else recording.stored_expiry(time.time() + seconds)
        self.planter.plant(recording, expires_at)
        self._planted.append(recording)
        return self.site(recording, **settings).visitor(recording.cookie)

    def site(self, recording: Recording, **settings: Any) -> Site:
        """Make a site with the settings that the recorded application had."""
        known = {"SECRET_KEY": SECRET_KEY, "SESSION_KEY_PREFIX": "session:"}
        lifetime = {"PERMANENT_SESSION_LIFETIME": recording.lifetime}
        return self._make_site(**{**known, **lifetime, **settings})

    def remove(self) -> None:
        """Remove what was planted."""
        for recording in self._planted:
            self.planter.remove(recording)


def with_row(recording: Recording) -> Any:
    """Note in the report which release and which kind of cookie a test is about."""
    row = f"{recording.release} {'signed' if recording.signer else 'unsigned'}"
    return pytest.param(recording, marks=pytest.mark.row(row))


def unchanging(recording: Recording) -> dict[str, Any]:
    """Answer settings under which a look renews nothing, not even the cookie's form."""
    mode = "0.8" if recording.signer else False
    return {"SESSION_USE_SIGNER": mode, "SESSION_REFRESH_EACH_REQUEST": False}


def eventually(holds: Callable[[], bool], seconds: float = 3) -> bool:
    """Ask again until it holds or the time is over."""
    deadline = time.monotonic() + seconds
    while not holds():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.05)
    return True


def plain(found: dict[Any, Any]) -> object:
    """Answer a session with the type of every value beside it.

    Flashed messages are tuples here, whatever a release made of them.
    """
    flashes = [tuple(each) for each in found.get("_flashes", [])]
    return typed({**found, "_flashes": flashes})


def typed(value: object) -> object:
    """Answer a value with its type, all the way down, for a comparison."""
    if isinstance(value, dict):
        return {key: typed(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return type(value).__name__, [typed(item) for item in value]
    return type(value).__name__, value
