"""What each sentence may be: the probabilities of every stage's text model, a page at a time."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from analysis.reading.features import Rows, describe_page
from analysis.reading.models import Floats, Weights
from analysis.reading.pages import Layout, Page

TASKS = ("argument", "against", "mention", "symptom", "joined")


@dataclass(frozen=True)
class Candidates:
    """Probabilities by task; those of a page's sentences are the slice that `of` gives."""

    scores: Mapping[str, Floats]
    offsets: Mapping[str, tuple[int, int]]

    def of(self, task: str, page: Page) -> Floats:
        """The probabilities of a page's sentences; zeros where nothing was learnt for the task."""
        first, last = self.offsets[page.id]
        found = self.scores.get(task)
        return np.zeros(last - first, np.float32) if found is None else found[first:last]


def offsets_of(layout: Layout) -> dict[str, tuple[int, int]]:
    """Where each page's sentences stand in a discussion's list of all sentences."""
    offsets, at = {}, 0
    for page in layout.pages:
        offsets[page.id] = (at, at + len(page.sentences))
        at += len(page.sentences)
    return offsets


def describe_all(layout: Layout) -> Rows:
    """The features of all sentences of a discussion."""
    return Rows.of([row for page in layout.pages for row in describe_page(layout, page)])


def judge_sentences(layout: Layout, weights: Weights, rows: Rows | None = None) -> Candidates:
    """Probabilities for every sentence; `rows` saves describing them again."""
    offsets = offsets_of(layout)
    if not weights.texts:
        return Candidates({}, offsets)
    described = describe_all(layout) if rows is None else rows
    return Candidates({task: m.judge(described) for task, m in weights.texts.items()}, offsets)


def runs_of(flags: Sequence[bool]) -> list[tuple[int, int]]:
    """The runs of true flags as half-open index pairs."""
    runs, start = [], None
    for i, flag in enumerate([*flags, False]):
        if flag and start is None:
            start = i
        elif not flag and start is not None:
            runs.append((start, i))
            start = None
    return runs
