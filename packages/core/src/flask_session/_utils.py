"""The private module of Flask-Session 0.7 and 0.8; subclasses outside imported from it."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from typing import TypeVar

from .sessions import total_seconds

__all__ = ["retry_query", "total_seconds"]

Function = TypeVar("Function", bound=Callable[..., object])


def retry_query(
    *, max_attempts: int = 3, delay: float = 0.3, backoff: int = 2
) -> Callable[[Function], Function]:
    """Leave a function as it is: nobody waits for a dead server. Repeating is the client's."""
    warnings.warn(
        "flask_session._utils.retry_query no longer repeats a query: let your client do it",
        DeprecationWarning,
        stacklevel=2,
    )
    return lambda function: function
