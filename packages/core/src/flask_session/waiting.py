"""Work for the time a store waits for its server: the answer's headers are made meanwhile."""

from __future__ import annotations

from collections.abc import Callable
from contextvars import ContextVar
from typing import Any, TypeVar

Answer = TypeVar("Answer")
Work = Callable[[], None]
_offered: ContextVar[Work | None] = ContextVar("flask_session_work", default=None)


def while_waiting() -> None:
    """Do what there is to do; a store may call this after it has sent a command, before it reads.

    It takes some 50 µs at most, asks for nothing of the store, and raises nothing but what
    interrupts a thread. Without anything to do, and called a second time, it does nothing. A store
    that does not call it is slower by the time it takes, and that is all.
    """
    work = _offered.get()
    if work is not None:
        _offered.set(None)
        work()


def offering(work: Work, act: Callable[..., Answer], *arguments: Any) -> Answer:
    """Call ``act``, within which :func:`while_waiting` does ``work``, once at most."""
    token = _offered.set(work)
    try:
        return act(*arguments)
    finally:
        _offered.reset(token)
