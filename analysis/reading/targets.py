"""Which option a claim speaks of: what speaks for each, as named numbers."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from analysis.reading.claims import Claim
from analysis.reading.likeness import cosine
from analysis.reading.options import Option
from analysis.reading.pages import Page
from analysis.reading.paragraphs import Quoted
from analysis.reading.phrases import find_phrases
from analysis.reading.restatements import Reader, covers
from analysis.reading.tokens import is_identifier


@dataclass(frozen=True)
class Setting:
    """A claim with what stands around it, worked out once for all options."""

    claim: Claim
    page: Page
    quoted: Quoted | None
    spoken_to: str
    ancestors: tuple[str, ...]


def set_up(reader: Reader, claim: Claim, page: Page) -> Setting:
    """The surroundings of a claim."""
    quoted = page.paragraphs[page.sentences[claim.first].paragraph].quoted
    parent = reader.layout.parent(page)
    spoken_to = quoted.author if quoted and quoted.author else parent.author if parent else ""
    ancestors: list[str] = []
    while parent is not None and parent.id not in ancestors and len(ancestors) < 64:
        ancestors.append(parent.id)
        parent = reader.layout.parent(parent)
    return Setting(claim, page, quoted, spoken_to, tuple(ancestors))


def _ranks(values: Sequence[float]) -> list[int]:
    order = sorted(range(len(values)), key=lambda i: (-values[i], i))
    ranks = [0] * len(values)
    for rank, i in enumerate(order):
        ranks[i] = rank
    return ranks


def describe_targets(reader: Reader, setting: Setting, options: Sequence[Option]) -> list[dict[str, float]]:
    """For every option the numbers that speak for it being what the claim is about."""
    claim, page = setting.claim, setting.page
    sentences = page.sentences[claim.first : claim.last + 1]
    tokens = [t for s in sentences for t in s.tokens]
    around = page.sentences[max(0, claim.first - 2) : claim.last + 2]
    words = reader.likeness.vector(tokens)
    context = reader.likeness.vector([t for s in around for t in s.tokens])
    answered = reader.likeness.vector(setting.quoted.text.split()) if setting.quoted else {}
    names = {t for t in tokens if is_identifier(t)}
    phrases = [p for s in sentences for p in find_phrases(s)]
    likes = [cosine(words, o.vector) for o in options]
    wider = [cosine(context, o.vector) for o in options]
    before = [_last_before(o, claim) for o in options]
    recency, likest = _ranks(before), _ranks([a + 0.5 * b for a, b in zip(likes, wider, strict=True)])
    posted = [i for i, o in enumerate(options) if _posted(reader, o)]
    nearest = _nearest_patch(reader, setting, options)
    rows = []
    for i, option in enumerate(options):
        first = reader.page(option.first)
        here = [m for m in option.mentions if m.page == page.order]
        distances = [
            m.sentence - claim.last if m.sentence > claim.last else claim.first - m.sentence for m in here
        ]
        ahead = [d for d, m in zip(distances, here, strict=True) if m.sentence > claim.last]
        behind = [max(0, d) for d, m in zip(distances, here, strict=True) if m.sentence <= claim.last]
        quoted_here = any(covers(setting.quoted, m, reader.page(m)) for m in option.mentions)
        places = {reader.page(m).id for m in option.mentions}
        owners = [p.owner.casefold() for p in phrases]
        rows.append({
            "likest": max((cosine(words, reader.vector(m)) for m in option.mentions), default=0.0),
            "like": likes[i],
            "like around": wider[i],
            "like quote": cosine(answered, option.vector),
            "first by likeness": float(likest[i] == 0 and likes[i] + wider[i] > 0),
            "second by likeness": float(likest[i] == 1),
            "shared names": min(len(names & {t for m in option.mentions for t in m.words}), 3) / 3,
            "inside": float(0 in behind),
            "just before": float(1 in behind),
            "behind": 1 / (1 + min(behind)) if behind else 0.0,
            "ahead": 1 / (1 + min(ahead)) if ahead else 0.0,
            "here": float(bool(here)),
            "same paragraph": float(any(
                page.sentences[m.sentence].paragraph == page.sentences[claim.first].paragraph for m in here
            )),
            "newest": float(recency[i] == 0),
            "second newest": float(recency[i] == 1),
            "rank by age": min(recency[i], 10) / 10,
            "later": float(option.first.page > page.order or before[i] < 0),
            "quoted": float(quoted_here),
            "quoted message": float(setting.quoted is not None and setting.quoted.message_id in places),
            "parent": float(bool(setting.ancestors) and setting.ancestors[0] in places),
            "grandparent": float(len(setting.ancestors) > 1 and setting.ancestors[1] in places),
            "ancestors": sum(a in places for a in setting.ancestors[:6]) / 6,
            "own": float(first.author == page.author),
            "addressee's": float(bool(setting.spoken_to) and first.author == setting.spoken_to),
            "your, theirs": float("your" in owners and first.author == setting.spoken_to),
            "my, mine": float("my" in owners and first.author == page.author),
            "named, theirs": float(any(len(o) > 2 and o in first.author.casefold() for o in owners)),
            "posted": float(i in posted),
            "posted here": float(i in posted and first.id == page.id),
            "nearest patch": float(i == nearest),
            "work, nearest patch": float(i == nearest and any(p.kind == "work" for p in phrases)),
            "pointing, newest": float(recency[i] == 0 and any(p.bare for p in phrases)),
            "only one": float(len(options) == 1),
            "one of few": float(len(options) <= 3),
            "confidence": option.confidence,
            "share": len(option.mentions) / sum(len(o.mentions) for o in options),
            "first": float(i == 0),
            "first, opening": float(i == 0 and page.order == 0),
        })  # fmt: skip
    return rows


def _posted(reader: Reader, option: Option) -> bool:
    return any(p.patch and not p.subject.reply for p in map(reader.page, option.mentions))


def _last_before(option: Option, claim: Claim) -> float:
    """Where the option was last named up to the claim, as one number; -1 where it wasn't yet."""
    places = [
        (m.page, m.sentence) for m in option.mentions if (m.page, m.sentence) <= (claim.page, claim.last)
    ]
    return max((p + s / 10000 for p, s in places), default=-1.0)


def _nearest_patch(reader: Reader, setting: Setting, options: Sequence[Option]) -> int:
    """The option that the nearest posted patch above this message put forward, or -1."""
    places: Mapping[str, int] = {
        reader.page(m).id: i
        for i, o in enumerate(options)
        for m in o.mentions
        if reader.page(m).patch and not reader.page(m).subject.reply
    }
    return next((places[a] for a in (setting.page.id, *setting.ancestors) if a in places), -1)
