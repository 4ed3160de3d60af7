"""Symptoms: what people say goes wrong today, and what machines say.

The head line of an oops, a lockdep report or a hung task comes from patterns, since machines word it always
alike. Prose is judged twice: by the text model, then by trees over its score, those around it, the words of
trouble, and where it stands; a symptom is told early, in reports and changelogs, before what cures it.
"""

import math
import re
from collections.abc import Iterator
from itertools import pairwise

import numpy as np

from analysis.reading.anchors import anchor
from analysis.reading.candidates import Candidates
from analysis.reading.lines import own_lines
from analysis.reading.models import Weights, table_of
from analysis.reading.pages import Layout, Page
from archive.findings import Symptom
from archive.identity import finding_id
from archive.mail import BlockKind

_REPORT = re.compile(
    r"\b(?:kernel BUG at \S+|BUG: [^\n]{5,160}|WARNING: (?:possible|inconsistent|bad|suspicious|CPU|"
    r"held)[^\n]{3,160}|"
    r"INFO: (?:task|rcu|possible)[^\n]{5,160}|general protection fault[^\n]{0,120}|Unable to handle "
    r"kernel[^\n]{0,120}|"
    r"(?:KASAN|KCSAN|UBSAN|KMSAN): [^\n]{5,140}|watchdog: BUG:[^\n]{5,120}|Kernel panic - [^\n]{5,120})"
)
MOST_REPORTS = 2

_WORDS = {
    name: re.compile(rf"\b(?:{words})\b", re.I)
    for name, words in {
        "trouble": r"dead-?lock\w*|rac(?:e|es|ed|ing|y)|hang\w*|hung|stall\w*|crash\w*|panic\w*|oops\w*|"
        r"corrupt\w*|leak\w*|livelock\w*|lockup\w*|starv\w*|bugs?|fail\w*|broken|breaks?|stuck|splat|warn\w*|"
        r"regress\w*|oom|timeout\w*|use-after-free|overflow\w*|unsafe|wrong\w*|stale|lost|loses?|"
        r"inconsisten\w*|problem\w*|issues?|slow\w*|contention|false positive|spin\w*|errors?|kill\w*",
        "denial": r"not|\w+n't|never|no|cannot|without|lacks?|missing",
        "able": "can|could|may|might",
        "wish": "would|should|will",
        "past": r"was|were|had|did|saw|seen|noticed|reported|observed|found|hit|got|triggered",
        "now": r"currently|today|now|still|sometimes|occasionally|often|always|already|existing",
        "you": "you|your|yours",
        "patch": "(?:this|your|the) (?:patch|series|change|commit)",
        "cure": r"fix\w*|avoid\w*|prevent\w*|address\w*|solve\w*|resolve\w*",
        "cause": r"because|since|when|if|while|due to|caus(?:e|es|ed|ing)|leads?|result\w*|trigger\w*|"
        r"happen\w*|occur\w*",
        "offer": r"instead|we could|let's|i think|maybe|perhaps|suggest\w*|how about|why not|add\w*|"
        r"introduce\w*|remov\w*|replac\w*|convert\w*|move\w*",
        "turn": "however|but|although|unfortunately",
        "source": r"report\w*|syzbot|lockdep|kasan|generic/\d+|xfs/\d+|x?fstests",
    }.items()
}
_TITLE = re.compile(
    r"bug|deadlock|race|hang|crash|warn|lockup|stall|leak|fix|corrupt|regress|splat|oops|fail", re.I
)
_LONG = re.compile(r"[a-z_]{4,}")


def reported(page: Page) -> list[Symptom]:
    """The head lines of the first machine reports on a page, at most MOST_REPORTS."""
    found = []
    for line in own_lines(page.message):
        match = _REPORT.search(line.text[:600])
        place = anchor(page.message, line.start + match.start(), line.start + match.end()) if match else None
        if place is not None:
            found.append(
                Symptom(finding_id("s", page.id, place.start, place.end), place, "a machine's report")
            )
        if len(found) == MOST_REPORTS:
            break
    return found


def _odds(probability: float) -> float:
    held = min(max(probability, 1e-4), 1 - 1e-4)
    return math.log(held / (1 - held))


def _words(text: str) -> set[str]:
    return set(_LONG.findall(text.casefold()))


