"""Target and stance of a claim, decided together.

Whose option it is says more about the stance than most words do: people speak for what they put forward and
against what others did. So each (option, stance) is scored as one reading of the claim, and the best wins.
"""

import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from analysis.reading.claims import Claim
from analysis.reading.models import Weights, table_of
from analysis.reading.options import Option
from analysis.reading.pages import Page
from analysis.reading.restatements import Reader
from analysis.reading.targets import Setting, describe_targets, set_up

_CONTRAST = re.compile(
    r"\b(?:but|however|although|though|yet|except|unfortunately|problem|nope?|not sure)\b", re.I
)
_NEGATION = re.compile(r"\b(?:not|no|never|cannot|without|nothing)\b|n't\b", re.I)
_AGREEMENT = re.compile(
    r"\b(?:agree|good|great|nice|better|fine|right|yes|yeah|works?|makes? sense|fair)\b", re.I
)


@dataclass(frozen=True, slots=True)
class Reading:
    """What a claim is taken to say: shares of every option, and of those the probability of an objection."""

    claim: Claim
    shares: tuple[float, ...]
    against: tuple[float, ...]

    @property
    def best(self) -> int:
        """The option of the likeliest (option, stance), or -1 where there is none."""
        scores = [s * max(a, 1 - a) for s, a in zip(self.shares, self.against, strict=True)]
        return max(range(len(scores)), key=lambda i: (scores[i], -i)) if scores else -1

    @property
    def confidence(self) -> float:
        """How sure it is that this argues, about this option, this way."""
        i = self.best
        if i < 0:
            return 0.0
        return self.claim.probability * self.shares[i] * max(self.against[i], 1 - self.against[i])


def describe_stance(
    reader: Reader, setting: Setting, option: Option, target: Mapping[str, float]
) -> dict[str, float]:
    """What tells an objection to this option from an endorsement of it."""
    page, claim = setting.page, setting.claim
    text = page.message.text[claim.start : claim.end]
    score = math.log((claim.against + 1e-4) / (1 - claim.against + 1e-4))
    own = target["own"]
    reply = bool(setting.ancestors)
    return {
        "words": score / 3,
        "words, own": score / 3 * own,
        "words, posted here": score / 3 * target["posted here"],
        "own": own,
        "addressee's": target["addressee's"],
        "own, opening": own * (not reply),
        "own, here": own * target["here"],
        "posted": target["posted"],
        "posted here": target["posted here"],
        "inside": target["inside"],
        "quoted": target["quoted"],
        "quoted, other's": target["quoted"] * (1 - own),
        "contrast": float(bool(_CONTRAST.search(text))),
        "contrast, own": float(bool(_CONTRAST.search(text))) * own,
        "negation": float(bool(_NEGATION.search(text))),
        "negation, own": float(bool(_NEGATION.search(text))) * own,
        "agreement": float(bool(_AGREEMENT.search(text))),
        "agreement, other's": float(bool(_AGREEMENT.search(text))) * (1 - own),
        "question": float(text.rstrip().endswith("?")),
        "question, own": float(text.rstrip().endswith("?")) * own,
        "patch mail": float(page.patch and not page.subject.reply),
        "introduced here": float(reader.page(option.first).id == page.id),
    }


def read_claims(
    reader: Reader, claims: Sequence[Claim], options: Sequence[Option], weights: Weights
) -> tuple[Reading, ...]:
    """Every claim with the shares of its possible targets and the stance towards each."""
    pages: Mapping[int, Page] = {p.order: p for p in reader.layout.pages}
    target_model, stance_model = weights.pairs.get("target"), weights.pairs.get("stance")
    found = []
    for claim in claims:
        setting = set_up(reader, claim, pages[claim.page])
        rows = describe_targets(reader, setting, options)
        if target_model is None or stance_model is None:
            odds = [r["newest"] + r["like"] + r["quoted"] + 0.01 for r in rows]
            against = [claim.against for _ in rows]
        else:
            odds = [
                p / (1 - p + 1e-6) for p in map(float, target_model.judge(table_of(rows, target_model.names)))
            ]
            stances = [describe_stance(reader, setting, o, r) for o, r in zip(options, rows, strict=True)]
            against = [float(p) for p in stance_model.judge(table_of(stances, stance_model.names))]
        # Odds over "none of them", which weighs as much as one option at even odds.
        total = sum(odds) + 1.0
        found.append(Reading(claim, tuple(o / total for o in odds), tuple(against)))
    return tuple(found)
