"""Requests over HTTP to gunicorn, two workers with four threads each; all on loopback, bounded."""

from __future__ import annotations

import http.client
import json
import os
import subprocess
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, closing, contextmanager, suppress
from statistics import median, quantiles
from typing import Any

from flask_session_conformance.proxy.listener import reserve

from .environments import ROOT, python_of
from .results import Served

CLIENTS = 8
WORKERS = ("--workers", "2", "--threads", "4", "--worker-class", "gthread", "--keep-alive", "60")
NAMES = ("plain", "old", "ours")
LONGEST = 5.0
"""Seconds after which a batch ends, however few requests it made."""


@contextmanager
def gunicorn(command: dict[str, Any]) -> Iterator[int]:
    """Serve a contender's app, and answer the port."""
    with reserve(0) as reserved:
        port = int(reserved.getsockname()[1])
    python = str(python_of(command["contender"]))
    bind = ("--bind", f"127.0.0.1:{port}", "--log-level", "warning")
    process = subprocess.Popen(
        [python, "-m", "gunicorn", *WORKERS, *bind, "benchmarks.served:app"],
        cwd=ROOT,
        env={**os.environ, "BENCHMARK": json.dumps(command), "PYTHONDONTWRITEBYTECODE": "1"},
    )
    try:
        wait_for(process, port)
        yield port
    finally:
        process.terminate()
        process.wait(30)


def wait_for(process: subprocess.Popen[bytes], port: int) -> None:
    """Return when the server answers; RuntimeError if it ends or takes too long."""
    deadline = time.monotonic() + 30
    while time.monotonic() < deadline and process.poll() is None:
        with closing(Client(port)) as client, suppress(OSError):
            client.get("untouched")
            return
        time.sleep(0.05)
    raise RuntimeError("gunicorn does not answer; its error output is above")


class Client:
    """A connection that stays open, and a cookie."""

    def __init__(self, port: int) -> None:
        self.connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
        self.cookie = ""

    def get(self, scenario: str) -> float:
        """Answer the milliseconds of one request. RuntimeError for anything but 200."""
        began = time.perf_counter()
        headers = {"Cookie": self.cookie} if self.cookie else {}
        self.connection.request("GET", f"/{scenario}", headers=headers)
        response = self.connection.getresponse()
        response.read()
        if response.status != 200:
            raise RuntimeError(f"{scenario}: {response.status}")
        self.cookie = (response.getheader("Set-Cookie") or self.cookie).partition(";")[0]
        return (time.perf_counter() - began) * 1000

    def close(self) -> None:
        """Close the connection; the next request opens it again."""
        self.connection.close()


class Load:
    """Clients of one server, each a visitor who is logged in."""

    def __init__(self, port: int) -> None:
        self.clients = [Client(port) for _ in range(CLIENTS)]
        for client in self.clients:
            client.get("create")

    def close(self) -> None:
        """Close all connections."""
        for client in self.clients:
            client.close()

    def run(self, scenario: str, count: int) -> tuple[float, list[float]]:
        """Answer the requests per second and the milliseconds of each."""
        deadline = time.monotonic() + LONGEST

        def visit(client: Client) -> list[float]:
            client.close()
            taken: list[float] = []
            while len(taken) < count // CLIENTS and time.monotonic() < deadline:
                taken.append(client.get(scenario))
            return taken

        with ThreadPoolExecutor(CLIENTS) as pool:
            began = time.perf_counter()
            taken = [each for visits in pool.map(visit, self.clients) for each in visits]
            return len(taken) / (time.perf_counter() - began), taken


def serve(backend: str, address: str, rounds: int, count: int) -> list[Served]:
    """Let the contenders serve in turn, ``rounds`` batches of ``count`` requests per scenario."""
    command = {"backend": backend, "address": address, "size": "small", "threads": 4}
    with ExitStack() as stack:
        loads = {}
        for name in NAMES:
            port = stack.enter_context(gunicorn({**command, "contender": name}))
            loads[name] = stack.enter_context(closing(Load(port)))
        return [serve_scenario(loads, each, rounds, count) for each in ("read", "change")]


def serve_scenario(loads: dict[str, Load], scenario: str, rounds: int, count: int) -> Served:
    """Measure one scenario; the first round is not counted."""
    rates: dict[str, list[float]] = {name: [] for name in loads}
    taken: dict[str, list[float]] = {name: [] for name in loads}
    for each in range(rounds + 1):
        for name, load in loads.items():
            rate, milliseconds = load.run(scenario, count)
            if each:
                rates[name].append(rate)
                taken[name] += milliseconds
    return Served(
        scenario,
        {name: median(values) for name, values in rates.items()},
        {name: median(values) for name, values in taken.items()},
        {name: quantiles(values, n=100)[98] for name, values in taken.items()},
    )
