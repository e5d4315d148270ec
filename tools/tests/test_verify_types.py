"""Every public symbol has to be typed."""

from __future__ import annotations

from pathlib import Path

import pytest

from tools.environments import HERE, Environment, build_wheels, wheel_of
from tools.verify_types import untyped
from tools.workspace import find


@pytest.mark.parametrize(
    ("source", "found"),
    [
        ("def light(watts: int) -> str: ...", []),
        ("def light(watts) -> str: ...", ["flask_session.light"]),
        ("def _light(watts): ...", []),
    ],
    ids=["typed", "untyped", "private"],
)
def test_untyped_public_symbols_are_named(workspace: Path, source: str, found: list[str]) -> None:
    core = find("core", workspace)
    home = core.folder / "src/flask_session"
    (home / "py.typed").touch()
    (home / "__init__.py").write_text(f'__version__ = "1.0.0"\n{source}\n')
    build_wheels(workspace / "dist", [core])
    environment = Environment(workspace / "environment", HERE)
    environment.install(wheel_of(core, workspace / "dist"))
    names = [line for line in untyped(environment, core.import_name) if not line.startswith(" ")]
    assert names == found


def test_a_package_without_py_typed_is_refused(workspace: Path) -> None:
    core = find("core", workspace)
    build_wheels(workspace / "dist", [core])
    environment = Environment(workspace / "environment", HERE)
    environment.install(wheel_of(core, workspace / "dist"))
    assert "py.typed" in "".join(untyped(environment, core.import_name))
