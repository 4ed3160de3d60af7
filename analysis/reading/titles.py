"""Titles and kinds of options, from their own words."""

import re

from analysis.reading.options import Option
from analysis.reading.pages import Page
from analysis.reading.restatements import Reader
from archive.findings import Kind
from archive.identity import fold

LONGEST = 100

_LEAD = re.compile(
    r"(?:(?:so|and|but|or|well|ok|okay|yes|yeah|no|hmm|actually|also|then|perhaps|maybe|"
    r"alternatively|instead|failing that|"
    r"of course|otherwise|personally|btw|iow|i think|i guess|i suspect|i would|i'd|i had wanted to "
    r"propose that|i suggest|i propose|"
    r"we could|we can|we should|we might|you could|could we|can we|should we|could you|can you|how "
    r"about|what about|why not|why don't we|"
    r"it would be better to|it might be better to|my suggestion is to|the idea is to|another option "
    r"is to|one option is to|one fix might be to|"
    r"this patch|the patch|this commit|this series|to fix (?:this|that|it)|please|just|let's|let me|"
    r"also just)[,:]?\s+)",
    re.I,
)
_REVERT = re.compile(r"\brevert(?:s|ed|ing)?\b", re.I)
_WORKAROUND = re.compile(r"\bwork(?:s|ed|ing)?[- ]?around", re.I)
_LEAVE = re.compile(
    r"\b(?:leave (?:it|this|that|things|them) (?:as|alone)|as[- ]is\b|do(?:ing)? nothing|keep (?:it|"
    r"this|things) (?:as|the way)|not worth fixing|"
    r"don't (?:need to )?(?:fix|change|bother)|no (?:need to change|change needed))",
    re.I,
)


def shorten(text: str) -> str:
    """A run of words without its lead-in and stop, at most LONGEST characters, cut at a blank."""
    words = fold(text)
    for _ in range(4):
        lead = _LEAD.match(words)
        if not lead or len(words) - lead.end() < 12:
            break
        words = words[lead.end() :]
    words = words.rstrip(" .,;:?!")
    if len(words) > LONGEST:
        clause = max(words.rfind(mark, 30, LONGEST) for mark in (", ", "; ", " - ", ": "))
        words = words[:clause] if clause > 0 else words[: words.rfind(" ", 0, LONGEST)] + "…"
    return words or "?"


def posted_page(reader: Reader, option: Option) -> Page | None:
    """The page that posted an option as a patch, if one did."""
    pages = (reader.page(m) for m in option.mentions)
    return next((p for p in pages if p.patch and not p.subject.reply), None)


def title_of(reader: Reader, option: Option) -> str:
    """A patch is called by its subject, anything else by the words that put it forward."""
    posted = posted_page(reader, option)
    if posted is not None and posted.subject.title:
        return shorten(posted.subject.title)
    first = option.first
    return shorten(reader.page(first).message.text[first.start : first.end])


def kind_of(reader: Reader, option: Option, title: str) -> Kind:
    """What sort of option it is."""
    first = option.first
    words = f"{title} {reader.page(first).message.text[first.start : first.end]}"
    if _REVERT.search(words):
        return Kind.REVERT
    if _LEAVE.search(words):
        return Kind.NO_CHANGE
    if _WORKAROUND.search(words):
        return Kind.WORKAROUND
    named = any(
        m.phrase is not None and m.phrase.kind == "work" and not m.phrase.bare for m in option.mentions
    )
    return Kind.PATCH if named or posted_page(reader, option) is not None else Kind.DESIGN
