"""Paragraphs: the runs of a message's own words that nothing interrupts, each with the quote that it answers.

A finding never crosses a paragraph break, so everything later works inside one. Items of a list are
paragraphs of their own; source code is marked, since it argues nothing.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from archive.identity import fold
from archive.mail import Block, BlockKind, Match, Message

_ITEM = re.compile(r"\s{0,12}(?:[-*+o•]|\(?\d{1,2}[.):]|\(?[a-hA-H][.)]|\(?i{1,3}[.)])\s+\S")
_CODE_END = re.compile(r"(?:[;{}\\]|\*/|=>|,)\s*\Z")
_CODE_HEAD = re.compile(
    r"\s*(?:#\s*(?:define|include|ifn?def|endif|if\b|else\b)|(?:if|for|while|switch)\s*\(|(?:static|"
    r"struct|return|goto|case|else|do)\b|[{}]|/\*|\*\s|//|\$ |# )"
)
_CALL_LINE = re.compile(r"\s*(?:\w+\s*=\s*)?[\w.>-]{2,60}\(.{0,120}\);\s*\Z")
# "Thanks, applied." is no salutation.
_SALUTATION = re.compile(
    r"(?!.*\b(?:applied|queued|merged|pushed|picked|taken)\b)\s*(?:hi|hello|hey|dear|thanks|thank you|"
    r"cheers|regards|best|yours|sincerely)\b",
    re.I,
)
_MARKS = re.compile(r"^\s?(?:>[ ]?)+", re.M)


@dataclass(frozen=True, slots=True)
class Quoted:
    """The quote that stands above a paragraph, with where it comes from as far as that is known.

    `gap` counts the paragraphs of own text between the two; 0 means that the paragraph answers it at once.
    """

    text: str
    author: str
    message_id: str | None
    start: int | None
    end: int | None
    depth: int
    gap: int


@dataclass(frozen=True, slots=True)
class Paragraph:
    """Own words `text[start:end]` of a message without a break in them.

    `flat` has the length of that run, with line ends as blanks, so offsets into it are offsets into the
    message less `start`.
    """

    start: int
    end: int
    flat: str
    quoted: Quoted | None
    code: bool = False
    item: bool = False


def _lines(text: str, start: int, end: int) -> Iterator[tuple[int, int]]:
    at = start
    while at < end:
        stop = text.find("\n", at, end)
        stop = end if stop < 0 else stop
        yield at, stop
        at = stop + 1


def _is_code(lines: list[str]) -> bool:
    marks = sum(bool(_CODE_HEAD.match(line) or _CALL_LINE.match(line)) for line in lines)
    ends = sum(bool(_CODE_END.search(line)) and not line.rstrip().endswith(",") for line in lines)
    indented = sum(line.startswith(("\t", "    ")) for line in lines)
    return marks * 2 + ends + indented >= 2 * len(lines) and marks + ends > 0


def _spans(text: str, block: Block) -> Iterator[tuple[int, int, bool]]:
    """The paragraphs of one block as (start, end, is a list item)."""
    start: int | None = None
    stop, item = block.start, False
    for a, b in _lines(text, block.start, block.end):
        line = text[a:b]
        blank = not line.strip()
        opens = bool(_ITEM.match(line))
        if start is not None and (blank or opens):
            yield start, stop, item
            start = None
        if blank:
            continue
        if start is None:
            start, item = a + len(line) - len(line.lstrip()), opens
        stop = a + len(line.rstrip())
    if start is not None:
        yield start, stop, item


def _quoted(message: Message, block: Block) -> Quoted:
    source = block.source
    words = fold(_MARKS.sub("", message.text_of(block)))[-1200:]
    if source is None or source.match is Match.UNKNOWN:
        return Quoted(words, source.author if source else "", None, None, None, block.depth, 0)
    return Quoted(words, source.author, source.message_id, source.start, source.end, block.depth, 0)


def split_paragraphs(message: Message) -> tuple[Paragraph, ...]:
    """The paragraphs of a message's own prose, in order; greetings and sign-offs are left out."""
    found: list[Paragraph] = []
    above: Quoted | None = None
    gap = 0
    for block in message.blocks:
        if block.kind is BlockKind.QUOTE:
            # Of a run of quotes with several depths the outermost is the one that is being answered.
            fresh = _quoted(message, block)
            if fresh.text and (above is None or gap or fresh.depth <= above.depth):
                above, gap = fresh, 0
            continue
        if block.kind is not BlockKind.OWN:
            continue
        for start, end, item in _spans(message.text, block):
            raw = message.text[start:end]
            if len(raw) < 40 and _SALUTATION.match(raw) and raw.count(" ") < 5:
                continue
            quoted = None if above is None else _behind(above, gap)
            flat = re.sub(r"[^\S ]", " ", raw)
            found.append(Paragraph(start, end, flat, quoted, _is_code(raw.splitlines()), item))
            gap += 1
    return tuple(found)


def _behind(quoted: Quoted, gap: int) -> Quoted:
    q = quoted
    return Quoted(q.text, q.author, q.message_id, q.start, q.end, q.depth, gap)
