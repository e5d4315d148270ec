"""Commands by the client itself, which is told when its idle connections are of no use any more."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from flask_session.pools import Interruptible, disconnect_idle

from .client import base_error, exceptions_of


def following(client: Any) -> Callable[..., Any]:
    """Send by the client itself, and let it connect anew where it has to; the error is raised.

    After a failover behind one name: what is connected still leads to the former primary, which
    refuses a write. After an interruption: a connection may have a reply that nobody has read.
    """
    refused: type[Exception] = exceptions_of(client).ReadOnlyError
    block = Interruptible(client, (base_error(client),))

    def send(*command: Any) -> Any:
        try:
            with block:
                return client.execute_command(*command)
        except refused:
            disconnect_idle(client)
            raise

    return send
