"""Whether a mention names an option again: what speaks for it, as named numbers.

Words alone link badly, since everything in a discussion is about the same few functions. What is quoted
just above, whose patch "your patch" can be, versions of one subject and nearness carry as much.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field

from analysis.reading.likeness import Likeness, Vector, cosine, terms
from analysis.reading.mentions import Mention
from analysis.reading.offers import Offer, is_cover
from analysis.reading.pages import Layout, Page
from analysis.reading.paragraphs import Quoted
from analysis.reading.tokens import is_identifier


@dataclass
class Draft:
    """An option while its mentions are being gathered.

    `posted` says that a change was posted for it, `put` how sure it was that its first mention opens an
    option, `joins` how sure each offer was that joined it.
    """

    mentions: list[Mention] = field(default_factory=list)
    posted: bool = False
    put: float = 1.0
    joins: list[float] = field(default_factory=list)
    vectors: list[Vector] = field(default_factory=list)
    terms: set[str] = field(default_factory=set)
    names: set[str] = field(default_factory=set)
    direction: Vector = field(default_factory=dict)

    def add(self, reader: "Reader", offer: Offer) -> None:
        """Take the mentions of an offer in."""
        for mention in offer.mentions:
            self.mentions.append(mention)
            self.vectors.append(reader.vector(mention))
            self.terms.update(self.vectors[-1])
            self.names.update(t for t in mention.words if is_identifier(t))
        self.direction = Likeness.mix(self.vectors)
        self.posted = self.posted or offer.posted

    @property
    def first(self) -> Mention:
        """Where it was put first."""
        return self.mentions[0]


class Reader:
    """What is needed to compare mentions of one discussion."""

    def __init__(self, layout: Layout) -> None:
        self.layout = layout
        self.likeness = Likeness(layout)
        self._places = {p.order: p for p in layout.pages}
        self._vectors: dict[Mention, Vector] = {}
        self._titles: dict[str, Vector] = {}
        self.covers = frozenset(p.id for p in layout.pages if is_cover(layout, p))

    def page(self, mention: Mention) -> Page:
        """The page that a mention stands on."""
        return self._places[mention.page]

    def quoted(self, mention: Mention) -> Quoted | None:
        """The quote above a mention."""
        page = self.page(mention)
        return page.paragraphs[page.sentences[mention.sentence].paragraph].quoted

    def title(self, page: Page) -> Vector:
        """The words of a page's subject, as a vector."""
        known = self._titles.get(page.id)
        if known is None:
            known = self._titles[page.id] = self.likeness.vector(page.subject.title.split())
        return known

    def vector(self, mention: Mention) -> Vector:
        """The words of a mention, as a vector; a patch adds those of its subject."""
        known = self._vectors.get(mention)
        if known is None:
            known = self.likeness.vector(mention.words)
            page = self.page(mention)
            if page.patch and not page.subject.reply and mention.sentence < 6:
                known = self.likeness.mix([known, self.title(page)])
            self._vectors[mention] = known
        return known


def covers(quoted: Quoted | None, mention: Mention, page: Page) -> bool:
    """Whether a quote repeats the words of a mention."""
    if quoted is None or quoted.message_id != page.id or quoted.start is None or quoted.end is None:
        return False
    return quoted.start < mention.end and mention.start < quoted.end


def same_work(a: Page, b: Page) -> bool:
    """Whether two patches are versions of one: their subjects agree but for the version."""
    return bool(a.subject.title) and a.subject.title.casefold() == b.subject.title.casefold()


def _owner(reader: Reader, mention: Mention, page: Page, draft: Draft) -> dict[str, float]:
    first = reader.page(draft.first)
    parent = reader.layout.parent(page)
    quoted = reader.quoted(mention)
    spoken_to = quoted.author if quoted and quoted.author else parent.author if parent else ""
    owner = mention.phrase.owner.casefold() if mention.phrase else ""
    return {
        "own": float(first.author == page.author),
        "addressee's": float(first.author == spoken_to),
        "your, theirs": float(owner == "your" and first.author == spoken_to),
        "your, not theirs": float(owner == "your" and first.author != spoken_to),
        "my, mine": float(owner in ("my", "our") and first.author == page.author),
        "my, not mine": float(owner in ("my", "our") and first.author != page.author),
        "named, theirs": float(len(owner) > 2 and owner in first.author.casefold()),
    }


