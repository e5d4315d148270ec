"""The table of a DynamoDbCache."""

from __future__ import annotations

import os
from threading import Lock
from typing import Any


class Table:
    """Takes the place of DynamoDbCache's table: read consistently, and used by one process alone.

    By default DynamoDB may still answer what was logged out.
    https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/HowItWorks.ReadConsistency.html

    A DynamoDbCache connects when it is made, in a server that forks its workers afterwards, and
    botocore keeps the connections: workers that share one get the answers to each other.
    """

    def __init__(self, table: Any) -> None:
        self._table = table
        self._process = 0  # that in which the table was made is not known
        self._lock = Lock()

    def get_item(self, **parameters: Any) -> Any:
        """Get an item."""
        return self._own().get_item(**{**parameters, "ConsistentRead": True})

    def __getattr__(self, name: str) -> Any:
        return getattr(self._own(), name)

    def _own(self) -> Any:
        """Answer the table, whose connections were made by this process."""
        if self._process != os.getpid():
            with self._lock:
                if self._process != os.getpid():
                    self._table.meta.client.close()  # its copies of them; it makes new ones
                    self._process = os.getpid()
        return self._table
