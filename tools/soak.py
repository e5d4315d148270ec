"""``make soak``: random histories of requests against a model, on a store of one's choice.

Bounded in examples and steps, on loopback only. The histories are in :mod:`tools.histories`.
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import click
from flask_session_conformance.servers import start
from hypothesis import HealthCheck, settings
from hypothesis.stateful import run_state_machine_as_test

from .histories import Histories

SETTINGS = {
    "redis": "SESSION_REDIS",
    "memcached": "SESSION_MEMCACHED",
    "mongodb": "SESSION_MONGODB",
    "dynamodb": "SESSION_DYNAMODB",
    "postgresql": "SESSION_SQLALCHEMY",
    "mariadb": "SESSION_SQLALCHEMY",
}


@contextmanager
def configured(backend: str) -> Iterator[dict[str, Any]]:
    """Start the server of a backend, or make a folder, and answer the configuration."""
    if backend in SETTINGS:
        kind = "sqlalchemy" if backend in ("postgresql", "mariadb") else backend
        with start(backend) as server:
            yield {"SESSION_TYPE": kind, SETTINGS[backend]: server.url}
        return
    with tempfile.TemporaryDirectory() as folder:
        yield {
            "memory": {"SESSION_TYPE": "memory"},
            "sqlite": {
                "SESSION_TYPE": "sqlalchemy",
                "SESSION_SQLALCHEMY": f"sqlite:///{folder}/sessions.db",
            },
            "filesystem": {"SESSION_TYPE": "filesystem", "SESSION_FILE_DIR": folder},
        }[backend]


def soak(backend: str, examples: int, steps: int) -> None:
    """Run histories on one backend; an AssertionError comes with the shortest that fails."""
    with configured(backend) as config:
        machine = type("Histories", (Histories,), {"config": config})
        run_state_machine_as_test(
            machine,
            settings=settings(
                max_examples=examples,
                stateful_step_count=steps,
                deadline=None,
                suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
            ),
        )


@click.command()
@click.argument("backends", nargs=-1)
@click.option("--examples", default=300, show_default=True, help="Histories per backend.")
@click.option("--steps", default=30, show_default=True, help="Requests in a history.")
def main(backends: tuple[str, ...], examples: int, steps: int) -> None:
    """Soak the named backends; memory, sqlite and redis if none is named."""
    for backend in backends or ("memory", "sqlite", "redis"):
        soak(backend, examples, steps)
        click.echo(f"{backend}: {examples} histories of {steps} steps, all as the model says")


if __name__ == "__main__":
    main()
