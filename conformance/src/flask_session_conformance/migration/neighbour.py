"""A worker that runs an old Flask-Session in an environment of its own, made from PyPI.

::

    python = make_environment(Path(".cache/flask-session-0.8.0"), NEWEST)
    with Neighbour(python, backend="redis", address="127.0.0.1:6379") as old:
        answer = old.request(None, ("update", {"user": "alice"}))
        answer.cookie, answer.session
"""

from __future__ import annotations

import datetime
import fcntl
import json
import os
import shutil
import subprocess
import sys
import uuid
import zoneinfo
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Any

from markupsafe import Markup

NEWEST = (
    *("flask-session==0.8.0", "flask>=3.1,<4", "cachelib<0.18", "msgspec<1", "redis<9"),
    *("pymemcache<5", "pymongo<5", "flask-sqlalchemy<4", "sqlalchemy<2.1", "pymysql<2"),
    *("psycopg2-binary<3", "boto3<2", "mypy-boto3-dynamodb<2"),
)
"""The last release before this library, with today's clients of every backend."""

WORKER = Path(__file__).with_name("_old_worker.py")
NAMES: dict[str, Any] = {
    "datetime": datetime, "zoneinfo": zoneinfo, "Decimal": Decimal, "UUID": uuid.UUID,
    "Markup": Markup,
}  # fmt: skip


def evaluate(text: str) -> Any:
    """Read a session as the worker, or a recorded file of this package, wrote it."""
    return eval(text, dict(NAMES))


@dataclass(frozen=True)
class Answer:
    """What one request was answered; ``cookie`` is ``""`` if deleted and ``None`` if not sent."""

    status: int
    cookie: str | None
    source: str

    @property
    def session(self) -> dict[Any, Any]:
        """The session at the end of the request."""
        return evaluate(self.source)  # type: ignore[no-any-return]


def make_environment(folder: Path, requirements: Sequence[str], python: str | None = None) -> Path:
    """Install packages from PyPI into a virtual environment, once, and answer its interpreter.

    Processes that want the same environment at once wait for the one that makes it.
    """
    interpreter, complete = folder / "bin" / "python", folder / "complete"
    folder.parent.mkdir(parents=True, exist_ok=True)
    with folder.with_name(folder.name + ".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        # An environment outlives the interpreter it was made with, if that was in one itself.
        present = complete.exists() and interpreter.exists()
        if not present or complete.read_text() != "\n".join(requirements):
            shutil.rmtree(folder, ignore_errors=True)
            install(folder, interpreter, requirements, python or sys.executable)
            complete.write_text("\n".join(requirements))
    return interpreter


def install(folder: Path, interpreter: Path, requirements: Sequence[str], python: str) -> None:
    """Make the environment with uv, or with the standard library where there is no uv."""
    uv = shutil.which("uv")
    if uv:
        run(uv, "venv", "--quiet", "--python", python, str(folder))
        run(uv, "pip", "install", "--quiet", "--python", str(interpreter), *requirements)
    else:
        run(python, "-m", "venv", str(folder))
        run(str(interpreter), "-m", "pip", "install", "--quiet", *requirements)


def run(*command: str) -> None:
    """Run a command; RuntimeError with what it said if it fails."""
    environment = {name: value for name, value in os.environ.items() if name != "VIRTUAL_ENV"}
    process = subprocess.run(command, capture_output=True, text=True, check=False, env=environment)
    if process.returncode:
        raise RuntimeError(f"{' '.join(command)}: {process.stderr}")


class Neighbour:
    """A running worker; it is a context manager and ends with the block.

    ``about`` holds the versions in use and, for SQL, the statement that made the table.
    """

    def __init__(
        self,
        python: Path,
        backend: str,
        address: str = "",
        folder: str = "",
        lifetime: int = 86400,
        config: Mapping[str, Any] | None = None,
        zone: str = "UTC",
    ) -> None:
        self._process = subprocess.Popen(
            [str(python), str(WORKER)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            env={**os.environ, "TZ": zone, "PYTHONDONTWRITEBYTECODE": "1"},
        )
        described = {"backend": backend, "address": address, "folder": folder}
        self.about: dict[str, Any] = self._exchange(
            {**described, "lifetime": lifetime, "config": dict(config or {})}
        )

    def _exchange(self, message: object) -> dict[str, Any]:
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(json.dumps(message) + "\n")
        self._process.stdin.flush()
        line = self._process.stdout.readline()
        if not line:
            raise RuntimeError("the old worker ended; see its error output")
        return json.loads(line)  # type: ignore[no-any-return]

    def request(self, cookie: str | None, *do: tuple[object, ...]) -> Answer:
        """Send one request; each step is a verb and its arguments, see ``_old_worker.py``."""
        steps = [[verb, *map(repr, arguments)] for verb, *arguments in do]
        return self.request_source(cookie, steps)

    def request_source(self, cookie: str | None, steps: Sequence[Sequence[object]]) -> Answer:
        """Send one request whose arguments are written as Python expressions already."""
        reply = self._exchange({"cookie": cookie, "do": steps})
        return Answer(reply["status"], reply["cookie"], reply["session"])

    def __enter__(self) -> Neighbour:
        return self

    def __exit__(self, *_: object) -> None:
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.close()
        self._process.wait(30)
        self._process.stdout.close()
