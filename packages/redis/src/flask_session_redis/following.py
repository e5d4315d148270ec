"""Commands by the client itself, which is told when its idle connections are of no use any more."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from flask_session.pools import Interruptible, disconnect_idle

from .client import base_error, exceptions_of


def following(client: Any) -> Callable[..., Any]:
    """Answer what sends a command by the client's own ``execute_command``.

    Before it raises, the client's idle connections are closed where they are of no use: when a
    write was refused, since after a failover behind one name they lead to the former primary; and
    when a command was interrupted, since one of them may have a reply that nobody has read.
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
