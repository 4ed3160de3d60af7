"""Offers: mentions that belong together before any model is asked.

A posted change is one option whatever its changelog says, so the sentences that tell most of it stand for it
together; everywhere else a mention stands alone. A cover letter is read after its patches: it names them.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from analysis.reading.candidates import Candidates
from analysis.reading.mentions import Mention, mentions_in, whole_sentence
from analysis.reading.models import Floats
from analysis.reading.pages import Layout, Page

MOST = 3
LEAST = 0.08


@dataclass(frozen=True, slots=True)
class Offer:
    """Mentions of one option on one page; `posted` says that they stand for a change posted there."""

    mentions: tuple[Mention, ...]
    posted: bool

    @property
    def strongest(self) -> Mention:
        """The mention that most likely is one; the first of equals."""
        return max(self.mentions, key=lambda m: (m.probability, -m.sentence))


def patches_below(layout: Layout, page: Page) -> list[Page]:
    """The numbered patches that a page introduces, if it is a cover letter, said so or not."""
    if page.subject.reply or page.subject.part > 0:
        return []
    return [
        p
        for p in layout.pages
        if p.message.parent == page.id
        and p.author == page.author
        and p.patch
        and not p.subject.reply
        and p.subject.part > 0
    ]


def is_cover(layout: Layout, page: Page) -> bool:
    """Whether a page is a cover letter."""
    announced = page.subject.parts > 0 and page.subject.part == 0 and not page.subject.reply
    return announced or bool(patches_below(layout, page))


def find_offers(layout: Layout, candidates: Candidates, least: float) -> tuple[Offer, ...]:
    """The offers of a discussion in the order in which they are to be gathered; `least` is for mentions.

    A posted change always has an offer, even where no sentence looks like a mention.
    """
    found: list[tuple[float, Offer]] = []
    for page in layout.pages:
        below = patches_below(layout, page)
        when = max((p.order for p in below), default=page.order) + (0.5 if below else 0.0)
        scores = candidates.of("mention", page)
        found += ((when, offer) for offer in _offers(layout, page, scores, least))
    return tuple(offer for _, offer in sorted(found, key=lambda f: f[0]))


def _offers(layout: Layout, page: Page, scores: Floats, least: float) -> Iterator[Offer]:
    taken: set[int] = set()
    cover = is_cover(layout, page)
    if len(scores) and page.patch and not cover:
        best = [int(i) for i in np.argsort(-scores, kind="stable")[:MOST]]
        taken = {i for i in best if i == best[0] or scores[i] >= LEAST}
        yield Offer(tuple(whole_sentence(page, i, float(scores[i])) for i in sorted(taken)), True)
    if len(scores) and cover and not (scores >= least).any():
        yield Offer((whole_sentence(page, int(scores.argmax()), float(scores.max())),), False)
    for i, score in enumerate(scores):
        if score >= least and i not in taken:
            for mention in mentions_in(page, i, float(score)):
                yield Offer((mention,), False)