def describe_link(reader: Reader, offer: Offer, draft: Draft, drafts: Sequence[Draft]) -> dict[str, float]:
    """What speaks for and against `offer` naming `draft` again, as numbers between 0 and about 2."""
    mention = offer.strongest
    page, first = reader.page(mention), reader.page(draft.first)
    vector = reader.vector(mention)
    likes = [cosine(vector, v) for v in draft.vectors]
    last = draft.mentions[-1]
    newest = max(d.mentions[-1].page for d in drafts)
    names = {t for t in mention.words if is_identifier(t)}
    shared = max((len(names & set(m.words)) for m in draft.mentions), default=0)
    quoted = reader.quoted(mention)
    pointing = mention.phrase is not None and mention.phrase.bare
    near = [abs(m.sentence - mention.sentence) for m in draft.mentions if m.page == mention.page]
    paragraph = page.sentences[mention.sentence].paragraph
    together = any(
        m.page == mention.page and page.sentences[m.sentence].paragraph == paragraph for m in draft.mentions
    )
    same_sentence = any(m.page == mention.page and m.sentence == mention.sentence for m in draft.mentions)
    named = (
        set(terms(mention.phrase.modifiers)) if mention.phrase and mention.phrase.kind == "work" else set()
    )
    answered = [m for m in draft.mentions if covers(quoted, m, reader.page(m))]
    parent = page.message.parent
    places = {reader.page(m).id for m in draft.mentions}
    patch = first.patch and not first.subject.reply
    versions = any(same_work(page, reader.page(m)) for m in draft.mentions if reader.page(m).patch)
    posts = page.patch and not page.subject.reply
    return {
        "likest": max(likes),
        "like all": cosine(vector, draft.direction),
        "likeness squared": max(likes) ** 2,
        "shared names": min(shared, 3) / 3,
        "other names": float(bool(names) and bool(draft.names) and not names & draft.names),
        "named, known": float(bool(named & draft.terms)),
        "named, unknown": float(bool(named) and not named & draft.terms),
        "split": float(mention.split),
        "split, other names": float(mention.split and bool(names) and not names & draft.names),
        "same sentence": float(same_sentence),
        "same paragraph": float(together),
        "same page": float(bool(near)),
        "near": 1 / (1 + min(near)) if near else 0.0,
        "pages ago": min(1.0, (mention.page - last.page) / 20),
        "newest": float(last.page == newest),
        "quote repeats it": float(bool(answered)),
        "quoted message": float(quoted is not None and quoted.message_id in places),
        "parent": float(parent in places),
        "patch": float(patch),
        "pointing": float(pointing),
        "pointing, newest": float(pointing and last.page == newest),
        "pointing, quoted": float(pointing and bool(answered)),
        "pointing, patch": float(pointing and patch),
        "work, patch": float(mention.phrase is not None and mention.phrase.kind == "work" and patch),
        "work, no patch": float(mention.phrase is not None and mention.phrase.kind == "work" and not patch),
        "version": float(posts and versions),
        "another patch": float(posts and patch and not versions and first.id != page.id),
        "suggests": float(mention.suggests),
        "size": min(len(draft.mentions), 10) / 10,
        "first of all": float(draft is drafts[0]),
        "probability": mention.probability,
        "only one": float(len(drafts) == 1),
        "paragraph, suggests": float(together and mention.suggests),
        **_owner(reader, mention, page, draft),
        **(_change if offer.posted else _beside_change)(reader, offer, page, draft),
    }  # fmt: skip


def _change(reader: Reader, offer: Offer, page: Page, draft: Draft) -> dict[str, float]:
    """What tells whether a change that is posted is the draft."""
    first = reader.page(draft.first)
    below_cover = first.id in reader.covers and page.message.parent == first.id
    titles = max(cosine(reader.title(page), v) for v in draft.vectors)
    return {
        "likest of all": max(cosine(reader.vector(m), v) for m in offer.mentions for v in draft.vectors),
        "title": titles,
        "below cover": float(below_cover),
        "below cover, title": titles * below_cover,
        "change": float(draft.posted),
        "change answered": float(draft.posted and first.id == page.message.parent),
        "in a reply": float(page.subject.reply),
    }


def _beside_change(reader: Reader, offer: Offer, page: Page, draft: Draft) -> dict[str, float]:
    """What tells whether a mention is of a draft that was posted as a change."""
    first = reader.page(draft.first)
    mention = offer.strongest
    quoted = reader.quoted(mention)
    covered = draft.posted and first.message.parent == page.id and first.subject.part > 0
    return {
        "change": float(draft.posted),
        "change here": float(draft.posted and first.id == page.id),
        "change answered": float(draft.posted and first.id == page.message.parent),
        "change quoted": float(draft.posted and quoted is not None and quoted.message_id == first.id),
        "covered": float(covered),
        "covered, likest": covered * max(cosine(reader.vector(mention), v) for v in draft.vectors),
        "on cover": float(page.id in reader.covers),
    }
