"""What was found paired with what was annotated, as the judge does it, and models that learn from pairs."""

from collections.abc import Sequence

import numpy as np
from annotation import Example, Span, share_place
from sklearn.linear_model import LogisticRegression

from analysis.reading.claims import Claim
from analysis.reading.mentions import Mention
from analysis.reading.models import PairModel, table_of


def fit_pairs(rows: Sequence[dict[str, float]], truth: Sequence[bool], strength: float = 1.0) -> PairModel:
    names = tuple(sorted({n for r in rows for n in r}))
    model = LogisticRegression(C=strength, max_iter=2000).fit(table_of(rows, names), truth)
    return PairModel(names, model.coef_[0].astype(np.float32), float(model.intercept_[0]))


def span_of(example: Example, place: Mention | Claim) -> Span:
    return (example.layout.pages[place.page].id, place.start, place.end)


def true_option(example: Example, mention: Mention) -> str | None:
    here = span_of(example, mention)
    best, found = 0, None
    for option in example.options:
        for place in option.places:
            shared = min(place[2], here[2]) - max(place[1], here[1])
            if share_place(here, place) and shared > best:
                best, found = shared, option.id
    return found


def match_options(example: Example, groups: Sequence[Sequence[Mention]]) -> dict[int, str]:
    """Found groups paired with gold options, most shared places first, as the judge does it."""
    ranked = sorted(
        (-sum(share_place(span_of(example, m), p) for m in group for p in option.places), i, j)
        for i, group in enumerate(groups)
        for j, option in enumerate(example.options)
    )
    pairs: dict[int, str] = {}
    taken = set()
    for shared, i, j in ranked:
        if shared < 0 and i not in pairs and j not in taken:
            pairs[i] = example.options[j].id
            taken.add(j)
    return pairs


def match_claims(example: Example, claims: Sequence[Claim]) -> dict[int, int]:
    pairs: dict[int, int] = {}
    taken = set()
    for i, claim in enumerate(claims):
        here = span_of(example, claim)
        for j, argument in enumerate(example.arguments):
            if j not in taken and share_place(here, argument.place):
                pairs[i] = j
                taken.add(j)
                break
    return pairs


def f1(hits: float, found: float, gold: float) -> float:
    return 2 * hits / (found + gold) if found + gold else 0.0
