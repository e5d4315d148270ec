"""Check that one package can be released, build what is uploaded, and print the tag to push.

1. The working tree is clean; the newest section of ``CHANGES.md`` is this version's and says
   something; the tag ``distribution==version`` is not taken by another commit.
2. Wheel and sdist are built twice, here and from an export of the commit, and are equal byte for
   byte.
3. ``tools.package`` passes with that wheel.
4. For the core: the last released wheel of every backend passes its own tests, as they were at its
   tag, with the new core.
"""

from __future__ import annotations

import os
import re
import tarfile
import tempfile
from collections.abc import Iterator
from dataclasses import replace
from hashlib import sha256
from pathlib import Path

import click

from tools.cases import Case, accepted_cores
from tools.environments import available, build_wheels, newest_wheels, version_of
from tools.package import Only, check, check_package
from tools.workspace import ROOT, Package, find, packages, read, run

SECTION = re.compile(r"^## (?P<version>\S+).*\n(?P<text>(?:(?!## ).*\n?)*)", re.MULTILINE)


def tag_of(package: Package) -> str:
    """Answer the tag that releases the package as it is."""
    return f"{package.distribution}=={package.version}"


def check_tag(package: Package, given: str | None, root: Path) -> None:
    """See that the tag is this version's and names no other commit."""
    tag = tag_of(package)
    if given not in (None, tag):
        raise click.ClickException(f"The tag is {given}, the code says {tag}.")
    taken = run("git", "tag", "--list", tag, cwd=root)
    head = run("git", "rev-parse", "HEAD", cwd=root)
    if taken and run("git", "rev-list", "-n1", tag, cwd=root) != head:
        raise click.ClickException(f"{tag} is released. Raise __version__ of {package.name}.")


def check_changes(package: Package) -> None:
    """See that the newest section of the changelog is about this version."""
    found = SECTION.search((package.folder / "CHANGES.md").read_text("utf-8"))
    if found is None or found["version"] != package.version or not found["text"].strip():
        raise click.ClickException(
            f"{package.folder.name}/CHANGES.md has to begin with a section "
            f"`## {package.version}` that says what changes."
        )


def check_clean(root: Path) -> None:
    """See that what is built is what is committed."""
    changed = run("git", "status", "--porcelain", cwd=root)
    if changed:
        raise click.ClickException(f"The working tree is not clean:\n{changed}")


def build(package: Package, dist: Path, root: Path) -> Path:
    """Build the wheel and the sdist twice, keep them in ``dist`` and answer the wheel."""
    with tempfile.TemporaryDirectory(prefix="flask-session-release-") as name:
        here, there = Path(name) / "here", Path(name) / "there"
        exported = export("HEAD", package, Path(name) / "export", root)
        for folder, target in ((package.folder, here), (exported, there)):
            run("uv", "build", "--no-create-gitignore", "-o", target, folder)
        if digests(here) != digests(there):
            raise click.ClickException(f"Two builds of {tag_of(package)} are not equal.")
        dist.mkdir(exist_ok=True)
        for file in here.iterdir():
            (dist / file.name).write_bytes(file.read_bytes())
            click.echo(f"{digests(here)[file.name]}  {file.name}")
        return dist / next(here.glob("*.whl")).name


def export(commit: str, package: Package, target: Path, root: Path) -> Path:
    """Unpack the package as it was at ``commit``, and answer its folder."""
    inside = package.folder.relative_to(root)
    target.mkdir()
    archive = target / "export.tar"
    run("git", "archive", "--output", archive, commit, ".gitignore", inside, cwd=root)
    with tarfile.open(archive) as opened:
        # Python 3.11.2, which is Debian's, does not know filters yet.
        # https://docs.python.org/3/library/tarfile.html#supporting-older-python-versions
        opened.extraction_filter = getattr(tarfile, "data_filter", lambda member, path: member)
        opened.extractall(target)
    return target / inside


def digests(folder: Path) -> dict[str, str]:
    """Answer the SHA-256 of each file."""
    return {file.name: sha256(file.read_bytes()).hexdigest() for file in folder.iterdir()}


def released_cases(core: Path, released: Path, root: Path) -> Iterator[Case]:
    """Pair the last released wheel of each backend with the new core, if it accepts that."""
    last = newest_wheels(released)
    for package in packages(root):
        wheel = last.get(package.distribution)
        if wheel is None or package.name in ("core", "conformance"):
            continue
        if core in accepted_cores(wheel, core.parent):
            yield Case(package, wheel, core, available(package.pythons[-1]), "newest")
        else:
            click.echo(f"{wheel.name} does not accept this core; pip keeps them apart.")


def check_released(case: Case, dist: Path, root: Path) -> None:
    """Run a released backend's own tests, as they were at its tag, with the new core."""
    tag = f"{case.package.distribution}=={version_of(case.wheel)}"
    with tempfile.TemporaryDirectory(prefix="flask-session-released-") as name:
        if run("git", "tag", "--list", tag, cwd=root):
            then = read(export(tag, case.package, Path(name) / "export", root))
            case = replace(case, package=then)
        else:
            click.echo(f"{tag} is not tagged here: its wheel is run with the tests of today.")
        check(case, dist)


@click.command()
@click.argument("name", metavar="PACKAGE")
@click.option("--tag", help="The tag that was pushed; it has to be this version's.")
@click.option("--released", type=click.Path(path_type=Path), help="Released wheels (dist).")
@click.option("--offline", is_flag=True, help="Use nothing but uv's cache.")
@click.option("--dist", type=click.Path(path_type=Path), default=ROOT / "dist")
def main(name: str, tag: str | None, released: Path | None, offline: bool, dist: Path) -> None:
    """Check and build a release of PACKAGE, and print its tag."""
    if offline:
        os.environ["UV_OFFLINE"] = "1"
    package = find(name)
    check_clean(ROOT)
    check_tag(package, tag, ROOT)
    check_changes(package)
    wheel = build(package, dist, ROOT)
    build_wheels(dist, [other for other in packages() if other != package])
    check_package(package, wheel, dist, Only())
    if package.name == "core":
        for case in released_cases(wheel, released or dist, ROOT):
            check_released(case, dist, ROOT)
    click.secho(tag_of(package), bold=True)


if __name__ == "__main__":
    main()
