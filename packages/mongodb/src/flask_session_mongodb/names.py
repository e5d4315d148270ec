"""The names that MongoDB takes; any other is an error at its first use, or for ever a 503.

https://www.mongodb.com/docs/manual/reference/limits/#naming-restrictions
"""

from __future__ import annotations

import re
from typing import Any

from flask_session.config import text, wrong

DATABASE = re.compile(r'[^/\\. "$\0]+')
COLLECTION = re.compile(r"(?!system\.)(?!.*\.system\.)[^.$\0]+(\.[^.$\0]+)*", re.DOTALL)
LONGEST_DATABASE = 63
LONGEST_COLLECTION = 253
LONGEST = 255
"""In bytes; the last is that of a database's name, a dot and a collection's together."""


def database_name(key: str, value: Any) -> str:
    """Accept the name of a database; a server on Windows takes fewer characters than these."""
    if not DATABASE.fullmatch(text(key, value)) or len(value.encode()) > LONGEST_DATABASE:
        remedy = f'Set it to at most {LONGEST_DATABASE} bytes without space and any of . $ / \\ ".'
        raise wrong(key, value, "not a name that MongoDB takes for a database", remedy)
    return str(value)


def collection_name(key: str, value: Any) -> str:
    """Accept the name of a collection."""
    if not COLLECTION.fullmatch(text(key, value)) or len(value.encode()) > LONGEST_COLLECTION:
        remedy = (
            f"Set it to at most {LONGEST_COLLECTION} bytes without $, .. and system., and without "
            "a dot at either end."
        )
        raise wrong(key, value, "not a name that MongoDB takes for a collection", remedy)
    return str(value)


def fit_together(db: str, collection: str) -> None:
    """Accept two names that make a namespace."""
    if len(f"{db}.{collection}".encode()) > LONGEST:
        problem = f"with the database {db!r} and a dot it is longer than {LONGEST} bytes"
        raise wrong("SESSION_MONGODB_COLLECT", collection, problem, "Shorten one of the two names.")
