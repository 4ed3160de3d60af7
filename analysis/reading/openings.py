"""Whether an offer puts forward something new, rather than naming a known option or nothing at all."""

import math
from collections.abc import Sequence

import numpy as np

from analysis.reading.candidates import Candidates
from analysis.reading.offers import Offer
from analysis.reading.restatements import Draft, Reader
from analysis.reading.tokens import is_identifier

_SAID = ("mention", "argument", "against", "symptom")


def log_odds(probability: float) -> float:
    """Log-odds, kept within about ±9."""
    return math.log((probability + 1e-4) / (1 - probability + 1e-4))


class Openings:
    """The sentences of a discussion as the question needs them: what they may be, and how they rank."""

    def __init__(self, reader: Reader, candidates: Candidates) -> None:
        self._reader = reader
        self._candidates = candidates
        pages = [candidates.of("mention", page) for page in reader.layout.pages]
        everything = np.sort(np.concatenate([*pages, np.zeros(1, np.float32)]))
        self._above = [len(everything) - np.searchsorted(everything, p, "right") for p in pages]
        self._count = len(everything)

    def describe(self, offer: Offer, links: Sequence[float], drafts: Sequence[Draft]) -> dict[str, float]:
        """What speaks for a single mention opening an option; `links` say how well it fits each draft."""
        mention = offer.strongest
        page, at = self._reader.page(mention), mention.sentence
        said = {task: self._candidates.of(task, page) for task in _SAID}
        scores = said["mention"]
        sentence = page.sentences[at]
        quoted = page.paragraphs[sentence.paragraph].quoted
        start = next(i for i, s in enumerate(page.sentences) if s.paragraph == sentence.paragraph)
        best, second = sorted([*links, 0.0, 0.0])[-1:-3:-1]
        here = [d for d in drafts if d.first.page == mention.page]
        near = [at - m.sentence for d in drafts for m in d.mentions if m.page == mention.page]
        cover = float(page.id in self._reader.covers)
        sure = log_odds(scores[at])
        return {
            **{task: log_odds(said[task][at]) for task in _SAID},
            "mention squared": sure * sure,
            "mention before": log_odds(scores[at - 1]) if at else -5.0,
            "mention after": log_odds(scores[at + 1]) if at + 1 < len(scores) else -5.0,
            "rank on page": float(min((scores > scores[at]).sum(), 12)),
            "rank of all": float(self._above[page.order][at] / self._count),
            "pages": math.log(len(self._reader.layout.pages)),
            "in paragraph": float(at - start),
            "cover": cover,
            "cover, covered": cover * len(here),
            "part": float(page.patch and not page.subject.reply and page.subject.part > 0),
            "reply": float(page.subject.reply),
            "change": float(page.patch),
            "change here": float(any(d.posted for d in here)),
            "question": float(sentence.text.endswith("?")),
            "length": len(sentence.text) / 100,
            "own length": (mention.end - mention.start) / 100,
            "names": float(sum(map(is_identifier, sentence.tokens))),
            "gap": float(min(quoted.gap, 9)) if quoted else 9.0,
            "link": log_odds(best),
            "second link": log_odds(second),
            "options": float(min(len(drafts), 30)),
            "options here": float(len(here)),
            "near": float(min([*near, 9])),
            "same sentence": float(0 in near),
            "split": float(mention.split),
            "suggests": float(mention.suggests),
        }
