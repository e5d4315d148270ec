"""The environments: this repository's, and one of Flask-Session 0.8.0 with the same clients."""

from __future__ import annotations

import sys
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from flask_session_conformance.migration.neighbour import make_environment

ROOT = Path(__file__).resolve().parent.parent
OLD = ROOT / ".cache" / "benchmark-flask-session-0.8.0"
SAME = (
    *("flask", "werkzeug", "itsdangerous", "msgspec", "cachelib", "redis", "pymemcache"),
    *("pymongo", "sqlalchemy", "flask-sqlalchemy", "pymysql", "psycopg", "psycopg-binary"),
    *("boto3", "botocore"),
)
"""What both environments have in the same version, so that only the library differs."""

ADDED = ("flask-session==0.8.0", "mypy-boto3-dynamodb<2", "gunicorn>=23")


def python_of(contender: str) -> Path:
    """Answer the interpreter of a contender; the environment of 0.8.0 is made from PyPI, once."""
    if contender != "old":
        return Path(sys.executable)
    pinned = [f"{name}=={version(name)}" for name in SAME]
    return make_environment(OLD, [*ADDED, *pinned])


def versions() -> dict[str, str]:
    """Answer the versions of what both environments share."""
    return {name: version(name) for name in SAME}


def is_installed(name: str) -> bool:
    """Tell whether a distribution is here; the group ``bench`` is not, in a run of the tests."""
    try:
        version(name)
    except PackageNotFoundError:
        return False
    return True
