"""Claims: the runs of sentences that argue for or against something, before it is known for what.

Up to three neighbouring sentences that make one point are one claim.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from analysis.reading.anchors import LONGEST
from analysis.reading.candidates import Candidates, runs_of
from analysis.reading.models import Weights
from analysis.reading.pages import Layout, Page

MOST = 3


@dataclass(frozen=True, slots=True)
class Claim:
    """Sentences `first` to `last` (included) of page number `page`; they stand at `start:end` of its message.

    `probability` that they argue at all, `against` that they then object, as far as their own words tell.
    """

    page: int
    first: int
    last: int
    start: int
    end: int
    probability: float
    against: float


def _pieces(page: Page, run: tuple[int, int], joined: Sequence[float], least: float) -> list[tuple[int, int]]:
    """A run of arguing sentences cut into claims: `joined[i]` says that i continues i - 1."""
    pieces: list[tuple[int, int]] = []
    first = run[0]
    for i in range(run[0] + 1, run[1] + 1):
        sentences = page.sentences
        whole = i < run[1] and (
            sentences[i].paragraph == sentences[first].paragraph
            and i - first < MOST
            and sentences[i].end - sentences[first].start <= LONGEST
            and joined[i] >= least
        )
        if not whole:
            pieces.append((first, i - 1))
            first = i
    return pieces


def find_claims(layout: Layout, candidates: Candidates, weights: Weights) -> tuple[Claim, ...]:
    """The claims of a discussion in order of reading."""
    found = []
    for page in layout.pages:
        scores = candidates.of("argument", page)
        against = candidates.of("against", page)
        joined = [float(p) for p in candidates.of("joined", page)]
        for run in runs_of([p >= weights.threshold("argument") for p in scores]):
            for first, last in _pieces(page, run, joined, weights.threshold("joined")):
                found.append(
                    Claim(
                        page.order, first, last, page.sentences[first].start, page.sentences[last].end,
                        float(max(scores[first : last + 1])), float(against[first : last + 1].mean()),
                    )
                )  # fmt: skip
    return tuple(found)
