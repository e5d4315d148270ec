"""Round trips and bytes per request, counted at the socket: exact, and the same in every run."""

from __future__ import annotations

from dataclasses import dataclass

from flask_session_conformance.proxy import Proxy, Traffic

from .comparison import SCENARIOS, Case
from .contenders import Contender, contenders

REQUESTS = 20


@dataclass(frozen=True)
class Count:
    """What one request of a scenario puts on the wire, on average."""

    scenario: str
    round_trips: dict[str, float]
    sent: dict[str, float]
    received: dict[str, float]


def count(case: Case, address: str) -> list[Count]:
    """Count each scenario of a networked backend through a proxy."""
    host, _, port = address.partition(":")
    with Proxy(host, int(port)) as proxy:
        names = ("old", "ours")
        with contenders(names, case.backend, proxy.address, case.size, case.options) as started:
            return [
                per_request(
                    scenario, {name: measured(proxy, started[name], scenario) for name in names}
                )
                for scenario in SCENARIOS
            ]


def measured(proxy: Proxy, contender: Contender, scenario: str) -> Traffic:
    """Count a batch on a connection that is open already."""
    contender.run(scenario, 2)
    with proxy.measure() as traffic:
        contender.run(scenario, REQUESTS)
    return traffic


def per_request(scenario: str, traffic: dict[str, Traffic]) -> Count:
    """Divide by the number of requests; a log-out includes the log-in it needs."""
    return Count(
        scenario,
        {name: each.round_trips / REQUESTS for name, each in traffic.items()},
        {name: len(each.sent) / REQUESTS for name, each in traffic.items()},
        {name: each.received / REQUESTS for name, each in traffic.items()},
    )
