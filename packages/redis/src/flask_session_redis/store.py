"""Records as plain Redis strings with an expiry, as Flask-Session 0.4 to 0.8 kept them."""

from __future__ import annotations

import re
from collections.abc import Iterator
from hashlib import sha1
from itertools import islice

from flask_session.errors import UnreadableRecord
from flask_session.pools import Interruptible
from flask_session.store import Outcome, Record, Store

from .client import Client, base_error, exceptions_of
from .direct import sender

# ``pcall`` answers WRONGTYPE as a table: a list or a hash at the key is not the expected record.
# https://redis.io/docs/latest/develop/programmability/eval-intro/
FOUND = """
local stored = redis.pcall('GET', KEYS[1])
if not stored then return 'gone' end
"""
# The old data goes along with the new: a digest is shorter, but it costs the server, which does one
# thing at a time, half a millisecond for 100 KB.
UPDATE = f"""{FOUND}
if stored ~= ARGV[1] and stored ~= ARGV[2] then return 'conflict' end
redis.call('SET', KEYS[1], ARGV[2], 'EX', ARGV[3])
return 'saved'
"""
# A touch and a deletion carry no data, so they compare by a digest.
RECOGNISED = f"""{FOUND}
if type(stored) ~= 'string' or redis.sha1hex(stored) ~= ARGV[1] then return 'conflict' end
"""
TOUCH = f"""{RECOGNISED}
redis.call('EXPIRE', KEYS[1], ARGV[2])
return 'saved'
"""
DELETE = f"""{RECOGNISED}
redis.call('DEL', KEYS[1])
return 'deleted'
"""
DIGESTS = {script: sha1(script.encode()).hexdigest() for script in (UPDATE, TOUCH, DELETE)}
OUTCOMES = {outcome.value.encode(): outcome for outcome in Outcome}
ERRORS = (
    "RedisError",
    "RedisClusterException",
    "ValkeyError",
    "ValkeyClusterException",
    "ChildDeadlockedError",
)
SPECIAL_IN_PATTERNS = re.compile(r"[\\*?\[\]^-]")
BATCH = 500


class RedisStore(Store):
    """Keep records in Redis or Valkey: one server, behind Sentinel, or a cluster."""

    def __init__(self, client: Client, *, owns_client: bool = False) -> None:
        """Use ``client``; :meth:`close` closes it only if it is owned."""
        self.client = client
        self._send = sender(client)
        self._interruptible = Interruptible(client, (base_error(client),))
        self._owns_client = owns_client
        exceptions = exceptions_of(client)
        found = (getattr(exceptions, name, None) for name in ERRORS)
        self.errors: tuple[type[Exception], ...] = (OSError, *filter(None, found))
        self._response_error: type[Exception] = exceptions.ResponseError
        self._no_script_error: type[Exception] = exceptions.NoScriptError

    def load(self, key: str) -> Record | None:
        """Return the string under ``key``."""
        try:
            data = self._send("GET", key)
        except self._response_error as error:
            if str(error).startswith("WRONGTYPE"):
                raise UnreadableRecord("the key holds another type than a string") from None
            raise
        return None if data is None else Record(data)

    def create(self, key: str, data: bytes, ttl: int) -> bool:
        """Write a new string; whatever else has the key is left as it is."""
        # A third of redis-py's time for set(..., nx=True, ex=ttl) goes into its arguments.
        return bool(self._send("SET", key, data, "EX", ttl, "NX"))

    def update(self, key: str, data: bytes, ttl: int, expected: Record) -> Outcome:
        """Replace ``expected`` in one script, on the server."""
        return self._run(UPDATE, key, expected.data, data, ttl)

    def touch(self, key: str, ttl: int) -> bool:
        """Move the expiry."""
        return bool(self._send("EXPIRE", key, ttl))

    def touch_expected(self, key: str, ttl: int, expected: Record) -> bool:
        """Compare and move the expiry in one script, on the server."""
        digest = sha1(expected.data).hexdigest()
        return self._run(TOUCH, key, digest, ttl) is Outcome.SAVED

    def delete(self, key: str, expected: Record | None = None) -> Outcome:
        """Remove the key; with ``expected``, in one script, on the server."""
        if expected is not None:
            return self._run(DELETE, key, sha1(expected.data).hexdigest())
        return Outcome.DELETED if self._send("DEL", key) else Outcome.GONE

    def keys(self, prefix: str) -> Iterator[tuple[str, float | None]]:
        """Scan the server, or every primary of the cluster, in batches."""
        pattern = SPECIAL_IN_PATTERNS.sub(r"\\\g<0>", prefix) + "*"
        found = self.client.scan_iter(match=pattern, count=BATCH)
        while batch := self._next(found):
            yield from self._with_expiry([key for key in batch if key.isascii()])

    def expires_at(self, key: str) -> float | None:
        """Ask for the expiry, which ``load`` does not, to save a request a second answer."""
        remaining = self._send("PTTL", key)
        return self.clock() + remaining / 1000 if remaining >= 0 else None

    def close(self) -> None:
        """Close the client if it is ours."""
        if self._owns_client:
            self.client.close()

    def _run(self, script: str, key: str, *arguments: object) -> Outcome:
        try:
            answer = self._send("EVALSHA", DIGESTS[script], 1, key, *arguments)
        except self._no_script_error:
            # EVAL also loads the script, into this server: each node of a cluster, each server
            # that was restarted or took over, is told once.
            answer = self._send("EVAL", script, 1, key, *arguments)
        return OUTCOMES[answer]

    def _next(self, found: Iterator[bytes]) -> list[bytes]:
        with self._interruptible:
            return list(islice(found, BATCH))

    def _with_expiry(self, batch: list[bytes]) -> Iterator[tuple[str, float | None]]:
        with self._interruptible, self.client.pipeline(transaction=False) as pipeline:
            for key in batch:
                pipeline.pttl(key)
            answers = pipeline.execute()
        now = self.clock()
        for key, remaining in zip(batch, answers, strict=True):
            if remaining != -2:
                yield key.decode(), None if remaining == -1 else now + remaining / 1000
