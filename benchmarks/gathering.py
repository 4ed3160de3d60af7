"""Training of the gathering of offers into options: which option an offer names, or whether it opens one.

The models for links learn with the true options as drafts, noise included as drafts of its own. What opens
an option, and which drafts to keep, is then learnt from links that the other half of the threads taught.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field, replace

import numpy as np
from annotation import Example
from matching import f1, fit_pairs, match_options, true_option

from analysis.reading.candidates import Candidates
from analysis.reading.models import PairModel, Weights, table_of
from analysis.reading.offers import Offer, find_offers
from analysis.reading.openings import Openings
from analysis.reading.options import describe_draft, gather, rate_links
from analysis.reading.restatements import Draft, Reader, describe_link

LEAST_MENTION = 0.08
LOUD = 0.3
POST = 0.5


@dataclass
class Table:
    """Rows of named numbers and what is true of each."""

    rows: list[dict[str, float]] = field(default_factory=list)
    truth: list[bool] = field(default_factory=list)

    def add(self, rows: Sequence[dict[str, float]], truth: Sequence[bool]) -> None:
        """Take more rows in."""
        self.rows += rows
        self.truth += truth


@dataclass(frozen=True)
class Lesson:
    """One thread to learn from."""

    example: Example
    reader: Reader
    candidates: Candidates
    offers: tuple[Offer, ...]


def true_offer(example: Example, offer: Offer) -> str | None:
    """The gold option that most mentions of an offer stand for."""
    options = Counter(o for m in offer.mentions if (o := true_option(example, m)) is not None)
    return options.most_common(1)[0][0] if options else None


def recite(lesson: Lesson, weights: Weights, tables: dict[str, Table]) -> None:
    """Goes through the offers of a thread with the true options as drafts and notes what was to decide.

    With models for links in `weights` the openings are noted, without them the links.
    """
    reader = lesson.reader
    drafts: dict[str, Draft] = {}
    openings = Openings(reader, lesson.candidates)
    for n, offer in enumerate(lesson.offers):
        option = true_offer(lesson.example, offer)
        known = list(drafts.values())
        kind = "post" if offer.posted else "link"
        if not weights.pairs:
            rows = [describe_link(reader, offer, d, known) for d in known]
            tables[kind].add(rows, [name == option for name in drafts])
        elif not offer.posted:
            links = rate_links(reader, weights.pairs.get(kind), offer, known)
            row = openings.describe(offer, links, known)
            tables["open"].add([row], [option is not None and option not in drafts])
        if option is None and not offer.posted and offer.strongest.probability < LOUD:
            continue
        drafts.setdefault(option or f"none {n}", Draft()).add(reader, offer)


def fit(lessons: Sequence[Lesson], weights: Weights, strengths: dict[str, float]) -> dict[str, PairModel]:
    tables = {name: Table() for name in strengths}
    for lesson in lessons:
        recite(lesson, weights, tables)
    return {name: fit_pairs(tables[name].rows, tables[name].truth, c) for name, c in strengths.items()}


LINKS = {"link": 1.0, "post": 1.0}
OPENS = {"open": 0.3}


def learn_options(
    examples: Sequence[Example], readers: Sequence[Reader], candidates: Sequence[Candidates], weights: Weights
) -> Weights:
    """The weights with the models that gather options, and the thresholds with the best F1 of proposals."""
    lessons = [
        Lesson(e, r, c, find_offers(e.layout, c, LEAST_MENTION))
        for e, r, c in zip(examples, readers, candidates, strict=True)
    ]
    halves = [lessons[0::2], lessons[1::2]]
    nothing = replace(weights, pairs={})
    links = [fit(half, nothing, LINKS) for half in halves]
    # A half meets the links that the other one taught, as it would in use.
    opens = [fit(half, replace(nothing, pairs=links[1 - i]), OPENS) for i, half in enumerate(halves)]
    taught = fit(lessons, nothing, LINKS)
    tables = {"open": Table()}
    for i, half in enumerate(halves):
        for lesson in half:
            recite(lesson, replace(nothing, pairs=links[1 - i]), tables)
    taught["open"] = fit_pairs(tables["open"].rows, tables["open"].truth, OPENS["open"])
    gold = sum(len(e.options) for e in examples)
    best = (-1.0, weights)
    for least in (0.12, 0.16, 0.2):
        chosen = {**weights.thresholds, "mention": LEAST_MENTION, "link": 0.3, "post": POST, "open": least}
        trials = [
            replace(weights, pairs={**links[1 - i], **opens[1 - i]}, thresholds=chosen) for i in range(2)
        ]
        kept = Table()
        for i, half in enumerate(halves):
            for lesson in half:
                drafts = gather(lesson.reader, lesson.candidates, lesson.offers, trials[i])
                pairs = match_options(lesson.example, [d.mentions for d in drafts])
                kept.add(
                    [describe_draft(lesson.reader, d, drafts) for d in drafts],
                    [j in pairs for j in range(len(drafts))],
                )
        model = fit_pairs(kept.rows, kept.truth)
        scores, truth = model.judge(table_of(kept.rows, model.names)), np.array(kept.truth)
        for option in np.arange(0.15, 0.5, 0.05):
            value = f1(float((truth & (scores >= option)).sum()), float((scores >= option).sum()), gold)
            if value > best[0]:
                thresholds = {**chosen, "option": float(option)}
                pairs_of = {**weights.pairs, **taught, "option": model}
                best = (value, replace(weights, pairs=pairs_of, thresholds=thresholds))
    return best[1]
