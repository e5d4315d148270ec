"""The plot: what a read and a change cost on each backend."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import matplotlib as mpl  # pyright: ignore[reportMissingImports]

from .results import Compared, Results, spread

CONTENDERS = {
    "bare": ("bare client", "#b8b8b8"),
    "ours": ("ours", "#2b6cb0"),
    "old": ("0.8.0", "#dd8452"),
}
SCENARIOS = ("read", "change")
HEIGHT = 0.26


def draw(results: Results, path: Path) -> None:
    """Write the plot; the same figures give the same file."""
    mpl.use("svg")
    mpl.rcParams["svg.hashsalt"] = "flask-session"
    from matplotlib import pyplot  # pyright: ignore[reportMissingImports]

    found = [(each.name, case) for each in results.backends if (case := each.default("small"))]
    height = 1.6 + 0.75 * len(found)
    figure, axes = pyplot.subplots(1, 2, figsize=(10, height), sharey=True, layout="constrained")
    for axis, scenario in zip(axes, SCENARIOS, strict=True):
        bars(axis, scenario, found)
    axes[0].set_yticks(range(len(found)), [name for name, _ in found])
    axes[0].invert_yaxis()
    figure.legend(*axes[0].get_legend_handles_labels(), loc="outside lower center", ncols=3)
    figure.savefig(path, metadata={"Date": None})
    pyplot.close(figure)


def bars(axis: Any, scenario: str, found: Sequence[tuple[str, Compared]]) -> None:
    """Draw the median net cost of each contender, with the quartiles as whiskers."""
    for position, (name, (label, colour)) in enumerate(CONTENDERS.items()):
        costs = [spread(case.line(scenario).net(name)) for _, case in found]
        places = [row + (position - 1) * HEIGHT for row in range(len(costs))]
        middles = [max(cost[0], 1) for cost in costs]
        errors = [
            [max(0.0, cost[0] - cost[1]) for cost in costs],
            [max(0.0, cost[2] - cost[0]) for cost in costs],
        ]
        axis.barh(places, middles, HEIGHT, xerr=errors, color=colour, label=label)
        for place, middle in zip(places, middles, strict=True):
            axis.annotate(f" {middle:.0f}", (middle, place), va="center", fontsize=7)
    axis.set_xscale("log")
    axis.set_title(f"{scenario}, small session")
    axis.set_xlabel("µs per request beyond the app without sessions")
    axis.spines[["top", "right"]].set_visible(False)
