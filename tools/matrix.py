"""Print the CI jobs as JSON: what a change has to be tested on.

A change in a backend runs that backend; a change anywhere else but in the documentation runs all.
Each package's own metadata says on which Pythons (classifiers) and server images
(``[tool.flask-session.images]``), so that a new backend needs no change here.

The oldest Python goes with the lowest declared dependencies and the oldest images, the newest
Python with the newest of both; ``--nightly`` adds the Pythons between them.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from pathlib import Path

import click

from tools.workspace import ROOT, Package, packages, run

DOCUMENTATION = ("docs/", "examples/", "benchmarks/", "README.md", "CONTRIBUTING.md", "LICENSE")
SHARED = ("core", "conformance")

Job = dict[str, str]


def affected(changed: Iterable[str], known: list[Package]) -> list[Package]:
    """Choose the packages that these changed paths can break."""
    touched: set[str] = set()
    for path in changed:
        touched |= reach(path, known)
    return [package for package in known if package.name in touched]


def reach(path: str, known: list[Package]) -> set[str]:
    """Answer the names of the packages that a change of one path can break."""
    everything = {package.name for package in known}
    if path.startswith(DOCUMENTATION):
        return set()
    parts = path.split("/")
    name = parts[1] if parts[0] == "packages" and len(parts) > 2 else ""
    return {name} if name in everything - set(SHARED) else everything


def jobs(package: Package, nightly: bool) -> Iterator[Job]:
    """Make the jobs of one package: oldest with oldest, newest with newest."""
    oldest, *between, newest = package.pythons
    yield job(package, oldest, "lowest", 0)
    for python in between if nightly else ():
        yield job(package, python, "newest", -1)
    yield job(package, newest, "newest", -1)


def job(package: Package, python: str, resolution: str, image: int) -> Job:
    """Describe one job; ``environment`` is what goes into the job's environment, a line each."""
    chosen = {server: images[image] for server, images in package.images.items()}
    lines = [f"FLASK_SESSION_IMAGE_{name.upper()}={tag}" for name, tag in chosen.items()]
    return {
        "package": package.name,
        "python": python,
        "resolution": resolution,
        "extras": ",".join(package.extras),
        "environment": "\n".join(lines),
    }


def changed_since(base: str, root: Path) -> list[str] | None:
    """List the paths that differ from where this branch left ``base``; ``None`` if that is unknown.

    GitHub names a commit of zeros for a new branch, and one that is gone after a forced push.
    """
    try:
        return run("git", "diff", "--name-only", f"{base}...HEAD", cwd=root).splitlines()
    except click.ClickException:
        return None


def chosen(since: str | None, root: Path) -> list[Package]:
    """Choose the packages to test: all, unless it is known what changed."""
    known = packages(root)
    changed = None if since is None else changed_since(since, root)
    return known if changed is None else affected(changed, known)


@click.command()
@click.option("--since", metavar="COMMIT", help="Only what the change since COMMIT can break.")
@click.option("--nightly", is_flag=True, help="All Pythons.")
@click.option("--root", type=click.Path(path_type=Path), default=ROOT, hidden=True)
def main(since: str | None, nightly: bool, root: Path) -> None:
    """Print the CI jobs as JSON."""
    rows = [row for package in chosen(since, root) for row in jobs(package, nightly)]
    click.echo(json.dumps({"include": rows}))


if __name__ == "__main__":
    main()
