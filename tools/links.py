"""Check the links of the built documentation that stay within it: ``python -m tools.links FOLDER``.

Links to other sites need a network and are not looked at.
"""

from __future__ import annotations

from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote, urlsplit

import click


class Page(HTMLParser):
    """The link targets of a page, and what it links to."""

    def __init__(self, path: Path) -> None:
        super().__init__()
        self.path = path
        self.anchors: set[str] = set()
        self.links: set[str] = set()
        self.feed(path.read_text("utf-8"))

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Note ids and references."""
        for name, value in attrs:
            if name in ("id", "name") and value:
                self.anchors.add(value)
            if name in ("href", "src") and value:
                self.links.add(value)


def broken(folder: Path) -> Iterator[str]:
    """Answer each link that leads nowhere, with its page."""
    pages = {path.resolve(): Page(path) for path in folder.rglob("*.html")}
    for page in pages.values():
        for link in sorted(page.links):
            parts = urlsplit(link)
            if parts.scheme or parts.netloc:
                continue
            target = (page.path.parent / unquote(parts.path)) if parts.path else page.path
            known = pages.get(target.resolve())
            lost = known and parts.fragment and unquote(parts.fragment) not in known.anchors
            if lost or not target.exists():
                yield f"{page.path.relative_to(folder)}: {link}"


@click.command()
@click.argument("folder", type=click.Path(path_type=Path, exists=True))
def main(folder: Path) -> None:
    """Check the links within the HTML files of FOLDER."""
    found = list(broken(folder))
    if found:
        raise click.ClickException("These links lead nowhere:\n" + "\n".join(found))
    click.echo("Every link within the documentation leads somewhere.")


if __name__ == "__main__":
    main()
