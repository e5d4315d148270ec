"""What a :class:`~flask_session_conformance.worker.Worker` can be told to do."""

from __future__ import annotations

import json
import os
from collections import Counter
from collections.abc import Callable
from dataclasses import asdict
from typing import Any

from .history import OK, History
from .sessions.crowds import live
from .sessions.orders import perform
from .site import Site
from .stores import counting
from .views import put
from .watching import Call
from .worker import stop, tell


def setup(site: Site) -> None:
    """Make what the database needs."""
    site.store.store.setup()


def create_each(site: Site, keys: list[str], ttl: int = 60) -> list[bool]:
    """Create a record under each key."""
    return [site.store.create(key, b"data", ttl) for key in keys]


def increment(site: Site, key: str, times: int) -> None:
    """Add to the counter under a key."""
    counting.increment(site.store, key, times)


def is_live(site: Site, key: str) -> bool:
    """Answer whether there is a record."""
    return site.store.load(key) is not None


def expires_at(site: Site, key: str) -> float | None:
    """Answer the expiry that the store tells."""
    record = site.store.load(key)
    return record.expires_at if record else None


def request(site: Site, cookie: str, kind: str, token: str) -> dict[str, Any]:
    """Make one request that stops before each verb, and tell what became of it."""
    site.store.before = stop_at_each_verb
    done = perform(site.visitor(cookie), kind, token)
    site.store.before = None
    cookies = [asdict(each) for each in done.answer.cookies]
    answer = {"status": done.answer.status, "result": done.answer.result, "cookies": cookies}
    return {"answer": answer, "lost": done.lost}


def stop_at_each_verb(call: Call) -> None:
    """Wait for our turn."""
    stop(call.verb)


def write_on_and_on(site: Site, cookie: str, most: int = 10_000) -> None:
    """Write one item after the other, and tell each that was answered with success."""
    visitor = site.visitor(cookie)
    for number in range(most):
        visitor.does(put(**{f"{number}": "written"}))
        tell(f"{number}")


def fork(site: Site, children: int, warm: bool) -> list[str]:
    """Fork, let every child be two visitors for a while, and answer what went wrong.

    ``warm`` makes a request before forking, so that a connection is open.
    """
    if warm:
        crowd(site, "parent")
    running = [start_child(site, f"child {number}") for number in range(children)]
    return [problem for collect in running for problem in collect()]


def start_child(site: Site, name: str) -> Callable[[], list[str]]:
    """Fork one child; what is answered waits for it and tells its problems."""
    reading, writing = os.pipe()
    pid = os.fork()
    if pid == 0:
        with os.fdopen(writing, "w") as report:
            json.dump(problems_of(site, name), report)
        os._exit(0)
    os.close(writing)

    def collect() -> list[str]:
        with os.fdopen(reading) as report:
            text = report.read()
        os.waitpid(pid, 0)
        problems: list[str] = json.loads(text) if text else [f"{name} ended with an error"]
        return problems

    return collect


def problems_of(site: Site, name: str) -> list[str]:
    """Be two visitors in a child; what it cannot bear is a problem, too."""
    try:
        return crowd(site, name)
    except Exception as error:
        return [f"{name} ended with {error!r}"]


def crowd(site: Site, name: str, requests: int = 100) -> list[str]:
    """Be two visitors, tidy up after them, and answer what went wrong."""
    history = History()
    live(history, site, name, requests)
    for key in site.store.created:
        site.store.store.delete(key)
    failed = Counter(each.kind for each in history.operations if each.outcome != OK)
    return [
        f"{name}: {many} x {kind} failed" for kind, many in failed.items()
    ] + history.anomalies()
