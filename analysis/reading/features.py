"""Sentences as hashed features: their words, those around them, what they answer, and where they stand.

Every feature is a text hashed to a column, so that no word of anyone's mail is stored with the weights.
Names of participants are masked: who says something must not decide what it is.
"""

import re
import zlib
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import numpy.typing as npt

from analysis.reading.cues import cues_of
from analysis.reading.pages import Layout, Page
from analysis.reading.paragraphs import Quoted
from analysis.reading.sentences import Sentence
from analysis.reading.tokens import is_identifier

WIDTH = 1 << 18
CUE = 0.4

_DIGITS = re.compile(r"\d+")
_WORD = re.compile(r"[\w'’>-]+|[?!]")

Row = dict[int, float]


@dataclass(frozen=True, slots=True)
class Rows:
    """Sparse rows: row i has `columns[starts[i]:starts[i + 1]]` with `values` alike."""

    columns: npt.NDArray[np.int32]
    values: npt.NDArray[np.float32]
    starts: npt.NDArray[np.int64]

    @classmethod
    def of(cls, rows: Sequence[Row]) -> "Rows":
        """The rows, packed."""
        starts = np.cumsum([0, *map(len, rows)], dtype=np.int64)
        columns = np.fromiter((c for row in rows for c in row), np.int32, int(starts[-1]))
        values = np.fromiter((v for row in rows for v in row.values()), np.float32, int(starts[-1]))
        return cls(columns, values, starts)


def column(text: str) -> int:
    """The column of a feature."""
    return zlib.crc32(text.encode("utf-8", "surrogateescape")) % WIDTH


def words_of(tokens: Iterable[str], people: frozenset[str]) -> tuple[str, ...]:
    """Tokens as features know them: lower case, identifiers and people masked, digits as 0."""
    found = []
    for token in tokens:
        if is_identifier(token):
            found.append("call" if token.endswith(")") else "name")
        elif token[:1].isupper() and token.casefold().removesuffix("'s") in people:
            found.append("person")
        else:
            found.append(_DIGITS.sub("0", token.casefold().replace("’", "'"))[:30])
    return tuple(found)


def weigh(row: Row, prefix: str, texts: Sequence[str], weight: float) -> None:
    """Add texts to a row as one group of length `weight`, so that long groups don't drown short ones."""
    kinds = set(texts)
    if not kinds:
        return
    value = weight / len(kinds) ** 0.5
    for text in sorted(kinds):
        at = column(prefix + text)
        row[at] = row.get(at, 0.0) + value


def ngrams(words: Sequence[str]) -> list[str]:
    """Single words and pairs, with the ends marked."""
    padded = ["^", *words, "$"]
    return [*words, *(f"{a} {b}" for a, b in pairwise(padded))]


def _bucket(number: int, *borders: int) -> int:
    return sum(number >= b for b in borders)


def _structure(layout: Layout, page: Page, sentence: Sentence, at: int) -> Iterator[str]:
    """Where a sentence stands and what stands around it, as short texts."""
    paragraph = page.paragraphs[sentence.paragraph]
    inside = [i for i, s in enumerate(page.sentences) if s.paragraph == sentence.paragraph]
    parent = layout.parent(page)
    opener = layout.pages[0]
    length = len(sentence.tokens)
    ids = sum(map(is_identifier, sentence.tokens))
    yield f"length {_bucket(length, 4, 7, 10, 14, 20, 28, 40)}"
    yield f"ids {_bucket(ids, 1, 2, 3, 5)}"
    yield f"place {_bucket(at, 1, 2, 4, 8, 16, 32)}"
    yield f"left {_bucket(len(page.sentences) - at, 2, 3, 5, 9, 17)}"
    yield f"in paragraph {_bucket(at - inside[0], 1, 2, 3, 5)} of {_bucket(len(inside), 2, 3, 5)}"
    yield f"paragraph {_bucket(sentence.paragraph, 1, 2, 4, 8)}"
    yield f"end {sentence.text[-1]}"
    yield f"opens {sentence.text[:1].isupper()}"
    yield f"patch {page.patch} first {page.order == 0} reply {page.subject.reply}"
    yield f"depth {_bucket(page.depth, 1, 2, 3, 5, 8)}"
    yield f"order {_bucket(page.order, 1, 3, 6, 12, 24)}"
    yield f"cover {page.subject.parts > 0 and page.subject.part == 0} part {page.subject.part > 0}"
    yield f"later version {page.subject.version > 1}"
    yield f"item {paragraph.item}"
    yield f"page {_bucket(len(page.sentences), 2, 4, 8, 16, 32, 64)}"
    yield f"opener {page.author == opener.author}"
    if parent is not None:
        to_opener, to_self = parent.author == opener.author, parent.author == page.author
        yield f"to patch {parent.patch} to opener {to_opener} to self {to_self}"
    quoted = paragraph.quoted
    if quoted is None:
        yield "answers nothing"
    else:
        yield f"answers gap {_bucket(quoted.gap, 1, 2, 3)} depth {_bucket(quoted.depth, 2, 3)}"
        yield f"quoted question {quoted.text.endswith('?')}"
        yield f"quoted self {quoted.author == page.author} opener {quoted.author == opener.author}"
        source = layout.by_id.get(quoted.message_id or "")
        yield f"quoted patch {source.patch if source else None}"
        yield f"first after quote {quoted.gap == 0 and at == inside[0]}"


def quoted_words(quoted: Quoted | None, people: frozenset[str], last: int = 30) -> tuple[str, ...]:
    """The last words of a quote as features know them."""
    return words_of(_WORD.findall(quoted.text[-300:])[-last:], people) if quoted else ()


def describe_page(layout: Layout, page: Page) -> list[Row]:
    """A row of features for every sentence of a page."""
    words = [words_of(s.tokens, layout.people) for s in page.sentences]
    title = words_of(_WORD.findall(page.subject.title), layout.people)
    rows = []
    for at, sentence in enumerate(page.sentences):
        row: Row = {}
        quoted = page.paragraphs[sentence.paragraph].quoted
        weigh(row, "w ", ngrams(words[at]), 2.0)
        weigh(row, "h ", [" ".join(words[at][:n]) for n in (1, 2, 3)], 0.7)
        weigh(row, "p ", words[at - 1] if at else ("^",), 0.7)
        weigh(row, "n ", words[at + 1] if at + 1 < len(words) else ("$",), 0.7)
        weigh(row, "q ", quoted_words(quoted, layout.people), 0.7)
        weigh(row, "t ", (sorted(set(title) & set(words[at])) and ["title shared"]) or [], 0.5)
        # Cues weigh the same however many there are: there are few kinds, and each was seen often.
        for cue in sorted(cues_of(sentence.text)):
            row[column("c " + cue)] = CUE
        for text in _structure(layout, page, sentence, at):
            row[column("s " + text)] = 0.35
        rows.append(row)
    return rows
