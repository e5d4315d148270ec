"""The examples, each loaded anew with its server's address in the environment."""

from __future__ import annotations

import importlib.util
import sys
from collections.abc import Callable
from pathlib import Path
from types import ModuleType

import pytest
from flask_session_conformance.plugin import GetServer

EXAMPLES = Path(__file__).parents[1]
Load = Callable[[str], ModuleType]


@pytest.fixture
def load(monkeypatch: pytest.MonkeyPatch) -> Load:
    """Provide a function that runs an example's file and answers its module."""

    def run(path: str) -> ModuleType:
        name = "example_" + path.replace("/", "_").removesuffix(".py")
        spec = importlib.util.spec_from_file_location(name, EXAMPLES / path)
        assert spec
        assert spec.loader
        module = importlib.util.module_from_spec(spec)
        monkeypatch.setitem(sys.modules, name, module)
        spec.loader.exec_module(module)
        return module

    return run


@pytest.fixture
def load_with_redis(load: Load, server: GetServer, monkeypatch: pytest.MonkeyPatch) -> Load:
    """Provide the same, with a real Redis where the example looks for one."""
    redis = server("redis")
    monkeypatch.setenv("REDIS_HOST", redis.host)
    monkeypatch.setenv("REDIS_PORT", str(redis.port))
    return load
