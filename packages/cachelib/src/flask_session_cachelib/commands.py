"""The commands of a RedisCache or ValkeyCache, each of which reads the reply to itself."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from typing import Any

from flask_session.pools import Interruptible

NAMES = ("get", "add", "set", "delete")
"""The methods of a cache that the store calls."""
LIBRARIES = {"redis.exceptions": "RedisError", "valkey.exceptions": "ValkeyError"}


def make_interruptible(cache: Any) -> None:
    """Let no command of ``cache`` get the reply to one that was interrupted; others stay."""
    client = getattr(cache, "_write_client", None)
    if client is not None:
        block = Interruptible(client, tuple(_errors()))
        for name in NAMES:
            setattr(cache, name, _within(block, getattr(cache, name)))


def _within(block: Interruptible, command: Callable[..., Any]) -> Callable[..., Any]:
    def run(*arguments: Any) -> Any:
        with block:
            return command(*arguments)

    return run


def _errors() -> Iterator[type[Exception]]:
    for module_name, name in LIBRARIES.items():
        if module := sys.modules.get(module_name):
            yield getattr(module, name)
