"""Text of strangers, made safe to look at: control characters and direction overrides become visible."""

from collections.abc import Iterator

# Characters that move, hide or reorder their neighbours, so that a reader sees other words than are there.
# ZWJ and ZWNJ stay: scripts and emoji need them, and they only affect how their neighbours are joined.
_HIDDEN = (
    range(0x09),
    range(0x0B, 0x20),
    range(0x7F, 0xA0),
    (0xAD, 0x61C, 0x180E, 0x200B, 0x200E, 0x200F, 0xFEFF),
    range(0x2028, 0x202F),
    range(0x2060, 0x2070),
    range(0xD800, 0xE000),  # lone surrogates: they can't be written as UTF-8 at all
    range(0xFDD0, 0xFDF0),
    range(0xFFF9, 0xFFFC),
    (0xFFFE, 0xFFFF),
    range(0xE0000, 0xE0080),  # tags: invisible ASCII
)
_VISIBLE = {code: f"‹U+{code:04X}›" for group in _HIDDEN for code in group}

_SCHEMES = ("http://", "https://")
_URL_LIMIT = 2_000
_URL_ENDS = frozenset("<>\"`{}|\\^'")
_TRAILING = ".,;:!?*_"
_BRACKETS = {")": "(", "]": "["}


def neutralise(text: str) -> str:
    """The text with every character that hides or reorders others spelled out as `‹U+202E›`."""
    return text.replace("\r\n", "\n").translate(_VISIBLE)


def one_line(text: str, limit: int = 200) -> str:
    """The text on one line, white space folded, cut at `limit` characters, between words if it can be."""
    folded = " ".join(text[: 4 * limit].split())
    if len(folded) <= limit:
        return folded
    between = folded.rfind(" ", limit // 2, limit)
    return folded[: between if between >= 0 else limit - 1] + "…"


def is_web_address(text: str) -> bool:
    """Whether a whole string may stand in a link: http or https, no blanks, nothing hidden."""
    return next(web_addresses(text, 0, len(text)), None) == (0, len(text))


def web_addresses(text: str, start: int, end: int) -> Iterator[tuple[int, int]]:
    """The spans of http and https addresses within `text[start:end]`, one pass, in order.

    Punctuation that closes a sentence, and a bracket that was opened before the address, aren't part of it.
    """
    at = text.find("http", start, end)
    while at >= 0:
        stop = at + 4
        if text.startswith(_SCHEMES, at):
            stop = _end_of_address(text, at, min(end, at + _URL_LIMIT))
            if stop > text.index("/", at) + 2:
                yield at, stop
        at = text.find("http", stop, end)


def _end_of_address(text: str, start: int, limit: int) -> int:
    stop = start
    while stop < limit:
        char = text[stop]
        if char.isspace() or char in _URL_ENDS or ord(char) in _VISIBLE:
            break
        stop += 1
    while stop > start:
        last = text[stop - 1]
        opener = _BRACKETS.get(last)
        if last not in _TRAILING and (opener is None or opener in text[start:stop]):
            break
        stop -= 1
    return stop
