"""Fates: which argument answers which, and what became of each objection.

An argument answers those that it quotes. An objection is conceded where an author of its target agrees
below a quote of it, answered where someone else argues against it there, and unanswered otherwise.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import replace

from analysis.reading.pages import Layout, Page
from analysis.reading.paragraphs import Paragraph
from archive.findings import Argument, Fate, Proposal, Stance

_AGREES = re.compile(
    r"\s*(?:yes|yeah|yep|yup|right|agreed|i agree|good (?:point|catch|idea)|fair (?:enough|point)|"
    r"ok(?:ay)?|true|indeed|"
    r"you(?:'re| are) right|correct|makes sense|will (?:do|fix|change|update)|i'll|i will|sure|done|"
    r"fixed|oops|ah|oh|point taken|thanks)\b",
    re.I,
)
_BUT = re.compile(r"\b(?:but|however|not|n't|although|except)\b", re.I)


def _quotes(paragraph: Paragraph, argument: Argument) -> bool:
    quoted, place = paragraph.quoted, argument.anchor
    if quoted is None or quoted.message_id != place.message_id or quoted.start is None or quoted.end is None:
        return False
    return quoted.start < place.end and place.start < quoted.end


def _paragraph_of(page: Page, argument: Argument) -> Paragraph | None:
    return next((p for p in page.paragraphs if p.start <= argument.anchor.start < p.end), None)


def link_answers(layout: Layout, arguments: Sequence[Argument]) -> tuple[Argument, ...]:
    """The arguments with `answers` set to the last one that each replies to."""
    found = []
    for argument in arguments:
        paragraph = _paragraph_of(layout.by_id[argument.anchor.message_id], argument)
        met = [
            a
            for a in arguments
            if paragraph is not None and a.author != argument.author and _quotes(paragraph, a)
        ]
        found.append(replace(argument, answers=met[-1].id if met else None))
    return tuple(found)


def _conceded(layout: Layout, objection: Argument, authors: frozenset[str]) -> bool:
    for page in layout.pages:
        if page.author not in authors or page.author == objection.author:
            continue
        for paragraph in page.paragraphs:
            if _quotes(paragraph, objection) and paragraph.quoted and paragraph.quoted.gap == 0:
                agrees = _AGREES.match(paragraph.flat)
                if agrees and not _BUT.search(paragraph.flat[:80]):
                    return True
    return False


def settle_fates(
    layout: Layout, arguments: Sequence[Argument], proposals: Mapping[str, Proposal]
) -> tuple[Argument, ...]:
    """The arguments with the fate of each objection."""
    answered = {a.answers for a in arguments if a.answers}
    found = []
    for argument in arguments:
        fate = Fate.NONE
        if argument.stance is Stance.AGAINST:
            target = proposals.get(argument.proposal or "")
            authors = frozenset((target.author,)) if target else frozenset[str]()
            if _conceded(layout, argument, authors):
                fate = Fate.CONCEDED
            else:
                fate = Fate.ANSWERED if argument.id in answered else Fate.UNANSWERED
        found.append(replace(argument, fate=fate))
    return tuple(found)
