"""Round trips and bytes per request, counted at the socket: exact, and the same in every run."""

from __future__ import annotations

from dataclasses import dataclass

from flask_session_conformance.proxy import Proxy

from .comparison import SCENARIOS, Case
from .contenders import contenders

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
            found = []
            for scenario in SCENARIOS:
                measured = {}
                for name, contender in started.items():
                    contender.run(scenario, 2)
                    with proxy.measure() as before:
                        contender.run(scenario, 0)
                    with proxy.measure() as traffic:
                        contender.run(scenario, REQUESTS)
                    measured[name] = traffic
                    assert before.round_trips == 0
                found.append(per_request(scenario, measured))
            return found


def per_request(scenario: str, measured: dict[str, object]) -> Count:
    """Divide by the number of requests; a log-out is preceded by the log-in it needs."""
    names = {name: traffic for name, traffic in measured.items()}
    return Count(
        scenario,
        {name: each.round_trips / REQUESTS for name, each in names.items()},  # type: ignore[attr-defined]
        {name: len(each.sent) / REQUESTS for name, each in names.items()},  # type: ignore[attr-defined]
        {name: each.received / REQUESTS for name, each in names.items()},  # type: ignore[attr-defined]
    )
