"""Make a new backend package from ``tools/template``; ``tools/new_backend`` calls it."""

from __future__ import annotations

import re
from pathlib import Path

import click

from tools.workspace import ROOT, run

TEMPLATE = ROOT / "tools" / "template"
LITTER = ("__pycache__", ".pytest_cache", ".mypy_cache", ".ruff_cache")

SOURCES = re.compile(r"(?:^flask-session\S* = \{ workspace = true \}\n)+", re.MULTILINE)
TESTED = re.compile(r'(?:^    "flask-session\S*",\n)+', re.MULTILINE)

NEXT = """{folder} is a complete package, and its tests pass:

    {test}

  1. replace the dictionary in src/flask_session_{name}/store.py by your database;
  2. say in tests/test_conformance.py what your store can do;
  3. fill in README.md, above all "What is promised".

The contract is flask_session.store; docs/write-a-backend.md walks through a real one."""

MEMBER = "make test BACKEND={name}"
STRANGER = "pip install -e {folder} flask-session-conformance flask-login && pytest {folder}"


def copy(name: str, target: Path) -> None:
    """Write the template's files to ``target``, with its name replaced everywhere."""
    for source in sorted(TEMPLATE.rglob("*")):
        if source.is_file() and not set(LITTER) & set(source.parts):
            path = target / renamed(str(source.relative_to(TEMPLATE)), name)
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(renamed(source.read_text("utf-8"), name), "utf-8")


def renamed(text: str, name: str) -> str:
    """Replace the template's name, whatever its case."""
    for old, new in (("nutshell", name), ("Nutshell", name.capitalize())):
        text = text.replace(old, new)
    return text.replace("NUTSHELL", name.upper())


def enlist(name: str, root: Path) -> None:
    """Make the new package a member of the workspace: of its lock and of its environment."""
    project = root / "pyproject.toml"
    project.write_text(enlisted(project.read_text("utf-8"), f"flask-session-{name}"), "utf-8")
    run("uv", "lock", cwd=root)
    run("uv", "sync", "--frozen", "--inexact", cwd=root)


def enlisted(text: str, distribution: str) -> str:
    """Add a distribution to the workspace's sources and to its ``test`` group."""
    text = SOURCES.sub(rf"\g<0>{distribution} = {{ workspace = true }}\n", text, count=1)
    return TESTED.sub(rf'\g<0>    "{distribution}",\n', text, count=1)


@click.command()
@click.argument("name")
@click.option("--to", "target", type=click.Path(path_type=Path), help="Default: packages/NAME")
def main(name: str, target: Path | None) -> None:
    """Make the package flask-session-NAME."""
    folder = target or ROOT / "packages" / name
    if not re.fullmatch(r"[a-z][a-z0-9]*", name):
        raise click.ClickException(f"{name!r} is no name: use lower-case letters and digits.")
    if folder.exists() and any(folder.iterdir()):
        raise click.ClickException(f"{folder} is not empty.")
    copy(name, folder)
    if target is None:
        enlist(name, ROOT)
    test = (STRANGER if target else MEMBER).format(folder=folder, name=name)
    click.echo(NEXT.format(folder=folder, name=name, test=test))


if __name__ == "__main__":
    main()
