"""Decisions: the place that settles one option, where a discussion has one. Most have none.

What counts is someone doing it: "applied", "queued", "I'll send a v2 with that", and the author of a change
giving in. Praise, trailers and majorities settle nothing.
"""

import re
from collections.abc import Sequence

from analysis.reading.candidates import Candidates
from analysis.reading.claims import Claim
from analysis.reading.models import Weights
from analysis.reading.options import Option
from analysis.reading.pages import Layout, Page
from analysis.reading.restatements import Reader
from analysis.reading.stances import read_claims

_DONE = re.compile(
    r"(?:^|\b(?:I've|I have|have|now|all|both|series|patch(?:es)?|it|them|is|are|"
    r"been)\s)(?:now\s)?(?:applied|queued|merged|pushed|picked up|cherry-picked)\b",
    re.I,
)
_NOT_DONE = re.compile(
    r"\b(?:not|n't|never|if|when|once|until|should|could|would|can|be|after|before|already|"
    r"with(?:out)?|previously|was|were|on top)\b[^.]{0,24}\b(?:applied|queued|merged|pushed|picked)",
    re.I,
)


def says_done(text: str) -> bool:
    """Whether a sentence reports that its author took a change in."""
    return (
        len(text) < 300 and bool(_DONE.search(text)) and not _NOT_DONE.search(text) and not text.endswith("?")
    )


def _scored(layout: Layout, candidates: Candidates) -> list[tuple[float, Page, int]]:
    found = []
    for page in layout.pages:
        for i, score in enumerate(candidates.of("decision", page)):
            sure = 0.9 if page.subject.reply and says_done(page.sentences[i].text) else float(score)
            found.append((sure, page, i))
    return found


def find_decision(
    reader: Reader, candidates: Candidates, options: Sequence[Option], weights: Weights
) -> tuple[int, Claim, float] | None:
    """The option that is settled, the place that does it and how sure that is; None where nothing is."""
    scored = _scored(reader.layout, candidates)
    if not scored or not options:
        return None
    best = max(scored, key=lambda s: (s[0], s[1].order, s[2]))
    if best[0] < weights.threshold("decision"):
        return None
    sure, page, at = best
    sentence = page.sentences[at]
    claim = Claim(page.order, at, at, sentence.start, sentence.end, sure, 0.0)
    (reading,) = read_claims(reader, [claim], options, weights)
    return max(range(len(options)), key=lambda i: (reading.shares[i], -i)), claim, sure
