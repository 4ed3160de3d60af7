"""Runs of text with addresses linked and findings marked, and the choice of prose or fixed pitch."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

from reports.concordance import Mark
from reports.text import web_addresses
from reports.views.quotes import QuotedFrom

Span = tuple[int, int]

_PARAGRAPH_LINES = 60
_PARAGRAPH_CHARS = 8_000
_WRAPPED = 46  # a line this long before another one was broken by the sender's editor, not by intent
_WIDEST = 120  # beyond it a paragraph can't be a drawing or code that somebody aligned by eye
_BULLETS = ("- ", "* ", "+ ", "o ")
_TONES = ("decision", "against", "for", "option", "symptom", "path", "candidate")


@dataclass(frozen=True, slots=True)
class Backlink:
    """From marked words back to the finding."""

    href: str
    label: str


@dataclass(frozen=True, slots=True)
class Run:
    """Text of one look: perhaps a link, perhaps marked; `places` are ids that start here."""

    text: str
    href: str | None = None
    tone: str | None = None
    places: tuple[str, ...] = ()
    backlinks: tuple[Backlink, ...] = ()


@dataclass(frozen=True, slots=True)
class Passage:
    """Runs that stand together; `kind` names the look, `source` whose words a quote repeats."""

    kind: str
    runs: tuple[Run, ...]
    lines: int
    source: QuotedFrom | None = None


def passage(
    text: str,
    kind: str,
    spans: Sequence[Span],
    marks: Sequence[Mark],
    pending: set[str],
    source: QuotedFrom | None = None,
) -> Passage:
    """A passage of the given lines; places of marks that it shows are taken out of `pending`.

    Blank lines at either end are left out, for the page sets its own distances; in a diff they are content.
    """
    kept = list(spans)
    if not kind.startswith("diff"):
        while kept and not text[kept[0][0] : kept[0][1]].strip():
            kept.pop(0)
        while kept and not text[kept[-1][0] : kept[-1][1]].strip():
            kept.pop()
    return Passage(kind, tuple(_runs(text, kept, marks, pending)), len(kept), source)


def paragraphs(text: str, start: int, end: int) -> Iterator[tuple[str, list[Span]]]:
    """Own text by paragraph: its lines, and `prose` where they may flow or `verbatim` where they may not.

    No paragraph is longer than a screen or two, so that a fold can begin between any of them.
    """
    lines: list[Span] = []
    chars = 0
    while start < end:
        stop = min(text.find("\n", start, end) + 1 or end, start + _PARAGRAPH_CHARS)
        blank = not text[start:stop].strip()
        if lines and (blank or len(lines) >= _PARAGRAPH_LINES or chars >= _PARAGRAPH_CHARS):
            yield _look(text, lines), lines
            lines, chars = [], 0
        if not blank:
            lines.append((start, stop))
            chars += stop - start
        start = stop
    if lines:
        yield _look(text, lines), lines


def _look(text: str, lines: Sequence[Span]) -> str:
    """How a paragraph may be set.

    `prose` flows anew, `lines` keeps its line ends (lists, greetings, verse), `verbatim` its columns too.
    """
    words = [text[start:end].rstrip() for start, end in lines]
    aligned = any(line[:1] in " \t>|" or "   " in line or "\t" in line or _is_code(line) for line in words)
    if aligned and max(map(len, words)) <= _WIDEST:
        return "verbatim"
    if any(line.startswith(_BULLETS) or line[:3].rstrip().endswith((".", ")")) for line in words):
        return "lines"
    return "lines" if aligned or any(len(line) < _WRAPPED for line in words[:-1]) else "prose"


def _is_code(line: str) -> bool:
    return line.endswith(("{", "}")) or (line.endswith(";") and ("(" in line or "=" in line))


def _runs(text: str, spans: Sequence[Span], marks: Sequence[Mark], pending: set[str]) -> Iterator[Run]:
    spans = _joined(spans)
    for start, end in spans:
        near = [m for m in marks if m.start < end and start < m.end]
        links = list(web_addresses(text, start, end))[::-1]
        edges = {start, end}
        edges.update(e for m in near for e in (m.start, m.end) if start < e < end)
        edges.update(e for link in links for e in link)
        edges.update(e for m in near for e in _indents(text, max(start, m.start), min(end, m.end)))
        ordered = sorted(edges)
        for left, right in pairwise(ordered):
            here = [m for m in near if m.start <= left and right <= m.end]
            while links and links[-1][1] <= left:
                links.pop()
            link = text[slice(*links[-1])] if links and links[-1][0] <= left else None
            places = tuple(m.place for m in here if m.place in pending)
            pending.difference_update(places)
            closing = [
                m for m in here if right == min(m.end, end) and _last_span_of(m, spans) == (start, end)
            ]
            tone = min((m.tone for m in here), key=_TONES.index, default=None)
            yield Run(
                text[left:right],
                link,
                tone if text[left:right].strip() else None,
                places,
                tuple(Backlink(m.href, m.label) for m in closing),
            )


def _indents(text: str, start: int, end: int) -> Iterator[int]:
    """The edges of indentation within marked words: a mark shouldn't run along it."""
    at = text.find("\n", start, end)
    while at >= 0:
        stop = at + 1
        while stop < end and text[stop] in " \t":
            stop += 1
        if at + 1 < stop < end:
            yield from (at, stop)
        at = text.find("\n", stop, end)


def _joined(spans: Sequence[Span]) -> list[Span]:
    """Neighbouring spans as one: only a prefix that was taken off parts them."""
    joined: list[Span] = []
    for start, end in spans:
        if joined and joined[-1][1] == start:
            joined[-1] = (joined[-1][0], end)
        else:
            joined.append((start, end))
    return joined


def _last_span_of(mark: Mark, spans: Sequence[Span]) -> Span | None:
    return next((s for s in reversed(spans) if s[0] < mark.end and mark.start < s[1]), None)
