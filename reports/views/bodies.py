"""The text of a message as a page shows it: own words open, quotes and diffs folded, findings marked.

Nothing is dropped and nothing is reordered; a long message is folded from a line on, not cut.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from archive.mail import Block, BlockKind, Match, Message
from reports.concordance import Concordance, Mark
from reports.text import one_line
from reports.views.passages import Passage, Span, paragraphs, passage
from reports.views.quotes import QuotedFrom, quoted_from, unprefixed

LINES_SHOWN = 160
_TRACE_LINES_OPEN = 14


@dataclass(frozen=True, slots=True)
class Fold:
    """Passages behind a summary. `kind` is quotes, diff, trace, signature or rest."""

    kind: str
    summary: str
    sources: tuple[QuotedFrom, ...]
    preview: str
    parts: tuple["Passage | Fold", ...]


Part = Passage | Fold


@dataclass(frozen=True, slots=True)
class Body:
    """The parts of a message in order, and the places of marks that no part shows (blank words)."""

    parts: tuple[Part, ...]
    strays: tuple[str, ...]


def body_of(message: Message, concordance: Concordance) -> Body:
    """What a page shows of the text of a message."""
    marks = concordance.marks(message.message_id)
    pending = {mark.place for mark in marks}
    writer = _Writer(message, marks, pending, concordance)
    parts = _fold_the_rest(list(writer.parts()))
    return Body(tuple(parts), tuple(sorted(pending)))


class _Writer:
    """Turns the blocks of one message into parts; `pending` shrinks as the places of marks are written."""

    def __init__(
        self, message: Message, marks: Sequence[Mark], pending: set[str], concordance: Concordance
    ) -> None:
        self.text = message.text
        self.message = message
        self.marks = marks
        self.pending = pending
        self.concordance = concordance

    def parts(self) -> Iterator[Part]:
        for group in _groups(self.message):
            kind = group[0].kind
            if kind in (BlockKind.QUOTE, BlockKind.ATTRIBUTION):
                quotes = self._quotes(group)
                if quotes.parts:
                    yield quotes
            elif kind is BlockKind.DIFF:
                yield self._diff(group[0])
            elif kind is BlockKind.OWN:
                yield from self._own(group[0])
            else:
                yield from self._set_apart(group[0])

    def _passage(self, kind: str, spans: Sequence[Span], source: QuotedFrom | None = None) -> Passage:
        return passage(self.text, kind, spans, self.marks, self.pending, source)

    def _own(self, block: Block) -> Iterator[Part]:
        for kind, spans in paragraphs(self.text, block.start, block.end):
            yield self._passage(kind, spans)

    def _set_apart(self, block: Block) -> Iterator[Part]:
        """Traces, chains, trailers and signatures: as they stand, in a fixed pitch."""
        spans = _lines(self.text, block.start, block.end)
        words = self._passage(str(block.kind), spans)
        if not words.runs:
            return
        if block.kind is BlockKind.SIGNATURE:
            yield Fold("signature", "signature", (), "", (words,))
        elif block.kind is BlockKind.TRACE and len(spans) > _TRACE_LINES_OPEN:
            yield Fold("trace", f"{len(spans)} lines of trace", (), _first_words(self.text, spans), (words,))
        else:
            yield words

    def _quotes(self, group: Sequence[Block]) -> Fold:
        parts: list[Part] = []
        sources: dict[str, QuotedFrom] = {}
        lines = 0
        preview = ""
        for block in group:
            if block.kind is BlockKind.QUOTE:
                source = quoted_from(block, self.concordance)
                if block.source is not None and block.source.match is not Match.UNKNOWN:
                    sources.setdefault(source.author, source)
                spans = unprefixed(self.text, block)
                lines += len(spans)
                preview = _last_words(self.text, spans) or preview
                parts.append(self._passage("quote", spans, source))
            else:
                parts.append(self._passage("attribution", _lines(self.text, block.start, block.end)))
        noun = "line" if lines == 1 else "lines"
        summary = f"{lines} quoted {noun}" if lines else "attribution"
        return Fold("quotes", summary, tuple(sources.values()), preview, tuple(p for p in parts if _any(p)))

    def _diff(self, block: Block) -> Fold:
        spans = _lines(self.text, block.start, block.end)
        parts: list[Part] = []
        run: list[Span] = []
        files: list[str] = []
        kind = added = removed = 0
        for span in spans:
            line = self.text[span[0] : span[1]]
            sort = _sort_of_diff_line(line)
            added += sort == _ADDED
            removed += sort == _REMOVED
            if line.startswith("+++ "):
                files.append(line[4:].split("\t")[0].strip().removeprefix("b/"))
            if sort != kind and run:
                parts.append(self._passage(_DIFF_KINDS[kind], run))
                run = []
            kind = sort
            run.append(span)
        if run:
            parts.append(self._passage(_DIFF_KINDS[kind], run))
        summary = f"diff, {added} added, {removed} removed"
        preview = one_line(", ".join(files[:4]) + (", …" if len(files) > 4 else ""), 120)
        return Fold("diff", summary, (), preview, tuple(p for p in parts if _any(p)))


def _groups(message: Message) -> Iterator[list[Block]]:
    """Blocks one by one, but neighbouring quotes and their attributions together.

    Blank text between two quotes doesn't part them. Text that no block covers counts as the author's own.
    """
    group: list[Block] = []
    for block in _without_gaps(message):
        quoted = block.kind in (BlockKind.QUOTE, BlockKind.ATTRIBUTION)
        blank = not message.text_of(block).strip()
        if quoted:
            group.append(block)
            continue
        if blank:
            continue
        if group:
            yield group
            group = []
        yield [block]
    if group:
        yield group


def _without_gaps(message: Message) -> Iterator[Block]:
    at, end = 0, len(message.text)
    for block in sorted(message.blocks, key=lambda b: (b.start, b.end)):
        start, stop = max(block.start, at), min(block.end, end)
        if start >= stop:
            continue
        if start > at:
            yield Block(BlockKind.OWN, at, start)
        yield Block(block.kind, start, stop, block.depth, block.source)
        at = stop
    if at < end:
        yield Block(BlockKind.OWN, at, end)


def _fold_the_rest(parts: list[Part]) -> list[Part]:
    """The parts as they are up to the limit of lines shown, the others behind one summary."""
    shown = 0
    for position, part in enumerate(parts):
        shown += part.lines if isinstance(part, Passage) else 1
        if shown > LINES_SHOWN and position:
            hidden = sum(_lines_in(p) for p in parts[position:])
            if hidden < LINES_SHOWN // 4:
                break
            rest = Fold("rest", f"{hidden:,} more lines of this message", (), "", tuple(parts[position:]))
            return [*parts[:position], rest]
    return parts


def _lines_in(part: Part) -> int:
    return part.lines if isinstance(part, Passage) else sum(_lines_in(p) for p in part.parts)


def _any(part: Part) -> bool:
    return not isinstance(part, Passage) or bool(part.runs)


def _lines(text: str, start: int, end: int) -> list[Span]:
    spans = []
    while start < end:
        stop = text.find("\n", start, end) + 1 or end
        spans.append((start, stop))
        start = stop
    return spans


def _first_words(text: str, spans: Sequence[Span]) -> str:
    return next((w for s, e in spans if (w := one_line(text[s:e], 90))), "")


def _last_words(text: str, spans: Sequence[Span]) -> str:
    return _first_words(text, spans[::-1])


_CONTEXT, _ADDED, _REMOVED, _HUNK, _FILE = 0, 1, 2, 3, 4
_DIFF_KINDS = ("diff-context", "diff-added", "diff-removed", "diff-hunk", "diff-file")
_FILE_STARTS = ("+++ ", "--- ", "diff ", "index ", "Index: ", "====", "new file", "deleted file", "rename ")


def _sort_of_diff_line(line: str) -> int:
    if line.startswith(_FILE_STARTS) or line.rstrip() in ("---", "--"):
        return _FILE
    if line.startswith("@@"):
        return _HUNK
    return _ADDED if line.startswith("+") else _REMOVED if line.startswith("-") else _CONTEXT
