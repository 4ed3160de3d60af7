"""Decisions: the place that settles one option, where a discussion has one. Most have none.

What counts is someone doing it, in own words: "applied", "queued", "I'll take this one", a bot's note that
a change went in, or its author dropping it. Praise, trailers, agreement and majorities settle nothing, nor
does applying a patch to test it. Of several places the surest counts, then the latest.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from analysis.reading.claims import Claim
from analysis.reading.options import Option
from analysis.reading.pages import Layout, Page
from analysis.reading.restatements import Reader

LONGEST = 300

_TAKEN = r"(?:applied|queued|merged|pushed|picked (?:it |this |them |these )?up|cherry-picked|committed)"
_DONE = re.compile(
    rf"(?:^|^(?:ok|okay|great|good|thanks|thank you|cool|right|yes|sure|both|all|looks good|done)\b"
    rf"[^.;:?]{{0,40}}[,.!;)]\s|\b(?:I've|I have|have|now|both|series|patch(?:es)?|it|this|them|is|are|"
    rf"been|and)\s)(?:now\s|also\s|just\s)?{_TAKEN}\b|"
    r"\b(?:added|pushed|applied) (?:it |this |them |these |both )?to (?:my|the [\w/.-]{1,40}) "
    r"(?:tree|branch|queue)\b|\b(?:submitted|sent)\b[^.]{0,30}\bfor inclusion\b|"
    r"\b(?:patch|series|pull request)\s(?:was|has been|were)\s(?:applied|merged|added) to\b|"
    r"\bI've just added the patch\b",
    re.I,
)
_NOT_DONE = re.compile(
    rf"\b(?:not|\w{{1,10}}n't|never|if|when|once|until|unless|should|could|would|can|before|after|"
    rf"already|without|previously|needs?|being|to be|get|(?<!patch )(?<!series )(?:was|were))\b"
    rf"[^.]{{0,24}}\b{_TAKEN}|\b{_TAKEN} (?:on top of|by|cleanly|when|if|after)\b|"
    rf"\b{_TAKEN}\b[^.]{{0,60}}\b(?:and (?:it|still|test|ran|run|could|saw|see|got|rebuil)|locally|to test|"
    rf"test(?:ed|ing)|my (?:kernel|machine|box))",
    re.I,
)
_WILL = re.compile(
    r"\bI(?:'ll|'m going to| will| am going to)\s(?:go ahead and\s)?(?:apply|queue|merge|push|take|pick up)\s"
    r"(?:up\s)?(?:this|it|these|them|that|both|all|the (?:patch|series))\b|"
    r"\blet's (?:merge|take|apply|go with|throw)\b|"
    r"\b(?:looks ok|looks good|seems fine)[^.]{0,40}\b(?:I'm going to|I'll) (?:add|apply|take|queue)\b",
    re.I,
)
_DROP = re.compile(
    r"\bI(?:'ll| will|'m| am) (?:drop(?:ping)?|withdraw(?:ing)?|abandon(?:ing)?) "
    r"(?:this|that|it|the (?:patch|series)|my)\b(?! (?:sob|tag|hunk))|"
    r"\bplease (?:drop|ignore|disregard) (?:this|it|for now|(?:the|my) (?:patch|series))\b|\bself-nak\b",
    re.I,
)
_SURE = (("says it is done", _DONE, 0.9), ("says it will be done", _WILL, 0.7), ("gives it up", _DROP, 0.6))


@dataclass(frozen=True, slots=True)
class Ruling:
    """The option that is settled, the place that does it, and whether it goes in or is given up."""

    option: int
    claim: Claim
    adopts: bool
    why: str


def read_ruling(text: str) -> tuple[str, float] | None:
    """What a sentence does to a change and how sure that is; None for one that settles nothing."""
    if len(text) > LONGEST or text.endswith("?"):
        return None
    for why, pattern, sure in _SURE:
        if pattern.search(text) and not (pattern is _DONE and _NOT_DONE.search(text)):
            return why, sure
    return None


def _places(layout: Layout) -> Iterator[tuple[float, int, int, str]]:
    for page in layout.pages:
        if not page.subject.reply:
            continue
        for at, sentence in enumerate(page.sentences):
            found = read_ruling(sentence.text)
            if found is not None:
                yield found[1], page.order, at, found[0]


def _above(layout: Layout, page: Page) -> dict[int, int]:
    """The pages from one up to the root, with how many steps away each is."""
    steps: dict[int, int] = {}
    here: Page | None = page
    while here is not None and here.order not in steps:
        steps[here.order] = len(steps)
        here = layout.parent(here)
    return steps


def _settled(reader: Reader, page: Page, options: Sequence[Option], own: bool) -> int | None:
    """The option of the nearest patch above a page, the one with most places first.

    With `own` only what the page's author put forward counts.
    """
    steps = _above(reader.layout, page)
    known = [i for i, o in enumerate(options) if o.first.page <= page.order]
    if own:
        known = [i for i in known if reader.page(options[i].first).author == page.author]

    def nearness(i: int) -> tuple[int, int, int]:
        posted = [steps[m.page] for m in options[i].mentions if m.page in steps and reader.page(m).patch]
        return (-min(posted, default=len(steps)), len(options[i].mentions), -i)

    return max(known, key=nearness, default=None)


def find_decision(reader: Reader, options: Sequence[Option]) -> Ruling | None:
    """What is settled in a discussion; None where nothing is."""
    best = max(_places(reader.layout), default=None)
    if best is None:
        return None
    sure, order, at, why = best
    page = reader.layout.pages[order]
    adopts = why != "gives it up"
    option = _settled(reader, page, options, own=not adopts)
    if option is None:
        return None
    sentence = page.sentences[at]
    return Ruling(option, Claim(order, at, at, sentence.start, sentence.end, sure, 0.0), adopts, why)
