"""Everything a run measures, as plain data that can be kept as JSON."""

from __future__ import annotations

from pathlib import Path
from statistics import median, quantiles

import msgspec

Spread = tuple[float, float, float]
"""Median, lower and upper quartile."""


LEAST = 10.0
"""Microseconds below which a cost is not divided by: the noise would be the ratio."""


def spread(values: list[float]) -> Spread:
    """Answer the median and the quartiles."""
    if len(values) < 2:
        return values[0], values[0], values[0]
    low, _, high = quantiles(values, n=4)
    return median(values), low, high


class Line(msgspec.Struct):
    """One scenario: microseconds per request of each contender, round by round."""

    scenario: str
    times: dict[str, list[float]]
    without: dict[str, list[float]]
    """The app without sessions, in the process of each contender that is an app."""

    def note(self, name: str, seconds: float, without: float | None, requests: int) -> None:
        """Add a round."""
        self.times[name].append(seconds / requests * 1e6)
        if without is not None:
            self.without.setdefault(name, []).append(without / requests * 1e6)

    def net(self, name: str) -> list[float]:
        """Answer what a contender costs beyond the app without sessions in the same process."""
        if name not in self.without:
            return self.times[name]
        pairs = zip(self.times[name], self.without[name], strict=True)
        return [one - other for one, other in pairs]

    def ratio(self, name: str, other: str) -> Spread | None:
        """Answer the ratio of two net costs, pair by pair; ``None`` where one is about nothing."""
        if min(median(self.net(other)), median(self.net(name))) < LEAST:
            return None
        pairs = zip(self.net(name), self.net(other), strict=True)
        return spread([one / max(two, 1.0) for one, two in pairs])

    def gain(self) -> Spread:
        """Answer the microseconds by which ours is faster than 0.8.0, pair by pair."""
        pairs = zip(self.net("old"), self.net("ours"), strict=True)
        return spread([old - ours for old, ours in pairs])


class Case(msgspec.Struct):
    """What is compared: a size, and the settings that are not left at their default."""

    size: str
    options: dict[str, bool] = {}

    @property
    def title(self) -> str:
        """Name the case."""
        names = {
            "signer": "SESSION_USE_SIGNER = {}",
            "refresh": "SESSION_REFRESH_EACH_REQUEST = {}",
            "renewal": "each look renews the lifetime",
            "wal": "0.8.0 on a file in WAL mode, too",
            "acknowledged": "0.8.0 waits for the answer to a write, too",
        }
        chosen = [names[name].format(value) for name, value in self.options.items()]
        return f"{self.size} session, {', '.join(chosen) or 'default settings'}"


class Compared(msgspec.Struct):
    """All scenarios of a case."""

    case: Case
    lines: list[Line]

    def line(self, scenario: str) -> Line:
        """Answer one scenario."""
        return next(line for line in self.lines if line.scenario == scenario)


class Count(msgspec.Struct):
    """What one request of a scenario asks of the store, per contender; bytes where there are."""

    scenario: str
    commands: dict[str, dict[str, float]]
    round_trips: dict[str, float] = {}
    sent: dict[str, float] = {}
    received: dict[str, float] = {}


class Crowded(msgspec.Struct):
    """Requests per second of a number of threads, per contender, and how many failed."""

    threads: int
    rates: dict[str, float]
    failed: dict[str, int]


class Served(msgspec.Struct):
    """A scenario over HTTP: per contender the rate, median and 99th percentile in milliseconds."""

    scenario: str
    rates: dict[str, float]
    medians: dict[str, float]
    p99: dict[str, float]


class Filled(msgspec.Struct):
    """The scenarios with a number of sessions in the store."""

    number: int
    lines: list[Line]


class Purged(msgspec.Struct):
    """Removing expired records while another process serves; microseconds of its requests."""

    rows: int
    seconds: float
    alone: tuple[float, float]
    """Median and 99th percentile without a purge."""
    meanwhile: tuple[float, float]
    requests: int


class Backend(msgspec.Struct):
    """Everything about one backend."""

    name: str
    server: str
    compared: list[Compared] = []
    counts: list[Count] = []
    breakdowns: dict[str, dict[str, float]] = {}
    crowded: list[Crowded] = []
    served: list[Served] = []
    filled: list[Filled] = []

    def default(self, size: str) -> Compared | None:
        """Answer the case of a size with default settings."""
        found = (each for each in self.compared if each.case.size == size and not each.case.options)
        return next(found, None)


class Imported(msgspec.Struct):
    """Milliseconds and modules of an import, and of all until there is a session interface."""

    flask: Spread
    ours: Spread
    """``import flask_session`` after ``import flask``."""
    session: Spread
    """``Session(app)`` with files, after both."""
    imported: dict[str, int]
    """Modules that ``import flask_session`` adds to those of Flask, by package."""
    loaded: dict[str, int]
    """Modules that ``Session(app)`` adds to these."""


class Results(msgspec.Struct):
    """A whole run."""

    machine: dict[str, str]
    versions: dict[str, str]
    rounds: int
    quick: bool = False
    backends: list[Backend] = []
    imported: dict[str, Imported] = {}
    purged: dict[str, Purged] = {}

    def write(self, path: Path) -> None:
        """Keep the figures."""
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(msgspec.json.format(msgspec.json.encode(self)) + b"\n")

    @classmethod
    def read(cls, path: Path) -> Results:
        """Read the figures of an earlier run."""
        return msgspec.json.decode(path.read_bytes(), type=cls)
