"""What happens to a request and to its answer: a line that works, and lines with a fault."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol


class Ends(Protocol):
    """The two ends of a connection, as a line sees them."""

    @property
    def passed(self) -> int:
        """How many bytes of this answer the client has got."""
        ...

    def to_server(self, chunk: bytes) -> None:
        """Send to the server."""
        ...

    def to_client(self, chunk: bytes) -> None:
        """Send to the client."""
        ...

    def wait(self, seconds: float) -> None:
        """Let time pass; raises when the connection is killed meanwhile."""
        ...

    def hang_up(self) -> None:
        """Close both sides in good order."""
        ...


@dataclass(frozen=True)
class Line:
    """Pass on whatever comes."""

    def request(self, ends: Ends, chunk: bytes) -> None:
        """Handle a part of a request."""
        ends.to_server(chunk)

    def answer(self, ends: Ends, chunk: bytes) -> None:
        """Handle a part of the answer."""
        ends.to_client(chunk)


@dataclass(frozen=True)
class LateLine(Line):
    """Pass on each part of the answer ``seconds`` later."""

    seconds: float

    def answer(self, ends: Ends, chunk: bytes) -> None:
        """Wait, and pass it on."""
        ends.wait(self.seconds)
        ends.to_client(chunk)


@dataclass(frozen=True)
class CutLine(Line):
    """Pass on the first ``count`` bytes of the answer and hang up."""

    count: int

    def answer(self, ends: Ends, chunk: bytes) -> None:
        """Pass on what there is room for."""
        room = self.count - ends.passed
        ends.to_client(chunk[:room])
        if len(chunk) >= room:
            ends.hang_up()


@dataclass(frozen=True)
class SilentLine(Line):
    """Swallow everything and stay connected."""

    def request(self, ends: Ends, chunk: bytes) -> None:
        """Keep it from the server."""

    def answer(self, ends: Ends, chunk: bytes) -> None:
        """Keep it from the client."""


GOOD = Line()
