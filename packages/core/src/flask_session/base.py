"""The import path of Flask-Session 0.7 and 0.8 for what backends share."""

from .interface import ServerSideSessionInterface
from .serializers import MsgSpecSerializer, Serializer
from .session import ServerSideSession

__all__ = ["MsgSpecSerializer", "Serializer", "ServerSideSession", "ServerSideSessionInterface"]
