"""Call paths: chains of functions from traces, lists, columns, arrows and prose, with the locks on them.

They come from layout, hardly from grammar. A span that a machine's trace or a column covers isn't read
again as something else.
"""

from collections.abc import Iterator

from analysis.reading.anchors import clip
from analysis.reading.arrows import Chain, find_arrows
from analysis.reading.calls import find_calls
from analysis.reading.columns import find_columns
from analysis.reading.frames import find_traces
from analysis.reading.ladders import find_ladders
from analysis.reading.lines import Line, own_lines
from analysis.reading.locks import find_locks
from analysis.reading.pages import Page
from archive.findings import CallPath
from archive.identity import finding_id


def _chains(page: Page, lines: tuple[Line, ...]) -> Iterator[tuple[Chain, str]]:
    covered: list[tuple[int, int]] = []
    sources = (
        ("stack trace", (Chain(t.start, t.end, t.names) for t in find_traces(lines))),
        ("two columns", find_columns(lines)),
        ("indented list", find_ladders(lines)),
        ("arrows", find_arrows(lines)),
        ("prose", find_calls(page.sentences)),
    )
    for why, chains in sources:
        fresh = [c for c in chains if not any(a < c.end and c.start < b for a, b in covered)]
        yield from ((c, why) for c in fresh)
        if why != "prose":
            covered += [(c.start, c.end) for c in fresh]


def find_paths(page: Page) -> tuple[CallPath, ...]:
    """The call paths of a message, in the order of their places, each chain once a place."""
    lines = own_lines(page.message)
    found = {}
    for chain, why in _chains(page, lines):
        place = clip(page.message, chain.start, chain.end)
        if place is None or len(chain.names) < 2:
            continue
        locks = find_locks(page.message.text, chain.start, chain.end, chain.names)
        name = finding_id("c", page.id, chain.start, chain.end, *chain.names)
        found[name] = CallPath(name, place, chain.names, locks, why)
    return tuple(sorted(found.values(), key=lambda p: p.anchor.start))
