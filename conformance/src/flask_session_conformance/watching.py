"""A store that tells a test what is asked of it, and lets the test act in between."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from threading import get_ident
from typing import Any, TypeVar

from flask_session.store import Clock, Outcome, Record, Store

Answer = TypeVar("Answer")


@dataclass(frozen=True)
class Call:
    """One call of a verb: on which key, with which data, and in which thread."""

    verb: str
    key: str
    data: bytes = b""
    thread: int = 0


Hook = Callable[[Call], None]


class WatchedStore(Store):
    """Pass every verb on to ``store`` and remember the calls.

    ``calls`` may be cleared by a test; ``created`` are all keys that ``create`` was asked for.
    ``before`` and ``after`` are called around each verb, in the thread of the request; what they
    raise takes the place of the answer. Both are ``None`` until a test sets them.
    """

    def __init__(self, store: Store) -> None:
        self.store = store
        self.errors: tuple[type[Exception], ...] = store.errors
        self.max_bytes: int = store.max_bytes
        self.calls: list[Call] = []
        self.created: set[str] = set()
        self.before: Hook | None = None
        self.after: Hook | None = None

    @property
    def clock(self) -> Clock:
        """The time of the store behind."""
        return self.store.clock

    @clock.setter
    def clock(  # pyright: ignore[reportIncompatibleMethodOverride]
        self, value: Clock
    ) -> None:
        self.store.clock = value

    @property
    def verbs(self) -> list[str]:
        """The names of the verbs that were called, in order."""
        return [call.verb for call in self.calls]

    def load(self, key: str) -> Record | None:
        """Pass it on."""
        return self._watch(Call("load", key), lambda: self.store.load(key))

    def create(self, key: str, data: bytes, ttl: int) -> bool:
        """Pass it on."""
        self.created.add(key)
        return self._watch(Call("create", key, data), lambda: self.store.create(key, data, ttl))

    def update(self, key: str, data: bytes, ttl: int, expected: Record) -> Outcome:
        """Pass it on."""
        call = Call("update", key, data)
        return self._watch(call, lambda: self.store.update(key, data, ttl, expected))

    def touch(self, key: str, ttl: int) -> bool:
        """Pass it on."""
        return self._watch(Call("touch", key), lambda: self.store.touch(key, ttl))

    def touch_expected(self, key: str, ttl: int, expected: Record) -> bool:
        """Pass it on as a touch, or as the two verbs that it is where the store adds nothing."""
        if type(self.store).touch_expected is Store.touch_expected:
            return super().touch_expected(key, ttl, expected)
        call = Call("touch", key)
        return self._watch(call, lambda: self.store.touch_expected(key, ttl, expected))

    def delete(self, key: str, expected: Record | None = None) -> Outcome:
        """Pass it on."""
        return self._watch(Call("delete", key), lambda: self.store.delete(key, expected))

    def _watch(self, call: Call, verb: Callable[[], Answer]) -> Answer:
        call = Call(call.verb, call.key, call.data, get_ident())
        self.calls.append(call)
        if self.before:
            self.before(call)
        answer = verb()
        if self.after:
            self.after(call)
        return answer


def on(verb: str, action: Callable[[], Any], times: int = 1) -> Hook:
    """Make a hook that acts at the first ``times`` calls of a verb, and never inside itself."""
    left = [times]

    def hook(call: Call) -> None:
        if call.verb == verb and left[0]:
            left[0] -= 1
            action()

    return hook
