"""Server-side sessions for Flask in Nutshell."""

from .interface import NutshellSession, NutshellSessionInterface
from .store import NutshellStore

__all__ = ["NutshellSession", "NutshellSessionInterface", "NutshellStore"]
__version__ = "0.1.0"
