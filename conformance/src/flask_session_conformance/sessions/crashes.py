"""A server, or a process, is killed in the middle of acknowledged writes."""

from __future__ import annotations

import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field

import pytest

from ..backend import Config, Fault, MakeWorker
from ..site import Visitor
from ..views import View, clear, items, put
from .base import MakeSite, SessionSuite, log_in

VISITORS = 4
WRITES = 100
"""So many are acknowledged before the server is killed; further ones while it is."""
PATIENCE = 30.0


class Crashes(SessionSuite):
    """What was answered with success is there afterwards."""

    @pytest.mark.row("D17")
    @pytest.mark.promise("survives a server crash")
    def test_what_was_acknowledged_before_the_server_was_killed_is_there(
        self, crash: Fault, make_site: MakeSite
    ) -> None:
        clients = [Client(log_in(make_site(**crash.config), f"{n}")) for n in range(VISITORS)]
        with writing(clients):
            wait_for(clients, WRITES)
            crash.begin()
        crash.end()
        assert [client.failure for client in clients] == [503] * VISITORS
        assert [client.lost() for client in clients] == [set()] * VISITORS
        assert [ghost for client in clients for ghost in client.ghosts if ghost.does(items)] == []
        clients[0].visitor.does(put(more=1))
        assert clients[0].visitor.does(items)["more"] == 1

    @pytest.mark.row("D17")
    @pytest.mark.promise("survives a worker's crash")
    def test_what_was_acknowledged_before_the_writing_process_was_killed_is_there(
        self, make_site: MakeSite, make_worker: MakeWorker, common: Config
    ) -> None:
        alice = log_in(make_site(), "alice")
        told = make_worker(**common).kill_during("write_on_and_on", 50, cookie=alice.cookie)
        assert len(told) >= 50
        assert set(told) - alice.does(items).keys() == set()
        alice.does(put(more=1))
        assert alice.does(items)["more"] == 1


@dataclass
class Client:
    """A visitor who writes, and sometimes logs out and in again, until the first failure."""

    visitor: Visitor
    acknowledged: set[str] = field(default_factory=set)
    ghosts: list[Visitor] = field(default_factory=list)
    """The visitors of sessions whose log-out was acknowledged."""
    written: int = 0
    failure: int = 0
    """The status of the last answer."""
    unknown: bool = False
    """Whether that was to a log-out, which may have been done or not."""

    def live(self) -> None:
        """Go on until a request fails."""
        while not self.failure:
            self._write()
            if not self.failure and self.written % 10 == 0:
                self._log_out()

    def lost(self) -> set[str]:
        """Answer what was acknowledged and is not there."""
        seen = self.visitor.does(items)
        return set() if self.unknown and not seen else self.acknowledged - seen.keys()

    def _write(self) -> None:
        key = f"key {self.written}"
        if self._succeeds(put(**{key: "written"})):
            self.acknowledged.add(key)
            self.written += 1

    def _log_out(self) -> None:
        ghost = self.visitor.twin()
        if self._succeeds(clear):
            self.ghosts.append(ghost)
            self.acknowledged.clear()
        else:
            self.unknown = True

    def _succeeds(self, view: View) -> bool:
        status = self.visitor.visit(view).status
        self.failure = 0 if status == 200 else status
        return not self.failure


@contextmanager
def writing(clients: list[Client]) -> Iterator[None]:
    """Let all clients live; in the end each has met a failure."""
    with ThreadPoolExecutor(len(clients)) as pool:
        threads = [pool.submit(client.live) for client in clients]
        yield
    for thread in threads:
        thread.result()


def wait_for(clients: list[Client], writes: int) -> None:
    """Return when so many writes, and a log-out of each client, have been acknowledged."""
    deadline = time.monotonic() + PATIENCE
    while sum(each.written for each in clients) < writes or not all(c.ghosts for c in clients):
        assert time.monotonic() < deadline, "the clients are not served"
        time.sleep(0.01)
