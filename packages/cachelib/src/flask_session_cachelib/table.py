"""The table of a DynamoDbCache."""

from __future__ import annotations

import os
from threading import Lock
from typing import Any

NONSENSE = (AttributeError, TypeError, ValueError)
"""What botocore's parser makes of an answer that is JSON of another shape."""
EXPIRED = "refreshed credentials are still expired"
"""Says botocore in a RuntimeError, where others of its own errors would be expected."""


class NoAnswerError(OSError):
    """The answer was cut off, or is not DynamoDB's; or there are no valid credentials to ask."""


class Table:
    """Takes the place of DynamoDbCache's table: read consistently, and used by one process alone.

    By default DynamoDB may still answer what was logged out.
    https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/HowItWorks.ReadConsistency.html

    A DynamoDbCache connects when it is made, in a server that forks its workers afterwards, and
    botocore keeps the connections: workers that share one get the answers to each other.

    botocore takes an answer that was cut off for an empty one, as of a missing item or of a write
    that was done. The consumed capacity, which is asked for, is in every whole answer.
    """

    def __init__(self, table: Any) -> None:
        self._table = table
        self._process = 0  # that in which the table was made is not known
        self._lock = Lock()

    def get_item(self, **parameters: Any) -> Any:
        """Get an item."""
        return self._answer("get_item", **{**parameters, "ConsistentRead": True})

    def put_item(self, **parameters: Any) -> Any:
        """Put an item."""
        return self._answer("put_item", **parameters)

    def delete_item(self, **parameters: Any) -> Any:
        """Delete an item."""
        return self._answer("delete_item", **parameters)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._own(), name)

    def _answer(self, operation: str, **parameters: Any) -> Any:
        try:
            answer = getattr(self._own(), operation)(ReturnConsumedCapacity="TOTAL", **parameters)
        except NONSENSE as error:
            raise NoAnswerError("no answer of DynamoDB that can be read") from error
        except RuntimeError as error:
            if EXPIRED not in str(error):
                raise
            raise NoAnswerError("no valid credentials for DynamoDB") from error
        if "ConsumedCapacity" not in answer:
            raise NoAnswerError("the answer of DynamoDB was cut off")
        return answer

    def _own(self) -> Any:
        """Answer the table, whose connections were made by this process."""
        if self._process != os.getpid():
            with self._lock:
                if self._process != os.getpid():
                    self._table.meta.client.close()  # its copies of them; it makes new ones
                    self._process = os.getpid()
        return self._table
