"""A TCP proxy that counts what a store says to its server, and breaks the line on purpose.

::

    with Proxy(server.host, server.port) as proxy:
        client = redis.Redis(port=proxy.port)
        client.ping()                               # connecting takes exchanges of its own
        with proxy.measure() as traffic:
            client.get("key")
        assert traffic.round_trips == 1
        proxy.refuse()                              # the server is down
        proxy.heal()                                # and back, on the same port

A fault applies to the requests sent after it was set. ``containing`` limits it to requests with
these bytes in their first packet, ``times`` to so many of them; after these the line is fine again.
A new fault replaces the one before, and :meth:`Proxy.heal` ends it.
"""

from __future__ import annotations

from .proxy import Proxy
from .traffic import Traffic

__all__ = ["Proxy", "Traffic"]
