"""Outcomes: what became of each option, as far as the mail says it.

Adopted is what the decision settles; superseded, an option of an author whose later one is settled;
rejected, what its own author gives up. Everything else is open: silence and majorities settle nothing.
"""

import re
from collections.abc import Sequence
from dataclasses import replace

from analysis.reading.options import Option
from analysis.reading.pages import Page
from analysis.reading.restatements import Reader
from archive.findings import Outcome, Proposal

_GIVES_UP = re.compile(
    r"\b(?:I(?:'ll| will|'m| am) (?:drop|dropping|withdraw|abandon)|please (?:drop|ignore|"
    r"disregard)|scrap (?:this|that)|"
    r"(?:drop|dropping|withdraw|abandon)(?:ed)? (?:this|that|my|the) (?:patch|series|idea|approach))",
    re.I,
)


def _given_up(reader: Reader, option: Option) -> bool:
    author = reader.page(option.first).author
    pages: list[Page] = [p for p in reader.layout.pages if p.author == author]
    own = {reader.page(m).id for m in option.mentions}
    return any(
        _GIVES_UP.search(s.text) and (page.message.parent in own or page.id in own)
        for page in pages
        for s in page.sentences
    )


def settle_outcomes(
    reader: Reader, options: Sequence[Option], proposals: Sequence[Proposal], decided: int | None
) -> tuple[Proposal, ...]:
    """The proposals with their outcomes; `decided` is the index of the one that a decision settles."""
    found = []
    for i, (option, proposal) in enumerate(zip(options, proposals, strict=True)):
        outcome = Outcome.OPEN
        if i == decided:
            outcome = Outcome.ADOPTED
        elif _given_up(reader, option):
            outcome = Outcome.REJECTED
        elif decided is not None and i < decided and proposal.author == proposals[decided].author:
            outcome = Outcome.SUPERSEDED
        found.append(replace(proposal, outcome=outcome))
    return tuple(found)
