"""The bare client inside a view: what a store costs an app, whoever calls it.

``python -m benchmarks.in_a_view redis memcached sqlite``. A loop around a client finds every cache
warm, a request in between does not: the same command costs an app more than it costs a loop. Here
both sides pay that, so the ratio is what the sessions add.
"""

from __future__ import annotations

import statistics
from collections.abc import Callable

import click

from .apps import AppScenarios, Browser, make_app
from .backends import Command
from .bare import Bare, bare_client
from .servers import BACKENDS, address_of

KEY, DATA = "key", b"x" * 150
REQUESTS, ROUNDS = 300, 9


class BareApp:
    """An app without sessions, whose views call the client library."""

    def __init__(self, command: Command, bare: Bare) -> None:
        app = make_app({**command, "contender": "plain"})
        self.browser = Browser(app)
        views: dict[str, Callable[[], object]] = {
            "read": lambda: bare.read(KEY),
            "change": lambda: (bare.read(KEY), bare.write(KEY, DATA)),
        }
        for name, act in views.items():
            app.add_url_rule(f"/bare-{name}", name, lambda act=act: str(bool(act())))

    def run(self, scenario: str, count: int) -> float:
        """Answer the seconds that ``count`` requests took."""
        return self.browser.repeat(f"bare-{scenario}", count)


def compare(backend: str, address: str) -> None:
    """Print the ratio, round by round net of an app without a store."""
    command: Command = {
        "backend": backend, "address": address, "size": "small", "options": {}, "contender": "ours",
    }  # fmt: skip
    bare = bare_client(backend, address)
    bare.create(KEY, DATA)
    plain, ours = AppScenarios({**command, "contender": "plain"}), AppScenarios(command)
    apps = (plain, BareApp(command, bare), ours)
    for scenario in ("read", "change"):
        rounds = [[app.run(scenario, REQUESTS) for app in apps] for _ in range(ROUNDS + 1)][1:]
        quartiles = statistics.quantiles(((o - p) / (b - p) for p, b, o in rounds), n=4)
        net = [
            statistics.median((each[at] - each[0]) / REQUESTS * 1e6 for each in rounds)
            for at in (1, 2)
        ]
        low, middle, high = quartiles
        click.echo(
            f"{backend} {scenario}: bare in a view {net[0]:.0f} µs, ours {net[1]:.0f} µs, "
            f"ratio {middle:.2f} ({low:.2f} … {high:.2f})"
        )


@click.command()
@click.argument("backends", nargs=-1, type=click.Choice(BACKENDS))
def main(backends: tuple[str, ...]) -> None:
    """Compare ours with the bare client in a view, on the named backends or on all."""
    for backend in backends or BACKENDS:
        with address_of(backend) as address:
            compare(backend, address)


if __name__ == "__main__":
    main()
