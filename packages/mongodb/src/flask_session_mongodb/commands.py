"""The two commands of nearly every request, run without what pymongo builds around each.

A cursor and the helpers for writes take pymongo a tenth longer than the commands they send. What
they add to these is here: the client's read and write concern, the errors inside of an answer, and
one repetition.
https://www.mongodb.com/docs/manual/reference/command/
"""

from __future__ import annotations

from typing import Any

from pymongo.collection import Collection
from pymongo.errors import (
    AutoReconnect,
    OperationFailure,
    ServerSelectionTimeoutError,
    WriteConcernError,
    WriteError,
)

from .upkeep import Document

STEPPED_DOWN = (91, 189, 10107, 11600, 11602, 13435, 13436)
"""What a server says inside of an answer that ceases to be the primary, or ends, meanwhile.

https://github.com/mongodb/mongo/blob/master/src/mongo/base/error_codes.yml
"""


class Commands:
    """Run commands on a collection; thread-safe.

    One that failed is sent once more if the client has ``retryReads`` or ``retryWrites``: to send
    these twice does no more than to send them once.
    """

    def __init__(self, collection: Collection[Document]) -> None:
        options = collection.database.client.options
        self._collection = collection
        self._repeats_reads, self._repeats_writes = options.retry_reads, options.retry_writes
        self._find: Document = {"find": collection.name, "singleBatch": True}
        if collection.read_concern.level:
            self._find["readConcern"] = collection.read_concern.document
        self._update: Document = {"update": collection.name}
        if not collection.write_concern.is_server_default:
            self._update["writeConcern"] = collection.write_concern.document

    def find(self, which: Document) -> list[Document]:
        """Answer the documents of the first batch: up to 101, together up to 16 MB."""
        answer = self._run({**self._find, "filter": which}, self._repeats_reads)
        found: list[Document] = answer["cursor"]["firstBatch"]
        return found

    def update(self, which: Document, change: Document) -> bool:
        """Change one document; ``False`` if none matches."""
        updates = [{"q": which, "u": change}]
        try:
            return self._updated(updates)
        except (WriteError, WriteConcernError) as error:
            if not self._repeats_writes or error.code not in STEPPED_DOWN:
                raise
        return self._updated(updates)

    def _updated(self, updates: list[Document]) -> bool:
        answer = self._run({**self._update, "updates": updates}, self._repeats_writes)
        for refused in answer.get("writeErrors", ()):
            raise WriteError(refused.get("errmsg", ""), refused.get("code"), refused)
        if refused := answer.get("writeConcernError"):
            raise WriteConcernError(refused.get("errmsg", ""), refused.get("code"), refused)
        return bool(answer["n"])

    def _run(self, command: Document, repeats: bool) -> Any:
        run, options = self._collection.database.command, self._collection.codec_options
        try:
            return run(command, codec_options=options)
        except (AutoReconnect, OperationFailure) as error:
            if not repeats or isinstance(error, ServerSelectionTimeoutError):
                raise
        return run(command, codec_options=options)
