"""What a request asks of the store: commands, round trips and bytes, the same in every run.

Round trips and bytes are counted by a proxy in front of the server. The commands are read from what
went through it, or counted in the process where they do not show on the wire.
"""

from __future__ import annotations

import re
import time
from collections import Counter

from flask_session_conformance.proxy import Proxy, Traffic

from .comparison import SCENARIOS
from .contenders import Contender, contenders
from .results import Count
from .servers import NETWORKED

REQUESTS = 10
WARM = 12
"""Requests before: psycopg prepares a statement at its sixth use."""
NAMES = ("old", "ours")
COMMANDS = {
    "redis": rb"\*\d+\r\n\$\d+\r\n([A-Z]+)\r\n",
    "memcached": rb"(?:^|\r\n)(gets?|set|add|cas|delete|touch) (?=[^\r\n]*\r\n)",
    # OP_MSG, one section: the first element of the body is named by the command.
    "mongodb": rb"(?s)\xdd\x07\0\0.{4}\0.{4}.(\w+)\0",
    "dynamodb": rb"(?i)X-Amz-Target: DynamoDB_\d+\.(\w+)",
}
SETTLED = 0.1
"""Seconds after which also that has arrived which nobody waits for: 0.8.0's writes to Memcached."""
HELLO = b"hello"
"""What pymongo asks a server from time to time, on a connection of its own."""


def count(backend: str, address: str) -> list[Count]:
    """Count each scenario, for a small session."""
    command = {"backend": backend, "address": address, "size": "small"}
    if backend not in NETWORKED:
        with contenders(NAMES, command) as started:
            return [count_in_process(started, scenario) for scenario in SCENARIOS]
    host, _, port = address.partition(":")
    with (
        Proxy(host, int(port)) as proxy,
        contenders(NAMES, {**command, "address": proxy.address}) as started,
    ):
        return [count_on_the_wire(backend, proxy, started, each) for each in SCENARIOS]


def count_in_process(started: dict[str, Contender], scenario: str) -> Count:
    """Count one scenario where there is no wire."""
    return Count(scenario, {name: commands(each, scenario) for name, each in started.items()})


def commands(contender: Contender, scenario: str) -> dict[str, float]:
    """Count the commands of a scenario in the contender's process."""
    contender.run(scenario, WARM)
    contender.ask("prepare", scenario=scenario, count=REQUESTS)
    counted: dict[str, float] = contender.ask("commands", scenario=scenario, count=REQUESTS)
    return counted


def count_on_the_wire(
    backend: str, proxy: Proxy, started: dict[str, Contender], scenario: str
) -> Count:
    """Count one scenario for both."""
    traffic = {name: measured(proxy, each, scenario) for name, each in started.items()}
    return Count(
        scenario,
        {
            name: commands_in(COMMANDS[backend], each.sent)
            if backend in COMMANDS
            else commands(started[name], scenario)
            for name, each in traffic.items()
        },
        {name: each.round_trips / REQUESTS for name, each in traffic.items()},
        {name: len(each.sent) / REQUESTS for name, each in traffic.items()},
        {name: each.received / REQUESTS for name, each in traffic.items()},
    )


def measured(proxy: Proxy, contender: Contender, scenario: str) -> Traffic:
    """Count a batch on a connection that is open already, without what only prepares it."""
    contender.run(scenario, WARM)
    while True:
        contender.ask("prepare", scenario=scenario, count=REQUESTS)
        time.sleep(SETTLED)
        with proxy.measure() as traffic:
            contender.run(scenario, REQUESTS)
            time.sleep(SETTLED)
        if HELLO not in traffic.sent:
            return traffic


def commands_in(pattern: bytes, sent: bytes) -> dict[str, float]:
    """Find the commands in what was sent, and answer how many there are per request."""
    found = Counter(name.decode() for name in re.findall(pattern, sent))
    return {name: number / REQUESTS for name, number in sorted(found.items())}
