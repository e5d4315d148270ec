"""The report, in Markdown."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from statistics import median

from . import scaling_report
from .in_a_view import VIEWED
from .markdown import figures, table
from .results import Backend, Compared, Count, Imported, Line, Results
from .verdict import shown, verdicts

INTRODUCTION = """\
Written by `make bench`. Each contender runs in a process of its own, on the same server, with the
same versions of Flask and of every client library: **ours**, **0.8.0** (Flask-Session from PyPI,
configured as its documentation says) and **bare**, the client library doing the least store work
in a loop, without Flask, cookies and encoding. **Viewed** is the bare client as well, called from
views of an app without sessions: a request in between leaves no cache as warm as a loop does,
whoever sends the command. They take turns in short batches, in another order every round. CPUs
with nothing to do are kept awake meanwhile, as far as the system lets us: to wake one up takes up
to several hundred microseconds on a virtual machine, at random, and is no work of anybody's.

Times are microseconds per request. Those of apps are *net*: what the same app without sessions
took, in the same process and in turn with it, is taken off. Two processes are not alike, by more
than what a view costs that does not look. A ratio is the median over the rounds, with the lower and
the upper quartile: **0.8.0 / ours** says how many times faster ours is (more is better), **ours /
bare** and **ours / viewed** how near it comes to the client library (less is better). A dash stands
where a cost is too small to be divided.

0.8.0 is given what an operator would give it: an index on the id in MongoDB, where each read looks
at every session otherwise, and a threshold of files that is never reached. With default settings,
not everything is alike:

- Ours signs the cookie, 0.8.0 does not. `SESSION_USE_SIGNER = True` compares like with like.
- Ours renews the lifetime of a session at most once a minute, 0.8.0 at every request. In "each look
  renews the lifetime" ours does it every time, too.
- Ours compares before it replaces a record, and sends a change only where there is one; 0.8.0
  rewrites the record at every request, and neither compares.
