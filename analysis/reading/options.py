"""Options: mentions gathered into what the discussion weighs, each once, with all the places that name it."""

from collections.abc import Sequence
from dataclasses import dataclass

from analysis.reading.candidates import Candidates
from analysis.reading.likeness import Vector
from analysis.reading.mentions import Mention
from analysis.reading.models import PairModel, Weights, table_of
from analysis.reading.offers import Offer, find_offers
from analysis.reading.openings import Openings, log_odds
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


def rate_links(reader: Reader, model: PairModel | None, offer: Offer, drafts: Sequence[Draft]) -> list[float]:
    """How likely an offer is of each draft."""
    rows = [describe_link(reader, offer, d, drafts) for d in drafts]
    if model is None:
        return [max(r["likest"], r["version"], r["pointing, newest"]) for r in rows]
    return [float(p) for p in model.judge(table_of(rows, model.names))]


def gather(reader: Reader, candidates: Candidates, offers: Sequence[Offer], weights: Weights) -> list[Draft]:
    """Each offer joins the option that it most likely names, opens one, or is dropped as neither.

    A posted change is never dropped: what was posted is an option.
    """
    drafts: list[Draft] = []
    openings = Openings(reader, candidates)
    opens = weights.pairs.get("open")
    for offer in offers:
        mention = offer.strongest
        open_to = [d for d in drafts if offer.posted or not _excludes(reader, d, mention)]
        links = rate_links(reader, weights.pairs.get("post" if offer.posted else "link"), offer, open_to)
        best = max(range(len(links)), key=lambda i: (links[i], -i), default=-1)
        least = weights.threshold("post" if offer.posted else "link")
        joins = best >= 0 and links[best] >= least
        put = 1.0
        if not offer.posted and opens is not None:
            row = openings.describe(offer, links, open_to)
            put = float(opens.judge(table_of([row], opens.names))[0])
            joins = joins and (links[best] >= put or put < weights.threshold("open"))
            if not joins and put < weights.threshold("open"):
                continue
        if joins:
            draft = open_to[best]
            draft.joins.append(links[best])
        else:
            draft = Draft(put=put)
            drafts.append(draft)
        draft.add(reader, offer)
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
    change = float(draft.posted)
    sure_to_open = 0.0 if draft.posted else draft.put
    return {
        "change": change,
        "change in reply": change * first.subject.reply,
        "change, part": change * (first.subject.part > 0),
        "change, parts": change * min(first.subject.parts, 20) / 20,
        "change, surest": change * max(sure),
        "change, mentions": change * min(len(sure), 6) / 6,
        "changes": change * sum(d.posted for d in drafts) / 10,
        "beside change": (1 - change) * first.patch,
        "opens": sure_to_open,
        "opens, odds": log_odds(sure_to_open) * (1 - change),
        "joins": sum(draft.joins),
        "surest join": max(draft.joins, default=0.0),
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
    offers = find_offers(reader.layout, candidates, weights.threshold("mention"))
    drafts = gather(reader, candidates, offers, weights)
    model = weights.pairs.get("option")
    if model is None:
        sure = [max(m.probability for m in d.mentions) for d in drafts]
    else:
        sure = list(model.judge(table_of([describe_draft(reader, d, drafts) for d in drafts], model.names)))
    options = [
        Option(tuple(sorted(d.mentions, key=_place)), d.direction, float(p))
        for d, p in zip(drafts, sure, strict=True)
        if p >= weights.threshold("option") or (_is_posted(reader.page(d.first)) and len(drafts) < 3)
    ]
    return tuple(sorted(options, key=lambda o: _place(o.first)))


def _place(mention: Mention) -> tuple[int, int]:
    return mention.page, mention.start


def _is_posted(page: Page) -> bool:
    return page.patch and not page.subject.reply
