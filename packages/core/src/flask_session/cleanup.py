"""Removing expired records now and then, as a side job of requests."""

from __future__ import annotations

import logging
import random
from collections.abc import Callable
from typing import TYPE_CHECKING

from .compat.hooks import remove_expired

if TYPE_CHECKING:
    from flask import Flask

    from .interface import ServerSideSessionInterface

NEWEST = "flask_session.cleanup"
"""The key in ``app.extensions`` of the app's last interface: only that one cleans up."""
logger: logging.Logger = logging.getLogger("flask_session")


def clean_up_about_every(
    number: int, app: Flask, interface: ServerSideSessionInterface
) -> Callable[[], None]:
    """Let one request in ``number``, by chance, purge before it is handled; a failure is logged."""
    app.extensions[NEWEST] = interface

    @app.before_request
    def clean_up() -> None:
        if random.random() * number >= 1 or app.extensions[NEWEST] is not interface:
            return
        try:
            remove_expired(interface)
        except interface.store.errors as error:
            logger.warning("Removing expired sessions failed: %s", type(error).__name__)

    return clean_up
