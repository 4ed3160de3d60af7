"""Criteria: what an argument is about, from correctness to process."""

import numpy as np

from analysis.reading.candidates import Candidates
from analysis.reading.claims import Claim
from analysis.reading.pages import Page

NAMES = (
    "correctness", "deadlock", "race", "performance", "memory", "complexity", "coverage", "debuggability",
    "compatibility", "maintenance", "process",
)  # fmt: skip


def criterion_of(page: Page, claim: Claim, candidates: Candidates) -> str:
    """The likeliest criterion of a claim, `other` where nothing was learnt or none is likely."""
    columns = [candidates.of(f"criterion {name}", page)[claim.first : claim.last + 1] for name in NAMES]
    scores = np.array([c.mean() if len(c) else 0.0 for c in columns])
    best = int(scores.argmax())
    return NAMES[best] if scores[best] > 0.1 else "other"
