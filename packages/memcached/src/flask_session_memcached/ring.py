"""Connections of our own to the servers of a pymemcache client."""

from __future__ import annotations

import os
import time
from collections import deque
from collections.abc import Callable
from contextlib import suppress
from copy import deepcopy
from functools import lru_cache, partial
from typing import Any, TypeVar

from pymemcache.client.base import Client, PooledClient
from pymemcache.client.hash import HashClient

from .wire import Wire

Answer = TypeVar("Answer")
MOST_KEPT = 16
"""Idle connections to a server; what a rush needed beyond is closed: all workers share a limit,
1024 by default. https://docs.memcached.org/serverguide/configuring/"""
LONGEST_IDLE = 60.0
"""Seconds after which a firewall may have forgotten a connection, and an answer would not come."""
PATIENCE = 1.0
"""Seconds to wait where a client sets no timeout; pymemcache's default is to wait for ever."""


class Ring:
    """The servers of a client, one of which keeps a key, whether or not it is up.

    A key is placed where pymemcache's ``HashClient`` places it, so that sessions of Flask-Session
    0.8 are found. Unlike there, the keys of a server that does not answer are errors: sent to
    another server and back again, they would bring old sessions back to life.
    """

    def __init__(self, client: Any) -> None:
        if isinstance(client, HashClient):
            self._servers = {name: Connections(part) for name, part in client.clients.items()}
            hasher = deepcopy(client.hasher)
            for name in self._servers:  # the client may have given one up for a while
                with suppress(Exception):
                    hasher.remove_node(name)
            for name in self._servers:
                hasher.add_node(name)
            self._name_of: Callable[[str], Any] = lru_cache(1024)(hasher.get_node)
        else:
            self._servers = {"": Connections(client)}
            self._name_of = lambda key: ""

    def server_of(self, key: str) -> Connections:
        """Answer the connections to the server that keeps ``key``."""
        return self._servers[self._name_of(key)]

    def close(self) -> None:
        """Close the connections; the next command opens new ones."""
        for server in self._servers.values():
            server.close()


class Connections:
    """Those to one server, reached as ``client`` reaches it; for threads, forks and restarts.

    An idle one that the server has closed, or that has an answer nobody waits for, is opened anew.
    """

    def __init__(self, client: Client | PooledClient) -> None:
        self.server: Any = client.server
        self._create: Callable[[], Client] = partial(
            Client,
            client.server,
            connect_timeout=client.connect_timeout or PATIENCE,
            timeout=client.timeout or PATIENCE,
            # Without it, Nagle's algorithm and delayed acknowledgements hold answers for 40 ms.
            no_delay=True,
            socket_module=client.socket_module,
            socket_keepalive=client.socket_keepalive,
            key_prefix=client.key_prefix,
            tls_context=client.tls_context,
        )
        self._idle: deque[Wire] = deque()
        self._process = os.getpid()

    def run(self, command: Callable[..., Answer], *arguments: Any) -> Answer:
        """Run one command of :class:`Wire`; after an error its connection is closed."""
        wire = self._take()
        try:
            answer = command(wire, *arguments)
        except BaseException:
            wire.client.close()
            raise
        self._put_aside(wire)
        return answer

    def _put_aside(self, wire: Wire) -> None:
        """Keep a connection, and close the one at the bottom if it has been idle for too long."""
        wire.idle_since = now = time.monotonic()
        if len(self._idle) >= MOST_KEPT:
            wire.client.close()
            return
        self._idle.append(wire)
        if len(self._idle) > 1:
            with suppress(IndexError):  # another thread may take it
                if now - self._idle[0].idle_since > LONGEST_IDLE:
                    self._idle.popleft().client.close()

    def close(self) -> None:
        """Close the idle connections."""
        with suppress(IndexError):
            while True:
                self._idle.pop().client.close()

    def _take(self) -> Wire:
        if self._process != os.getpid():
            self.close()  # closes our ends only; those of the parent stay open
            self._process = os.getpid()
        try:
            wire = self._idle.pop()
        except IndexError:
            return Wire(self._create())
        idle = time.monotonic() - wire.idle_since
        if wire.client.sock is not None and (idle > LONGEST_IDLE or wire.has_arrived()):
            wire.client.close()
        return wire
