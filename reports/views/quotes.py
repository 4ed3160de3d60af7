"""Whose words a quoted block repeats, and its lines without the quoting signs."""

from dataclasses import dataclass

from archive.mail import Block, Match
from reports import dates
from reports.anchors import message_anchor
from reports.concordance import Concordance


@dataclass(frozen=True, slots=True)
class QuotedFrom:
    """The source of a quote: `sure` says in words how it was found."""

    author: str
    day: str
    href: str | None
    depth: int
    sure: str


_SURE = {
    Match.EXACT: "",
    Match.EDITED: "edited in the quote",
    Match.ATTRIBUTED: "by the attribution line",
    Match.UNKNOWN: "source not found",
}


def quoted_from(block: Block, concordance: Concordance) -> QuotedFrom:
    """Whose words a quoted block repeats, as far as that is known."""
    source = block.source
    if source is None:
        return QuotedFrom("somebody", "", None, block.depth, _SURE[Match.UNKNOWN])
    message = concordance.messages.get(source.message_id) if source.message_id is not None else None
    author = source.author or (str(message.author) if message else "") or "somebody"
    if message is None:
        return QuotedFrom(author, "", None, block.depth, _SURE[source.match])
    href = "#" + message_anchor(message.message_id)
    return QuotedFrom(author, dates.day(message.date), href, block.depth, _SURE[source.match])


def unprefixed(text: str, block: Block) -> list[tuple[int, int]]:
    """The lines of a quoted block, each from behind at most `depth` quoting signs.

    Signs beyond the depth, and prefixes of another form, stay: they may be the author's.
    """
    spans = []
    start = block.start
    while start < block.end:
        stop = text.find("\n", start, block.end) + 1 or block.end
        spans.append((_behind_signs(text, start, stop, block.depth), stop))
        start = stop
    return spans


def _behind_signs(text: str, start: int, stop: int, depth: int) -> int:
    at = start
    for _ in range(depth):
        sign = at
        while sign < stop and sign - at < 2 and text[sign] == " ":
            sign += 1
        if sign >= stop or text[sign] not in ">|":
            break
        at = sign + 1
    if at > start and at < stop and text[at] == " ":
        at += 1
    return at
