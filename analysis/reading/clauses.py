"""Clauses: the parts of a long sentence that can each put something forward.

"You change just fuse, and I provide a patch to the core" weighs two options in one breath.
"""

import re

from analysis.reading.sentences import Sentence

SHORTEST = 18

_BORDER = re.compile(
    r"(?:[;:]\s+(?:(?:and|but|or|so)\s+)?|,?\s+(?:but|otherwise|alternatively)\s+|"
    r",\s+(?:and|or|so)\s+(?=(?:I|we|you|he|she|they|it|then|maybe|perhaps|just|also|could|can|let|use|make|add|take)\b)|"
    r"\s+[-–—]{1,2}\s+)"
)


def split_clauses(sentence: Sentence) -> tuple[tuple[int, int], ...]:
    """The clauses of a sentence as (start, end) in its text; what is too short stays with the one before."""
    spans: list[tuple[int, int]] = []
    start = 0
    for border in _BORDER.finditer(sentence.text):
        if border.start() - start >= SHORTEST and len(sentence.text) - border.end() >= SHORTEST:
            spans.append((start, border.start()))
            start = border.end()
    spans.append((start, len(sentence.text)))
    return tuple(spans)
