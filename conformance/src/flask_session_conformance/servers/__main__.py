"""Look after the engine, the images and what earlier runs left: ``python -m ….servers COMMAND``."""

from __future__ import annotations

import os
from typing import Any

import click

from .engine import LABEL, MissingServerError, engine
from .images import IMAGES, resolve


@click.group()
def main() -> None:
    """Look after the servers that the tests start in containers."""


@main.command()
def check() -> None:
    """Say whether a Docker engine answers; exit code 1 if none does."""
    with engine(timeout=10) as client:
        version = client.version()["Version"]
    click.echo(f"Docker engine {version} answers.")


@main.command()
@click.argument("names", nargs=-1, type=click.Choice(sorted(IMAGES)))
def images(names: tuple[str, ...]) -> None:
    """Pull or build the images of these servers, by default of all; print what will be used."""
    for name in names or IMAGES:
        click.echo(f"{name}: {resolve(name)}")


@main.command()
def clean() -> None:
    """Remove the containers of runs that were killed before they could do it themselves."""
    with engine() as client:
        for container in client.containers.list(all=True, filters={"label": LABEL}):
            if left_behind(container):
                container.remove(force=True, v=True)
                click.echo(f"removed {container.short_id}")


def left_behind(container: Any) -> bool:
    """Tell whether the process that started the container is gone."""
    owner = container.labels[LABEL]
    if not owner.isdecimal():
        return False
    try:
        os.kill(int(owner), 0)
    except ProcessLookupError:
        return True
    except PermissionError:
        return False
    return False


if __name__ == "__main__":
    try:
        main()
    except MissingServerError as _error:
        raise SystemExit(str(_error)) from None
