"""The table: commands to it, and how it comes to be."""

from __future__ import annotations

import logging
import os
import re
from threading import Lock
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError
from botocore.parsers import ResponseParserError
from flask_session.config import text, wrong
from flask_session.discretion import Discretion

from .items import TYPED, Form, Item, Values

NAME = re.compile(r"(arn:[^:]+:dynamodb:[^:]*:[^:]*:table/)?[A-Za-z0-9_.-]{3,255}")
MINUTES = 5
# What botocore's parser makes of JSON that is no object, and of what is no JSON.
NONSENSE: tuple[type[Exception], ...] = (AttributeError, TypeError, ValueError, ResponseParserError)
EXPIRED = "refreshed credentials are still expired"
"""Says botocore in a RuntimeError, where others of its own errors would be expected."""
SWEEPS = 3
"""How often it is tried to let a new table sweep, while DynamoDB gives no answer to that."""
QUIETLY = Discretion("botocore.endpoint", "botocore.parsers")
logger: logging.Logger = logging.getLogger(__name__)


def check_name(key: str, value: Any) -> str:
    """Accept the name of a table, or its ARN, which every command takes in place of it.

    https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/HowItWorks.NamingRulesDataTypes.html
    """
    if not NAME.fullmatch(text(key, value)):
        remedy = "Set it to 3 to 255 of A-Z, a-z, 0-9, _, . and -, or to the table's ARN."
        raise wrong(key, value, "not a name that DynamoDB takes for a table", remedy)
    return str(value)


class _NoAnswerError(BotoCoreError):  # type: ignore[misc]  # boto3 has no types
    """The connection was lost in the middle of an answer, or something else than DynamoDB spoke."""

    fmt = "No answer of DynamoDB that can be read: it was cut off, or is somebody else's."


class _NoCredentialsError(BotoCoreError):  # type: ignore[misc]
    """Whoever hands out credentials has none that are valid by now."""

    fmt = "The credentials have expired, and so have those that took their place."


class SessionTable:
    """Send commands to one table, and make it when it is missed, unless it is said to exist.

    AWS takes about ten seconds to make a table. Nothing waits for that but :meth:`prepare`; until
    then commands raise the client's ``ResourceNotFoundException``. Many processes may make it at
    once.
    """

    def __init__(self, client: Any, name: str, form: Form, exists: bool) -> None:
        self.client = client
        self.name = name
        self.form = form
        self.exists = exists
        self._sweeps = 0
        self._process = 0  # that in which the client was made, and perhaps used, is not known
        self._lock = Lock()

    @QUIETLY
    def send(self, operation: str, **parameters: Any) -> Any:
        """Send one command."""
        if self._process != os.getpid():
            self._leave_connections_behind()
        try:
            answer = self._call(operation, parameters)
        except self.client.exceptions.ResourceNotFoundException:
            if self.exists:
                raise
        else:
            if self._sweeps:
                self._sweep()
            return answer
        self._make()
        return self._call(operation, parameters)

    def _call(self, operation: str, parameters: dict[str, Any]) -> Any:
        # botocore takes an answer that was cut off for an empty one, as of a missing item. What we
        # ask for here is in every whole answer.
        answer = self._ask(operation, ReturnConsumedCapacity="TOTAL", **parameters)
        if "ConsumedCapacity" not in answer:
            raise _NoAnswerError
        return answer

    def _ask(self, operation: str, **parameters: Any) -> Any:
        try:
            return getattr(self.client, operation)(TableName=self.name, **parameters)
        except NONSENSE as error:
            raise _NoAnswerError from error
        except RuntimeError as error:
            if EXPIRED not in str(error):
                raise
            raise _NoCredentialsError from error

    def write(
        self, operation: str, condition: str, values: Values, **parameters: Any
    ) -> tuple[bool, Item]:
        """Write on a condition; answer whether it held, and what was there if DynamoDB tells."""
        try:
            before = self.send(
                operation,
                ConditionExpression=condition,
                ExpressionAttributeValues=self.encoded(values),
                ReturnValuesOnConditionCheckFailure="ALL_OLD",
                **parameters,
            ).get("Attributes", {})
        except self.client.exceptions.ConditionalCheckFailedException as failure:
            attempts = failure.response.get("ResponseMetadata", {}).get("RetryAttempts", 0)
            found = TYPED.read(failure.response.get("Item", {}))
            return False, found._replace(is_repeated=attempts > 0)
        return True, self.form.read(before)

    def encoded(self, values: Values) -> dict[str, Any]:
        """Write values as the client takes them."""
        return {name: self.form.encode(value) for name, value in values.items()}

    def prepare(self) -> None:
        """Make the table, wait for it, and let DynamoDB remove from it what has expired.

        A table of Flask-Session 0.8 is left as it is: of the expiries in it, some are too early.
        """
        if self.exists:
            return
        self._make()
        waiter = self.client.get_waiter("table_exists")
        waiter.wait(TableName=self.name, WaiterConfig={"Delay": 1, "MaxAttempts": MINUTES * 60})
        for _ in range(SWEEPS):
            if self._sweeps:
                self._sweep()

    def _leave_connections_behind(self) -> None:
        # botocore keeps the connections of the process it was forked from, and would read answers
        # to that one. Closing its copies makes it open new ones.
        with self._lock:
            if self._process != os.getpid():
                self.client.close()
                self._process = os.getpid()

    def _make(self) -> None:
        try:
            self._ask(
                "create_table",
                AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}],
                KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
                BillingMode="PAY_PER_REQUEST",
            )
        except self.client.exceptions.ResourceInUseException:
            return
        self._sweeps = SWEEPS

    def _sweep(self) -> None:
        """Let DynamoDB remove what expires; the command before was carried out and shall not fail.

        https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/TTL.html
        """
        sweep = {"Enabled": True, "AttributeName": "expiration"}
        try:
            self._ask("update_time_to_live", TimeToLiveSpecification=sweep)
        except self.client.exceptions.ResourceInUseException:
            return  # still being made
        except ClientError as error:
            if "already enabled" not in str(error):
                self._warn(error.response["Error"]["Code"])
        except BotoCoreError as error:
            self._sweeps -= 1
            if self._sweeps > 0:
                return
            self._warn(type(error).__name__)
        self._sweeps = 0

    def _warn(self, reason: str) -> None:
        logger.warning(
            "DynamoDB will not remove expired items from the table %s (%s). They end all "
            "the same; to save their space, set its time to live to 'expiration'.",
            self.name,
            reason,
        )
