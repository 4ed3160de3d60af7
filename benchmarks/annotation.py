"""Annotated threads as training and test material: gold quotes found again in the mail, as spans.

The labels are stand-off: a message id and a quote. Nothing of the mail itself is kept.
"""

import hashlib
import json
import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
from mail import read_discussions

from analysis.reading.candidates import describe_all
from analysis.reading.features import Rows
from analysis.reading.pages import Layout, lay_out
from archive.identity import fold
from archive.mail import Discussion

Span = tuple[str, int, int]
SET_ASIDE = 2


def bare_id(message_id: str) -> str:
    return re.sub(r"[<>\s]", "", message_id or "")


def share_place(a: Span, b: Span) -> bool:
    """The judge's rule: half of the shorter one and a fifth of the longer, in one message."""
    if a[0] != b[0]:
        return False
    shared = min(a[2], b[2]) - max(a[1], b[1])
    shorter, longer = sorted((a[2] - a[1], b[2] - b[1]))
    return shared * 2 >= shorter and shared * 5 >= longer


@dataclass(frozen=True)
class GoldOption:
    """An option of the annotation and all its places."""

    id: str
    places: tuple[Span, ...]


@dataclass(frozen=True)
class GoldArgument:
    """An argument of the annotation; `option` is the id of what it speaks of."""

    place: Span
    option: str
    stance: str
    criterion: str


class Example:
    """One annotated thread: its layout, features and gold spans."""

    def __init__(self, name: str, discussions: Sequence[Discussion], gold: dict[str, Any]) -> None:
        self.name = name
        self.gold = gold
        self.discussions = discussions
        self.layout: Layout = lay_out(merge(discussions))

    @cached_property
    def rows(self) -> Rows:
        """The features of all sentences."""
        return describe_all(self.layout)

    def span(self, item: dict[str, Any]) -> Span | None:
        """Where a gold quote stands in its message, or None where it is not found again."""
        page = self.layout.by_id.get(bare_id(item["message_id"]))
        quote = fold(item.get("quote", ""))
        if page is None or not quote:
            return None
        found = re.search(r"\s+".join(map(re.escape, quote.split(" "))), page.message.text)
        return (page.id, *found.span()) if found else None

    @cached_property
    def options(self) -> tuple[GoldOption, ...]:
        """The options of the annotation."""
        return tuple(
            GoldOption(p["id"], tuple(s for m in [p, *p.get("also", [])] if (s := self.span(m))))
            for p in self.gold["proposals"]
        )

    @cached_property
    def arguments(self) -> tuple[GoldArgument, ...]:
        """The arguments of the annotation whose words are found again."""
        return tuple(
            GoldArgument(s, a["proposal"], a["stance"], a["criterion"])
            for a in self.gold["arguments"]
            if (s := self.span(a))
        )

    @cached_property
    def symptoms(self) -> tuple[Span, ...]:
        """The places of symptoms."""
        return tuple(s for item in self.gold["symptoms"] if (s := self.span(item)))

    @cached_property
    def decision(self) -> Span | None:
        """The place that settles the thread, if one does."""
        return self.span(self.gold["decision"]) if self.gold.get("decision") else None

    def label(self, spans: Sequence[Span]) -> np.ndarray:
        """For every sentence the index of the span that it shares most of, or -1."""
        found = []
        for page in self.layout.pages:
            here = [(i, s) for i, s in enumerate(spans) if s[0] == page.id]
            for sentence in page.sentences:
                best, index = 0, -1
                for i, (_, start, end) in here:
                    shared = min(end, sentence.end) - max(start, sentence.start)
                    if shared * 2 >= min(end - start, sentence.end - sentence.start) and shared > best:
                        best, index = shared, i
                found.append(index)
        return np.array(found, int)


def load_examples(shared: Path) -> list[Example]:
    """All annotated threads, by name."""
    return [
        Example(
            path.stem,
            read_discussions(shared / "threads" / f"{path.stem}.mbox"),
            json.loads(path.read_text()),
        )
        for path in sorted((shared / "gold").glob("*.json"))
    ]


def merge(discussions: Sequence[Discussion]) -> Discussion:
    """All discussions of one file as one: its annotation doesn't tell them apart."""
    if len(discussions) == 1:
        return discussions[0]
    messages = [m for d in discussions for m in d.messages]
    first = discussions[0]
    messages.sort(key=lambda m: m.date.timestamp() if m.date else 0.0)
    return Discussion(
        first.id, first.title, tuple(t for d in discussions for t in d.threads), tuple(messages)
    )


def digest(*paths: Path) -> str:
    """Twelve digits that identify the contents of some files."""
    total = hashlib.sha256()
    for path in sorted(paths):
        total.update(path.name.encode() + b"\0" + path.read_bytes())
    return total.hexdigest()[:12]


def folds_of(names: Sequence[str], count: int, seed: int) -> list[int]:
    """The fold of every thread: thread by thread, never sentence by sentence."""
    order = np.random.RandomState(seed).permutation(len(names))
    folds = [0] * len(names)
    for place, index in enumerate(order):
        folds[int(index)] = place % count
    return folds


def set_aside(names: Sequence[str]) -> list[str]:
    """The threads that nobody looks at until the end: those whose names hash lowest."""
    hashed = sorted(names, key=lambda n: hashlib.sha256(f"aside {n}".encode()).hexdigest())
    return sorted(hashed[:SET_ASIDE])
