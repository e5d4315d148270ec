"""gunicorn and uWSGI with four workers, forked when the client already has a connection.

gunicorn forks with Python's hooks (``--preload``), uWSGI without, and by default.
"""

from __future__ import annotations

import json
import os
import random
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from functools import partial
from http.client import HTTPConnection
from pathlib import Path
from typing import Any

import pytest
from flask_session_conformance.history import OK, History, Operation
from flask_session_conformance.plugin import GetServer
from flask_session_conformance.proxy import Proxy
from flask_session_conformance.threads import together

for server_module in ("gunicorn", "pyuwsgi"):
    pytest.importorskip(server_module, reason=f"{server_module} is tested on Linux only")
WORKERS, VISITORS, REQUESTS = 4, 8, 50
LATE = 0.005
"""Seconds of every round trip: workers that share a connection meet on it."""
HERE = Path(__file__).parent
SERVERS = {
    "gunicorn": [
        *(sys.executable, "-m", "gunicorn", "--preload", f"--workers={WORKERS}"),
        *("--bind=fd://{socket}", f"--chdir={HERE}", "preloaded:app"),
    ],
    "uwsgi": [
        *(str(Path(sys.executable).with_name("uwsgi")), f"--venv={sys.prefix}", "--die-on-term"),
        *("--master", f"--processes={WORKERS}", "--need-app", "--disable-logging"),
        *("--http-socket=fd://{socket}", f"--chdir={HERE}", "--module=preloaded:app"),
    ],
}
"""How each is started on a socket that already listens, and whose number takes that place."""
KINDS = {
    "redis": ("redis", "SESSION_REDIS"),
    "postgresql": ("sqlalchemy", "SESSION_SQLALCHEMY"),
    "mariadb": ("sqlalchemy", "SESSION_SQLALCHEMY"),
    "mongodb": ("mongodb", "SESSION_MONGODB"),
    "memcached": ("memcached", "SESSION_MEMCACHED"),
}


class Browser:
    """A visitor of the site, with one cookie."""

    def __init__(self, port: int, name: str, processes: set[int]) -> None:
        self.port, self.name, self.processes = port, name, processes
        self.cookie = ""

    def get(self, path: str = "") -> dict[str, str]:
        """Send a request; AssertionError if the answer is not a 200."""
        connection = HTTPConnection("127.0.0.1", self.port, timeout=30)
        connection.request("GET", f"/{self.name}{path}", headers={"Cookie": self.cookie})
        answer = connection.getresponse()
        body = answer.read()
        connection.close()
        assert answer.status == 200
        if answer.headers["Set-Cookie"]:
            self.cookie = answer.headers["Set-Cookie"].partition(";")[0]
        told = json.loads(body)
        self.processes.add(told["process"])
        seen: dict[str, str] = told["seen"]
        return seen


@pytest.fixture(params=KINDS)
def config(request: pytest.FixtureRequest, server: GetServer) -> Iterator[dict[str, Any]]:
    """Provide the configuration of an application whose server takes its time."""
    request.node.backend = request.param
    kind, setting = KINDS[request.param]
    prefix, running = f"preforking-{random.getrandbits(48):x}:", server(request.param)
    with Proxy(running.host, running.port) as proxy:
        proxy.delay(LATE)
        config = {"SESSION_TYPE": kind, setting: running.url_at(proxy.address)}
        yield {**config, "SESSION_KEY_PREFIX": prefix, "PERMANENT_SESSION_LIFETIME": 120}


@pytest.fixture(params=SERVERS)
def port(request: pytest.FixtureRequest, config: dict[str, Any]) -> Iterator[int]:
    """Provide the port on which one of the servers serves that application."""
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        listening.listen(64)
        listening.set_inheritable(True)
        process = subprocess.Popen(
            [part.format(socket=listening.fileno()) for part in SERVERS[request.param]],
            env={**os.environ, "PRELOADED_CONFIG": json.dumps(config)},
            pass_fds=[listening.fileno()],
        )
        yield listening.getsockname()[1]
        process.terminate()
        assert process.wait(20) == 0


@pytest.mark.row("E1", "E2")
def test_four_forked_workers_mix_up_and_lose_nothing(port: int) -> None:
    history, processes = History(), set[int]()
    browsers = [Browser(port, f"visitor{number}", processes) for number in range(VISITORS)]
    together([partial(live, history, browser) for browser in browsers])
    assert [each for each in history.operations if each.outcome != OK] == []
    assert history.anomalies() == []
    assert len(processes) == WORKERS


def live(history: History, browser: Browser) -> None:
    """Write, read and log out for a while, and look at everything in the end."""
    chance = random.Random(browser.name)
    for _ in range(REQUESTS):
        kind = chance.choices(["write", "read", "log out"], [5, 5, 1])[0]
        key, token = f"{chance.randrange(3)}", history.token(browser.name)
        if kind == "write":
            path = f"/{key}/{token.replace(' ', '%20')}"
            operation = Operation(browser.name, kind, key, token)
        else:
            path, operation = (
                ("/log-out" if kind == "log out" else ""),
                Operation(browser.name, kind),
            )
        history.note(operation, partial(browser.get, path))
        time.sleep(0.001)
    history.note(Operation(browser.name, "read"), browser.get)
