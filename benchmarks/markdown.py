"""Tables and numbers in Markdown."""

from __future__ import annotations

from collections.abc import Iterable, Sequence


def table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """Write a table; all columns but the first are aligned to the right if they hold numbers."""
    rows = [list(row) for row in rows]
    marks = ["---", *("---:" if is_numeric(rows, each) else "---" for each in range(1, len(head)))]
    return "\n".join(f"| {' | '.join(row)} |" for row in [list(head), marks, *rows])


def is_numeric(rows: Sequence[Sequence[str]], column: int) -> bool:
    """Tell whether a column holds numbers."""
    return all(row[column][:1] in ("–", "-") or row[column][:1].isdigit() for row in rows)


def figures(value: float) -> str:
    """Write a number with as many digits as it deserves."""
    return f"{value:.1f}" if abs(value) < 100 else f"{value:,.0f}".replace(",", " ")