- Ours keeps an SQLite file in WAL mode, 0.8.0 in SQLite's default mode. In one case both use WAL.
- 0.8.0 does not wait until Memcached has acknowledged a write, as is the default of pymemcache. In
  one case it does."""


HEAD = ["scenario", "bare", "0.8.0", "ours", "0.8.0 / ours", "ours / bare"]
NEAREST = ("ours", "viewed")
QUICK = "**Made with `--quick`, which shows that the benchmark works: these figures say nothing.**"
SUMMARY_BEGINS, SUMMARY_ENDS = "<!-- summary -->", "<!-- end of summary -->"
"""What ``docs/performance.md`` includes stands between these."""


def render(results: Results, plot: str | None) -> str:
    """Write the whole report."""
    parts = [
        "# What a session costs",
        INTRODUCTION,
        machine(results),
        SUMMARY_BEGINS,
        QUICK if results.quick else "",
        headline(results),
        f"![Net cost of a read and a change on each backend]({plot})" if plot else "",
        "## What was to be shown",
        verdict_table(results),
        SUMMARY_ENDS,
        *(part for backend in results.backends for part in about(backend)),
        *scaling_report.purge(results),
        *imports(results.imported),
    ]
    return "\n\n".join(part for part in parts if part) + "\n"


def headline(results: Results) -> str:
    """Write a read and a change of a small session with default settings, on each backend."""
    head = ["backend", *HEAD, "viewed", "ours / viewed"]
    rows = [
        [
            backend.name,
            *row_of(line),
            figures(median(line.net("viewed"))),
            shown(line.ratio(*NEAREST)),
        ]
        for backend in results.backends
        if (case := backend.default("small"))
        for line in map(case.line, VIEWED)
    ]
    return table(head, rows)


def machine(results: Results) -> str:
    """Write what it was measured on."""
    servers = ", ".join(backend.server for backend in results.backends)
    versions = ", ".join(f"{name} {number}" for name, number in results.versions.items())
    facts = {
        **results.machine,
        "rounds": str(results.rounds),
        "servers": servers,
        "libraries, the same for all": versions,
    }
    return table(["", ""], [[name, value] for name, value in facts.items()])


def verdict_table(results: Results) -> str:
    """Write what was reached."""
    rows = [
        [each.target, each.backend, "reached" if each.reached else "**not reached**", each.figure]
        for each in sorted(verdicts(results), key=lambda each: each.target.startswith("to reach"))
    ]
    return table(["target", "backend", "", "figure"], rows)


def about(backend: Backend) -> Iterator[str]:
    """Write the chapter of a backend."""
    yield f"## {backend.name}"
    yield backend.server
    for case in backend.compared:
        yield f"### {case.case.title[0].upper()}{case.case.title[1:]}"
        yield times(case)
    yield "### What one request asks of the store"
    if backend.name == "filesystem":
        yield "Operations that Python's audit hooks show; exchanging two files is none of them."
    yield counts(backend.counts)
    yield "### Where the microseconds of ours go"
    yield breakdowns(backend.breakdowns)
    yield from scaling_report.about(backend)


def times(case: Compared) -> str:
    """Write the times of a case."""
    return table(HEAD, [row_of(line) for line in case.lines])


def row_of(line: Line) -> list[str]:
    """Write one scenario."""
    net = [figures(median(line.net(name))) for name in ("bare", "old", "ours")]
    return [
        line.scenario,
        *net,
        shown(line.ratio("old", "ours")),
        shown(line.ratio("ours", "bare")),
    ]


def counts(found: Iterable[Count]) -> str:
    """Write commands, round trips and bytes; 0.8.0 first."""
    found = list(found)
    head = ["scenario", "commands 0.8.0", "ours"]
    rows = [[each.scenario, *(commands(each, name) for name in ("old", "ours"))] for each in found]
    if found and found[0].round_trips:
        head += ["round trips 0.8.0 / ours", "bytes sent", "bytes received"]
        rows = [
            [*row, *map(both, (each.round_trips, each.sent, each.received))]
            for row, each in zip(rows, found, strict=True)
        ]
    return table(head, rows)


def commands(each: Count, name: str) -> str:
    """Write the commands of one contender."""
    found = each.commands[name].items()
    return ", ".join(command if n == 1 else f"{n:g} × {command}" for command, n in found) or "–"


def both(values: dict[str, float]) -> str:
    """Write a count of 0.8.0 and of ours."""
    return f"{values['old']:g} / {values['ours']:g}"


def breakdowns(found: dict[str, dict[str, float]]) -> str:
    """Write where the time goes, the largest part first."""
    scenarios = list(found)
    names = {part for each in scenarios for part in found[each]}
    parts = {part: [found[each].get(part, 0.0) for each in scenarios] for part in sorted(names)}
    ordered = sorted(parts.items(), key=lambda item: -item[1][-1])
    rows = [[part, *map(figures, values)] for part, values in ordered]
    rows.append(["sum", *(figures(sum(found[each].values())) for each in scenarios)])
    return table(["µs per request", *scenarios], rows)


def imports(found: dict[str, Imported]) -> Iterator[str]:
    """Write what the import costs."""
    if not found:
        return
    yield "## Import"
    yield (
        "Milliseconds in a new interpreter: `import flask`, then `import flask_session`, then "
        "`Session(app)` with files, which loads the backend; and the modules each step adds."
    )
    head = ["", "flask", "flask_session", "Session(app)", "modules", "modules of Session(app)"]
    yield table(head, [import_row(name, each) for name, each in found.items()])


def import_row(name: str, each: Imported) -> list[str]:
    """Write one contender."""
    times = [f"{a:.0f} ({b:.0f} … {c:.0f})" for a, b, c in (each.flask, each.ours, each.session)]
    return [
        "0.8.0" if name == "old" else name,
        *times,
        modules(each.imported),
        modules(each.loaded),
    ]


def modules(packages: dict[str, int]) -> str:
    """Write how many modules there are, of which packages."""
    names = ", ".join(f"{name} {number}" for name, number in sorted(packages.items(), key=most))
    return f"{sum(packages.values())}: {names}"


def most(item: tuple[str, int]) -> tuple[int, str]:
    """Sort by number, the largest first."""
    return -item[1], item[0]
