"""How often a request that collided tries again, and for how long: taking turns with others."""

from __future__ import annotations

import os
import random
import time
from collections.abc import Iterator
from threading import RLock

MAX_ROUNDS = 100
"""More than fit into ``MAX_SECONDS``. With 20, one in 130 writes of eight threads to one session in
Redis was a conflict; with this many, none of 1 600, the slowest after 0.35 s."""
MAX_SECONDS = 1.0
LONGEST_PAUSE = 0.020


class Turns:
    """Locks, each for some of the session ids, that a process shares with no other.

    A fork copies a lock as it is, and nobody in the child would ever give back one that was held.
    """

    def __init__(self) -> None:
        self._locks, self._process = self._fresh(), os.getpid()

    def of(self, sid: str) -> RLock:
        """Answer the lock for a session id."""
        if self._process != os.getpid():
            self._locks, self._process = self._fresh(), os.getpid()
        return self._locks[hash(sid) % len(self._locks)]

    @staticmethod
    def _fresh() -> list[RLock]:
        return [RLock() for _ in range(64)]


TURNS = Turns()


def rounds(sid: str) -> Iterator[int]:
    """Limit a repeated attempt in number, and in time since the first collision.

    Requests of this process that have collided on one session take turns, so that each needs few
    rounds however many they are; against other processes there is a random pause from the third
    attempt on.
    """
    yield 0
    deadline = time.monotonic() + MAX_SECONDS
    turn = TURNS.of(sid)
    has_turn = turn.acquire(timeout=MAX_SECONDS)
    try:
        for number in range(1, MAX_ROUNDS):
            if number > 1:
                time.sleep(random.uniform(0, LONGEST_PAUSE))
            yield number
            if time.monotonic() >= deadline:
                return
    finally:
        if has_turn:
            turn.release()
