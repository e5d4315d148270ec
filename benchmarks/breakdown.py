"""Where the microseconds of a request go, by what the code belongs to.

A deterministic profile, corrected for what profiling costs: the time that a profiled run takes
longer than one without is taken off again, in equal parts for each call, half from the function
that was called and half from the one that called it. What is left is scaled to the time without.

It is imported in the environment of Flask-Session 0.8.0 too, so nothing of ours is imported here.
"""

from __future__ import annotations

import cProfile
import re
import time
from collections import defaultdict
from collections.abc import Callable
from statistics import median
from typing import Any

CODEC = (
    "serializers formats msgpack_format json_format depth fidelity flattening bookkeeping contents"
)
PARTS: list[tuple[str, str]] = [
    (r"/(flask|werkzeug|jinja2|blinker|markupsafe)/", "Flask and Werkzeug"),
    (r"/flask_session/cookies\.py|/itsdangerous/|/hmac\.py", "cookie: parse, verify, sign"),
    (r"/flask_session/responses\.py", "answer: headers"),
    (rf"/flask_session/({CODEC.replace(' ', '|')})\.py", "decode, encode, compare"),
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


SLICES = 5


def break_down(work: Callable[[], object], count: int) -> dict[str, float]:
    """Answer the microseconds per request of each part; ``work`` makes ``count`` requests.

    Each is the median of a few runs, so that an interruption of one of them counts in none.
    """
    plain = median(seconds_of(work) for _ in range(SLICES)) / count * 1e6
    slices = [profiled(work) for _ in range(SLICES)]
    parts = {part: median(each.get(part, 0.0) for each in slices) for part in slices[0]}
    scale = plain / sum(parts.values())
    return {part: seconds * scale for part, seconds in parts.items()}


def profiled(work: Callable[[], object]) -> dict[str, float]:
    """Answer the seconds of each part, without the profiler's own."""
    plain = seconds_of(work)
    profiler = cProfile.Profile(subcalls=True, builtins=True)
    slow = seconds_of(lambda: profiler.runcall(work))
    spent, ends = collect(profiler.getstats())
    each_end = max(0.0, slow - plain) / max(1, sum(ends.values()))
    return {part: max(0.0, spent[part] - ends[part] * each_end) for part in spent}


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
