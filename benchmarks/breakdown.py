"""Where the microseconds of a request go, by what the code belongs to.

A deterministic profile, corrected for what profiling costs: that is measured first and taken off
for each call, half from the function that was called and half from the one that called it. What is
left is scaled to the time without a profiler.

It is imported in the environment of Flask-Session 0.8.0 too, so nothing of ours is imported here.
"""

from __future__ import annotations

import cProfile
import re
import time
from collections import defaultdict
from collections.abc import Callable
from typing import Any

CODEC = r"serializers\.py|serialization/|lifecycle/(bookkeeping|contents)\.py"
PARTS: list[tuple[str, str]] = [
    (r"/(flask|werkzeug|jinja2|blinker|markupsafe)/", "Flask and Werkzeug"),
    (
        r"/flask_session/web/(cookies|signers)\.py|/itsdangerous/|/hmac\.py",
        "cookie: parse, verify, sign",
    ),
    (r"/flask_session/web/(responses|headers)\.py", "answer: headers"),
    (rf"/flask_session/({CODEC})", "decode, encode, compare"),
    (r"/flask_session/", "core: life of the session"),
    (r"/flask_session_\w+/", "store"),
    (r"/benchmarks/", "the benchmark itself"),
    (r"/site-packages/", "client library"),
]
WAITING = re.compile(
    r"method '(recv|recv_into|send|sendall|sendmsg|poll)' of|select\.|time\.sleep"
    r"|'execute' of 'sqlite3|'fetch\w*' of 'sqlite3|'(commit|rollback)' of 'sqlite3"
    r"|psycopg_binary|built-in method (_?io\.open|posix\.|fcntl\.)"
    r"|method '(read|write|flush|close|__exit__)' of '_io\."
)
"""Functions in C that are the system, the driver of a database, or wait for a server."""


SLICES = 7
"""Runs of each kind; of each part the shortest counts, which was interrupted least."""
CALLS = 20_000


def break_down(work: Callable[[], object], count: int) -> dict[str, float]:
    """Answer the microseconds per request of each part; ``work`` makes ``count`` requests."""
    plain = min(seconds_of(work) for _ in range(SLICES))
    each_end = cost_of_an_end()
    slices = [collect(profiled(work)[1].getstats()) for _ in range(SLICES)]
    parts = {
        part: max(0.0, min(spent[part] - ends[part] * each_end for spent, ends in slices))
        for part in slices[0][0]
    }
    scale = plain / sum(parts.values())
    return {part: seconds * scale / count * 1e6 for part, seconds in parts.items()}


def cost_of_an_end() -> float:
    """Answer the seconds that profiling adds at either end of a call."""

    def nothing() -> None:
        pass

    def work() -> None:
        for _ in range(CALLS):
            nothing()
            len("")

    plain = min(seconds_of(work) for _ in range(SLICES))
    slow = min(profiled(work)[0] for _ in range(SLICES))
    return max(0.0, slow - plain) / (4 * CALLS)


def profiled(work: Callable[[], object]) -> tuple[float, cProfile.Profile]:
    """Run under a profiler, and answer the seconds with it."""
    profiler = cProfile.Profile(subcalls=True, builtins=True)
    return seconds_of(lambda: profiler.runcall(work)), profiler


def seconds_of(work: Callable[[], object]) -> float:
    """Time one call."""
    began = time.perf_counter()
    work()
    return time.perf_counter() - began


def collect(stats: list[Any]) -> tuple[dict[str, float], dict[str, int]]:
    """Sum up, for each part, its own seconds and the ends of calls that were measured in it."""
    spent: dict[str, float] = defaultdict(float)
    ends: dict[str, int] = defaultdict(int)
    for entry in stats:
        if isinstance(entry.code, str):
            continue  # counted with its callers
        part = part_of(entry.code.co_filename)
        spent[part] += entry.inlinetime
        ends[part] += entry.callcount
        for call in entry.calls or ():
            ends[part] += call.callcount
            if isinstance(call.code, str):
                called = "system, driver, server" if WAITING.search(call.code) else part
                spent[called] += call.inlinetime
                ends[called] += call.callcount
    return spent, ends


def part_of(filename: str) -> str:
    """Name the part a file belongs to."""
    for pattern, part in PARTS:
        if re.search(pattern, filename):
            return part
    return "standard library"
