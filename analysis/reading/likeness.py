"""How alike two runs of words are, weighted by how rare each word is in the discussion."""

import math
import re
from collections import Counter
from collections.abc import Iterable, Mapping
from functools import cached_property

from analysis.reading.pages import Layout
from analysis.reading.tokens import bare_name, is_identifier

Vector = Mapping[str, float]

_PLAIN = re.compile(r"[a-z][a-z'’-]{2,}")
_ENDING = re.compile(r"(?:ings?|ed|es|s|er|ly|ion|ions|ation)$")
_COMMON = frozenset(
    "the and for that this with not but are was were have has had can could would should will may "
    "might must "
    "it's you your they them their there here then than from into what when where which who why how "
    "our its "
    "some any all also just only more most other such very about because been being does doing did "
    "don't doesn't "
    "i'm i'd i'll i've we're we'd let let's like think make makes made need needs want use uses "
    "used using get "
    "one two way thing things see seems sure still even over same out off too yes now well however "
    "though".split()
)


def terms(tokens: Iterable[str]) -> list[str]:
    """The words that carry meaning, stemmed by their ending; identifiers as their bare names."""
    found = []
    for token in tokens:
        if is_identifier(token):
            name = bare_name(token)
            found += [f"={name.casefold()}", *(p for p in name.casefold().split("_") if len(p) > 2)]
        else:
            word = token.casefold()
            if _PLAIN.fullmatch(word) and word not in _COMMON:
                found.append(_ENDING.sub("", word) if len(word) > 5 else word)
    return found


def cosine(a: Vector, b: Vector) -> float:
    """The cosine of two vectors of length one."""
    if len(b) < len(a):
        a, b = b, a
    return sum(w * b[t] for t, w in a.items() if t in b)


class Likeness:
    """Vectors of a discussion's words."""

    def __init__(self, layout: Layout) -> None:
        self._layout = layout

    @cached_property
    def _rarity(self) -> tuple[Mapping[str, float], float]:
        counts: Counter[str] = Counter()
        number = 1
        for page in self._layout.pages:
            for sentence in page.sentences:
                counts.update(set(terms(sentence.tokens)))
                number += 1
        unseen = math.log(number + 1)
        return {t: math.log((number + 1) / (c + 0.5)) for t, c in counts.items()}, unseen

    def vector(self, tokens: Iterable[str]) -> Vector:
        """The vector of some tokens, of length one; empty where none carries meaning."""
        rarity, unseen = self._rarity
        weights = {t: rarity.get(t, unseen) * (1 + math.log(n)) for t, n in Counter(terms(tokens)).items()}
        length = math.sqrt(sum(w * w for w in weights.values()))
        return {t: w / length for t, w in weights.items()} if length else {}

    @staticmethod
    def mix(vectors: Iterable[Vector]) -> Vector:
        """The direction that several vectors share."""
        total: Counter[str] = Counter()
        for vector in vectors:
            for term, weight in vector.items():
                total[term] += weight  # type: ignore[assignment]
        length = math.sqrt(sum(w * w for w in total.values()))
        return {t: w / length for t, w in total.items()} if length else {}
