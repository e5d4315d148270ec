"""A worker's time limit that strikes while a reply is on its way."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest


class TimeLimit(Exception):
    """What a worker's soft time limit raises, in a handler of a signal."""


@contextmanager
def interrupted(error: type[BaseException], *connections: type[Any]) -> Iterator[None]:
    """Let ``error`` come up in the block after a command was sent, before its reply is read.

    ``connections`` are classes like those of redis-py, which read it by ``read_response``.
    """

    def interrupt(*_: object, **__: object) -> Any:
        raise error

    with pytest.MonkeyPatch.context() as patch:
        for connection in connections:
            patch.setattr(connection, "read_response", interrupt)
        with pytest.raises(error):
            yield
