"""Anchors: where a finding's words stand, as the record quotes them."""

import re

from archive.findings import Anchor
from archive.identity import fold
from archive.mail import BlockKind, Message

LONGEST = 400

_QUOTED_LINE = re.compile(r"^\s?>(?!>?From )", re.M)
_BREAK = re.compile(r"\n[^\S\n]*\n")


def anchor(message: Message, start: int, end: int) -> Anchor | None:
    """The anchor of `text[start:end]`, trimmed, or None where those words can't be quoted.

    They can't where they are not their author's own, run over a paragraph break or are too long.
    """
    words = message.text[start:end]
    start += len(words) - len(words.lstrip())
    words = words.strip()
    end = start + len(words)
    if not words or len(words) > 2 * LONGEST or _BREAK.search(words) or _touches_quote(message, start, end):
        return None
    quote = fold(words)
    return Anchor(message.message_id, start, end, quote) if len(quote) <= LONGEST else None


def clip(message: Message, start: int, end: int) -> Anchor | None:
    """The anchor of the first words of `text[start:end]`, cut at a line or blank where there are too many."""
    words = message.text[start:end]
    broken = _BREAK.search(words)
    words = words[: broken.start()] if broken else words
    while len(fold(words)) > LONGEST or len(words) > 2 * LONGEST:
        shorter = words[: min(LONGEST + len(words) - len(fold(words)), 2 * LONGEST)]
        cut = max(shorter.rfind("\n"), shorter.rfind(" "))
        words = shorter[:cut] if cut > 0 else shorter[:LONGEST]
    return anchor(message, start, start + len(words))


def _touches_quote(message: Message, start: int, end: int) -> bool:
    line = message.text.rfind("\n", 0, start) + 1
    if _QUOTED_LINE.search(message.text[line:end]):
        return True
    quotes = (BlockKind.QUOTE, BlockKind.ATTRIBUTION)
    return any(b.start < end and start < b.end and b.kind in quotes for b in message.blocks)
