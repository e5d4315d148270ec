"""Serve ``examples/quickstart``, its sessions kept wherever BACKEND says.

Without BACKEND the example runs as it is, with the embedded file store. A server is started in a
container of its own and removed in the end. The example reads ``FLASK_SESSION_…`` from the
environment, so nothing in it changes.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from contextlib import ExitStack

import click
from flask_session_conformance.servers import MissingServerError, start

from tools.workspace import ROOT

APP = ROOT / "examples" / "quickstart" / "app.py"
FLASK = (sys.executable, "-m", "flask", "--app", str(APP))
BACKENDS = {
    "redis": "redis",
    "valkey": "redis",
    "memcached": "memcached",
    "mongodb": "mongodb",
    "postgresql": "sqlalchemy",
    "mariadb": "sqlalchemy",
    "dynamodb": "dynamodb",
}
"""Server to ``SESSION_TYPE``; the client's setting is named after the type."""


@click.command()
@click.argument("backend", default="", type=click.Choice(["", "cachelib", "sqlite", *BACKENDS]))
@click.option("--port", default=5000, show_default=True)
def main(backend: str, port: int) -> None:
    """Serve the example on http://127.0.0.1:PORT until interrupted."""
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    with ExitStack() as stack:
        try:
            settings = settings_for(backend, stack)
        except MissingServerError as error:
            raise click.ClickException(str(error)) from None
        environment = os.environ | settings
        if settings:
            prepare(environment)
        server = stack.enter_context(
            subprocess.Popen([*FLASK, "run", f"--port={port}"], env=environment)
        )
        stack.callback(server.terminate)
        try:
            sys.exit(server.wait())
        except KeyboardInterrupt:
            click.echo()


def prepare(environment: Mapping[str, str]) -> None:
    """Make what the database needs, as an operator would; a new server may be slow at first."""
    problem = ""
    for _ in range(5):
        done = subprocess.run(
            [*FLASK, "session", "setup"],
            env=environment,
            capture_output=True,
            text=True,
            check=False,
        )
        if done.returncode == 0:
            return
        problem = done.stderr.strip()
    raise click.ClickException(problem)


def settings_for(backend: str, stack: ExitStack) -> dict[str, str]:
    """Start what the backend needs and answer its settings as environment variables."""
    if backend in ("", "cachelib"):
        return {"FLASK_SESSION_TYPE": backend} if backend else {}
    if backend == "sqlite":
        folder = stack.enter_context(tempfile.TemporaryDirectory(prefix="flask-session-demo-"))
        kind, url = "sqlalchemy", f"sqlite:///{folder}/sessions.sqlite"
    else:
        server = stack.enter_context(start(backend))
        click.echo(f"{backend} listens on {server.address}")
        kind, url = BACKENDS[backend], server.url
    return {"FLASK_SESSION_TYPE": kind, f"FLASK_SESSION_{kind.upper()}": url}


if __name__ == "__main__":
    main()
