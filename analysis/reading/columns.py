"""Steps of several tasks side by side: one chain a column, by indentation where there is any.

The heads (`CPU0`, `thread 1`, any words over a ruled line) say how many columns there are; where one ends
and the next begins is read from the steps, since heads are often centred over them.
"""

import re
from collections.abc import Iterator, Sequence
from itertools import pairwise

from analysis.reading.arrows import Chain, bare_call
from analysis.reading.ladders import Step, climb, read_step
from analysis.reading.lines import Line

MOST_LINES = 80
MOST_COLUMNS = 4

_TASK = re.compile(
    r"(?i)(?:cpu|thread|task|process|proc|p|t|kworker|writer|reader|core|node)\s?#?\s?[0-9A-Da-d]\b|"
    r"\b(?:thread|task|process|cpu|kswapd\d?|reader|writer)\b"
)
_RULE = re.compile(r"\s{0,80}[|_+=-][\s|_+=-]{4,200}\Z")
_APART = re.compile(r"\s{3,}|\s{0,40}\|\s{0,40}")
_CELL = re.compile(r"\S(?:\S|\s(?!\s))*")
_PROSE = re.compile(r"\s{0,4}(?:[A-Za-z',]+ ){6}")


def _heads(text: str) -> list[tuple[int, str]]:
    """The heads in a line with their columns."""
    at, found = 0, []
    for gap in [*_APART.finditer(text), None]:
        word = text[at : gap.start() if gap else len(text)]
        if word.strip():
            found.append((at + len(word) - len(word.lstrip()), word.strip()))
        at = gap.end() if gap else at
    return found


def _opens(lines: Sequence[Line], at: int) -> tuple[list[int], bool]:
    """The columns of the heads that a line holds, and whether they name tasks; none where it is no head."""
    text = lines[at].text.expandtabs(8)
    heads = _heads(text)[: MOST_COLUMNS + 1]
    if not 2 <= len(heads) <= MOST_COLUMNS or any(len(word) > 40 for _, word in heads):
        return [], False
    ruled = at + 1 < len(lines) and bool(_RULE.match(lines[at + 1].text.expandtabs(8)))
    named = all(_TASK.search(word) for _, word in heads)
    return [c for c, _ in heads] if named or (ruled and not _RULE.match(text)) else [], named


def _body(lines: Sequence[Line], columns: int) -> Iterator[tuple[str, Line]]:
    """The lines below the heads, without drawn borders but in the same columns."""
    blank = True
    for line in lines[:MOST_LINES]:
        text = line.text.expandtabs(8)[:300]
        if line.broken or (blank and not text.strip() and line is not lines[0]) or _PROSE.match(text):
            return
        blank = not text.strip()
        if _RULE.match(text):
            continue
        drawn = text.count("|") in (columns - 1, columns + 1)
        yield text.replace("|", " ") if drawn else text, line


def _borders(heads: Sequence[int], starts: Sequence[int]) -> list[int]:
    """Where each column but the first begins: behind the widest gap that no step begins in."""
    found = []
    for left, right in pairwise(heads):
        middle = (left + right) // 2
        known = sorted({s for s in starts if s <= right + 1})
        gaps = [(b - a, b) for a, b in pairwise(known) if middle < b]
        found.append(max(gaps)[1] if gaps and max(gaps)[0] > 2 else right - 4)
    return found


def _read(body: Sequence[tuple[str, Line]], heads: Sequence[int]) -> list[list[Step]]:
    cells = [
        (step[0] + found.start(), step[1], line)
        for text, line in body
        for found in _CELL.finditer(text)
        if (step := read_step(found.group())) is not None
    ]
    borders = _borders(heads, [start for start, _, _ in cells])
    sides: list[list[Step]] = [[] for _ in heads]
    for cell in cells:
        sides[sum(border <= cell[0] for border in borders)].append(cell)
    return sides


def find_columns(lines: Sequence[Line]) -> Iterator[Chain]:
    """The chains of all step tables in some lines, table by table, column by column."""
    done = 0
    for at, head in enumerate(lines):
        heads, named = _opens(lines, at) if at >= done else ([], False)
        if not heads:
            continue
        body = list(_body(lines[at + 1 :], len(heads)))
        for side in _read(body, heads):
            # Under heads that name no task a column without depths is a column of a table of results.
            flat = [tuple(bare_call(name) for _, name, _ in side)] if named and len(side) > 1 else []
            for names in climb(side) or flat:
                yield Chain(head.start, side[-1][2].end, names)
        done = at + 1 + len(body)
