"""Symptoms: what people say goes wrong today, and what machines say.

Prose comes from the text model; the head line of an oops, a lockdep report or a hung task from patterns,
since machines word it always alike.
"""

import re

from analysis.reading.anchors import anchor
from analysis.reading.candidates import Candidates
from analysis.reading.lines import own_lines
from analysis.reading.models import Weights
from analysis.reading.pages import Layout, Page
from archive.findings import Symptom
from archive.identity import finding_id

_REPORT = re.compile(
    r"\b(?:kernel BUG at \S+|BUG: [^\n]{5,160}|WARNING: (?:possible|inconsistent|bad|suspicious|CPU|"
    r"held)[^\n]{3,160}|"
    r"INFO: (?:task|rcu|possible)[^\n]{5,160}|general protection fault[^\n]{0,120}|Unable to handle "
    r"kernel[^\n]{0,120}|"
    r"(?:KASAN|KCSAN|UBSAN|KMSAN): [^\n]{5,140}|watchdog: BUG:[^\n]{5,120}|Kernel panic - [^\n]{5,120})"
)
MOST_REPORTS = 2


def _reported(page: Page) -> list[Symptom]:
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


def find_symptoms(layout: Layout, candidates: Candidates, weights: Weights) -> tuple[Symptom, ...]:
    """The symptoms of a discussion in order of reading, none inside another."""
    found: list[Symptom] = []
    for page in layout.pages:
        here = _reported(page)
        for sentence, score in zip(page.sentences, candidates.of("symptom", page), strict=True):
            if score < weights.threshold("symptom"):
                continue
            place = anchor(page.message, sentence.start, sentence.end)
            if place and not any(s.anchor.start < place.end and place.start < s.anchor.end for s in here):
                name = finding_id("s", page.id, place.start, place.end)
                here.append(Symptom(name, place, f"text model {score:.2f}"))
        found += sorted(here, key=lambda s: s.anchor.start)
    return tuple(found)
