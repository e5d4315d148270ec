"""Whether it is Flask that answers a request, so that a failed save can become the answer.

``session_transaction`` and Flask-SocketIO save sessions too, and throw the response away.
"""

from __future__ import annotations

import sys
from types import FrameType


def is_answering() -> bool:
    """Tell whether the function that asks was called to save for a response that will be sent.

    Only ``Flask.process_response`` does so. Whoever stands in between, an override, a tracer or an
    interface that passes on to ours, does not matter.
    """
    frame: FrameType | None = sys._getframe(2)
    while frame is not None:
        name = frame.f_code.co_name
        if name in ("process_response", "session_transaction"):
            return name == "process_response"
        frame = frame.f_back
    return False
