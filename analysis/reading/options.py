"""Options: mentions gathered into what the discussion weighs, each once, with all the places that name it."""

from collections.abc import Sequence
from dataclasses import dataclass

from analysis.reading.candidates import Candidates
from analysis.reading.likeness import Vector
from analysis.reading.mentions import Mention, find_mentions
from analysis.reading.models import PairModel, Weights, table_of
from analysis.reading.pages import Page
from analysis.reading.restatements import Draft, Reader, describe_link
from analysis.reading.tokens import bare_name, is_identifier


@dataclass(frozen=True)
class Option:
    """An option with its mentions in order, the words it is known by, and how sure it is one."""

    mentions: tuple[Mention, ...]
    vector: Vector
    confidence: float

    @property
    def first(self) -> Mention:
        """Where it was put first."""
        return self.mentions[0]


def _link(
    reader: Reader, model: PairModel | None, mention: Mention, drafts: Sequence[Draft]
) -> tuple[float, int]:
    """The most likely draft that a mention belongs to, with its probability; (0, -1) where there is none."""
    if not drafts:
        return 0.0, -1
    rows = [describe_link(reader, mention, d, drafts) for d in drafts]
    if model is None:
        scores = [max(r["likest"], r["version"], r["pointing, newest"]) for r in rows]
    else:
        scores = [float(p) for p in model.judge(table_of(rows, model.names))]
    best = max(range(len(scores)), key=lambda i: (scores[i], -i))
    return scores[best], best


def gather(reader: Reader, mentions: Sequence[Mention], weights: Weights) -> list[Draft]:
    """Each mention joins the option that it most likely names, or opens one."""
    drafts: list[Draft] = []
    model = weights.pairs.get("link")
    for mention in mentions:
        open_to = [d for d in drafts if not _excludes(reader, d, mention)]
        score, best = _link(reader, model, mention, open_to)
        draft = open_to[best] if best >= 0 and score >= weights.threshold("link") else Draft()
        if not draft.mentions:
            drafts.append(draft)
        draft.add(mention, reader.vector(mention))
    return drafts


def _excludes(reader: Reader, draft: Draft, mention: Mention) -> bool:
    """Whether a mention can't be of a draft: it names a posted work of which the draft has no word."""
    if any(_rivals(mention, m) for m in draft.mentions):
        return True
    names = _names(mention)
    posted = any(_is_posted(reader.page(m)) for m in draft.mentions)
    return bool(names) and not posted and not names & {t.removeprefix("=") for t in draft.terms}


def _rivals(mention: Mention, other: Mention) -> bool:
    """Whether two mentions can't be of one option.

    Nobody names the same thing twice as alternatives of one sentence, or calls one patch by two names that
    share nothing.
    """
    if mention.split and (mention.page, mention.sentence) == (other.page, other.sentence):
        return True
    names, others = _names(mention), _names(other)
    return bool(names) and bool(others) and not names & others


def _names(mention: Mention) -> set[str]:
    """What a mention calls something that was posted: the words in front of "patch" or "series"."""
    phrase = mention.phrase
    if phrase is None or phrase.kind != "work":
        return set()
    return {bare_name(t).casefold() if is_identifier(t) else t.casefold() for t in phrase.modifiers}


def describe_draft(reader: Reader, draft: Draft, drafts: Sequence[Draft]) -> dict[str, float]:
    """What speaks for a draft being an option that the discussion weighs."""
    pages = [reader.page(m) for m in draft.mentions]
    first = pages[0]
    sure = [m.probability for m in draft.mentions]
    posted = first.patch and not first.subject.reply
    at = drafts.index(draft)
    return {
        "surest": max(sure),
        "first": sure[0],
        "sum": min(sum(sure), 4.0) / 4,
        "mentions": min(len(sure), 6) / 6,
        "alone": float(len(sure) == 1),
        "pages": min(len({p.id for p in pages}), 5) / 5,
        "authors": min(len({p.author for p in pages}), 4) / 4,
        "posted": float(posted),
        "part": float(posted and first.subject.part > 0),
        "cover": float(posted and first.subject.parts > 0 and first.subject.part == 0),
        "opening": float(first.order == 0),
        "first option": float(at == 0),
        "order": min(at, 20) / 20,
        "many": min(len(drafts), 30) / 30,
        "suggested": float(draft.first.suggests),
        "owner": float(draft.first.phrase is not None and bool(draft.first.phrase.owner)),
        "answered": float(reader.quoted(draft.first) is not None),
    }


def find_options(reader: Reader, candidates: Candidates, weights: Weights) -> tuple[Option, ...]:
    """The options of a discussion, in the order in which they were put forward."""
    mentions = find_mentions(reader.layout, candidates, weights.threshold("mention"))
    drafts = gather(reader, mentions, weights)
    model = weights.pairs.get("option")
    if model is None:
        sure = [max(m.probability for m in d.mentions) for d in drafts]
    else:
        sure = list(model.judge(table_of([describe_draft(reader, d, drafts) for d in drafts], model.names)))
    return tuple(
        Option(tuple(d.mentions), d.direction, float(p))
        for d, p in zip(drafts, sure, strict=True)
        if p >= weights.threshold("option") or (_is_posted(reader.page(d.first)) and len(drafts) < 3)
    )


def _is_posted(page: Page) -> bool:
    return page.patch and not page.subject.reply
