"""Requests that delete the record of their own session by hand, as apps did on Flask-Session 0.8.

They end the session by it, or renew its id: which of the two is known when the session is saved.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from flask import has_request_context, session

if TYPE_CHECKING:
    from .identity import IdentityHooks


def note_deletion(interface: IdentityHooks, store_id: str) -> bool:
    """Leave the deletion to saving if this is the record of the session in use."""
    state = state_in_use()
    if state is None or interface._get_store_id(state.found.sid) != store_id:
        return False
    state.deleted_by_hand = True
    return True


def state_in_use() -> Any:
    """Answer the state that this request has loaded and not saved yet."""
    current = session._get_current_object() if has_request_context() else None  # type: ignore[attr-defined]
    state = getattr(current, "_state", None)
    is_in_use = state is not None and state.found is not None
    return state if is_in_use and getattr(current, "_closed_by", None) is None else None