def _standing(layout: Layout, page: Page) -> dict[str, float]:
    """What is the same for all sentences of a page."""
    return {
        "patch": page.patch,
        "reply": page.subject.reply,
        "depth": min(page.depth, 5),
        "order": math.log1p(page.order),
        "part": page.subject.part > 0,
        "later version": page.subject.version > 1,
        "opener": page.author == layout.pages[0].author,
        "trace": any(b.kind is BlockKind.TRACE for b in page.message.blocks),
        "report": bool(reported(page)),
        "sentences": math.log1p(len(page.sentences)),
        "title": bool(_TITLE.search(page.subject.title)),
        "first title": bool(_TITLE.search(layout.pages[0].subject.title)),
    }


def describe_symptoms(layout: Layout, candidates: Candidates) -> list[dict[str, float]]:
    """A row of named numbers for every sentence of a discussion, page by page."""
    scores = [[_odds(float(s)) for s in candidates.of("symptom", p)] for p in layout.pages]
    everything = sorted((s for page in scores for s in page), reverse=True)
    rank = {s: i for i, s in enumerate(reversed(everything))}
    total = len(everything)
    rows = []
    for page, own in zip(layout.pages, scores, strict=True):
        standing = _standing(layout, page) if own else {}
        argues = [_odds(float(s)) for s in candidates.of("argument", page)]
        offers = [_odds(float(s)) for s in candidates.of("mention", page)]
        title = _words(page.subject.title)
        around = [-4.0, *own, -4.0]
        for at, sentence in enumerate(page.sentences):
            paragraph = page.paragraphs[sentence.paragraph]
            above = total - 1 - rank[own[at]]
            rows.append(
                {
                    **standing,
                    "symptom": own[at],
                    "argument": argues[at],
                    "mention": offers[at],
                    "before": around[at],
                    "after": around[at + 2],
                    "best here": max(own),
                    "mean here": sum(own) / len(own),
                    "rank": math.log1p(above),
                    "share above": above / total,
                    "below fifth": own[at] - everything[min(4, total - 1)],
                    "all": math.log(total),
                    "at": math.log1p(at),
                    "left": math.log1p(len(own) - at),
                    "paragraph": math.log1p(sentence.paragraph),
                    "answers": paragraph.quoted is not None,
                    "gap": min(paragraph.quoted.gap, 4) if paragraph.quoted else 0,
                    "item": paragraph.item,
                    "length": math.log(len(sentence.text)),
                    "asks": sentence.text.endswith("?"),
                    "colon": sentence.text.endswith(":"),
                    "shared": len(title & _words(sentence.text)),
                }
                | {f"word {name}": min(3, len(p.findall(sentence.text))) for name, p in _WORDS.items()}
            )
    return rows


def judge_symptoms(layout: Layout, candidates: Candidates, weights: Weights) -> list[float]:
    """How likely every sentence of a discussion is a symptom, page by page."""
    model = weights.trees.get("symptom")
    if model is None:
        return [float(s) for page in layout.pages for s in candidates.of("symptom", page)]
    return [float(s) for s in model.judge(table_of(describe_symptoms(layout, candidates), model.names))]


def _pages(layout: Layout, scores: list[float]) -> Iterator[tuple[Page, list[float]]]:
    ends = np.cumsum([0, *(len(p.sentences) for p in layout.pages)])
    for page, (first, last) in zip(layout.pages, pairwise(ends), strict=True):
        yield page, scores[first:last]


def find_symptoms(layout: Layout, candidates: Candidates, weights: Weights) -> tuple[Symptom, ...]:
    """The symptoms of a discussion in order of reading, none inside another."""
    found: list[Symptom] = []
    for page, scores in _pages(layout, judge_symptoms(layout, candidates, weights)):
        here = reported(page)
        for sentence, score in zip(page.sentences, scores, strict=True):
            if score < weights.threshold("symptom"):
                continue
            place = anchor(page.message, sentence.start, sentence.end)
            if place and not any(s.anchor.start < place.end and place.start < s.anchor.end for s in here):
                name = finding_id("s", page.id, place.start, place.end)
                here.append(Symptom(name, place, f"{score:.2f}"))
        found += sorted(here, key=lambda s: s.anchor.start)
    return tuple(found)
