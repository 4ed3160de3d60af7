"""Sentences of mail: a splitter for wrapped lines, lists and text full of identifiers.

A stop before a lower-case identifier ends a sentence too; one after `e.g.` doesn't. Runs beyond what a
quote may hold are cut at a clause, so that every sentence can be quoted whole.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise

from analysis.reading.paragraphs import Paragraph
from analysis.reading.tokens import english

LONGEST = 400

_STOP = re.compile(r"""(?:[.!?]{1,5}|\.{3})["')\]}]{0,3}(?=\s)|(?<=\w):(?=\s)|(?<=\s):-?[)(](?=\s)""")
_ABBREVIATED = re.compile(
    r"(?:\b(?:e\.g|i\.e|cf|vs|etc|w\.r\.t|a\.k\.a|resp|approx|incl|Mr|Dr|St|No|Fig|[A-Z])|\(\w)\.\Z", re.I
)
_OPENS = re.compile(r"""["'`(\[{<*]{0,3}(?:[A-Z0-9]|->|\w{1,80}(?:_\w|\(|->))""")
_CLAUSE = re.compile(
    r"[;:]\s|,\s(?=(?:but|and|so|because|which|however|although|since|while)\b)|\s[-–—]{1,2}\s"
)


@dataclass(frozen=True, slots=True)
class Sentence:
    """One sentence `text[start:end]` of a message, with its tokens as written.

    `paragraph` is the index of the paragraph that it stands in.
    """

    start: int
    end: int
    text: str
    tokens: tuple[str, ...]
    paragraph: int


def _cuts(flat: str) -> Iterator[int]:
    """Where a new sentence starts inside a paragraph."""
    for stop in _STOP.finditer(flat):
        following = stop.end()
        while following < len(flat) and flat[following] == " ":
            following += 1
        if following >= len(flat):
            return
        mark = stop.group()
        if mark.startswith(":") and len(mark) == 1:
            continue
        if mark.startswith(".") and _ABBREVIATED.search(flat[max(0, stop.start() - 12) : stop.start() + 1]):
            continue
        if mark[0] in "!?" or mark[0] == ":" or _OPENS.match(flat, following):
            yield following


def _within_limit(flat: str, start: int, end: int) -> Iterator[tuple[int, int]]:
    """A run cut at clauses so that no piece is longer than LONGEST."""
    while end - start > LONGEST:
        window = flat[start : start + LONGEST]
        clauses = [m.end() for m in _CLAUSE.finditer(window) if m.end() > 60]
        at = start + (clauses[-1] if clauses else max(window.rfind(" "), LONGEST // 2))
        yield start, at
        start = at
    yield start, end


def split_flat(flat: str) -> tuple[tuple[int, int], ...]:
    """The sentences of a flat run as (start, end), trimmed, each at most LONGEST long."""
    borders = [0, *_cuts(flat), len(flat)]
    found = []
    for a, b in pairwise(borders):
        for start, end in _within_limit(flat, a, b):
            words = flat[start:end]
            left = len(words) - len(words.lstrip())
            if words.strip():
                found.append((start + left, start + len(words.rstrip())))
    return tuple(found)


def split_sentences(paragraphs: tuple[Paragraph, ...]) -> tuple[Sentence, ...]:
    """The sentences of a message's paragraphs; those of source code are left out."""
    spans = [
        (i, p, start, end)
        for i, p in enumerate(paragraphs)
        if not p.code
        for start, end in split_flat(p.flat)
    ]
    tokenize = english().make_doc
    documents = [tokenize(p.flat[a:b]) for _, p, a, b in spans]
    return tuple(
        Sentence(p.start + a, p.start + b, p.flat[a:b], tuple(t.text for t in doc if not t.is_space), i)
        for (i, p, a, b), doc in zip(spans, documents, strict=True)
    )
