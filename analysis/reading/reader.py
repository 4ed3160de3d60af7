"""The reader: a discussion goes in, what was said in it comes out, every finding with its words in place.

Stages, each in a module of its own: pages (paragraphs, sentences) → candidates → options with their
restatements → claims → target and stance together → fates → outcomes; beside them call paths, symptoms and
decisions. Pure: the same discussion gives the same findings.

Mail that survives only as a quote is read like any other where it is most of the discussion (one late mail
read back); elsewhere it is context only. A quoted block is never credited to the one who quotes it.
"""

import hashlib
from collections.abc import Sequence

from analysis.reading.anchors import anchor
from analysis.reading.candidates import Candidates, judge_sentences
from analysis.reading.claims import find_claims
from analysis.reading.criteria import criterion_of
from analysis.reading.decisions import Ruling, find_decision
from analysis.reading.fates import link_answers, settle_fates
from analysis.reading.models import Weights, shipped_digest, shipped_weights
from analysis.reading.options import Option, find_options
from analysis.reading.outcomes import settle_outcomes
from analysis.reading.pages import Layout, lay_out
from analysis.reading.paths import find_paths
from analysis.reading.restatements import Reader
from analysis.reading.stances import Reading, read_claims
from analysis.reading.symptoms import find_symptoms
from analysis.reading.titles import kind_of, title_of
from archive.findings import Anchor, Argument, Decision, Findings, Proposal, Stance, Target
from archive.identity import finding_id
from archive.mail import Discussion

RULES = "1"
READER_VERSION = f"{RULES}+{shipped_digest()}"
MOST_TARGETS = 5


def read(discussion: Discussion, weights: Weights | None = None) -> Findings:
    """All that is found in a discussion; `weights` stand in for those in the package."""
    learnt = shipped_weights() if weights is None else weights
    layout = lay_out(discussion)
    candidates = judge_sentences(layout, learnt)
    reader = Reader(layout)
    options = [o for o in find_options(reader, candidates, learnt) if _anchors(reader, o)]
    proposals = [_proposal(reader, o) for o in options]
    readings = read_claims(reader, find_claims(layout, candidates, learnt), options, learnt)
    arguments = _arguments(layout, candidates, readings, proposals, learnt)
    ruling = find_decision(reader, options)
    adopted = ruling.option if ruling is not None and ruling.adopts else None
    known = {p.id: p for p in proposals}
    return Findings(
        discussion.id,
        READER_VERSION if weights is None else f"{RULES}+{learnt.version}",
        digest_of(discussion),
        find_symptoms(layout, candidates, learnt),
        settle_outcomes(reader, options, proposals, adopted),
        settle_fates(layout, link_answers(layout, arguments), known),
        tuple(path for page in layout.pages for path in find_paths(page)),
        _decisions(layout, proposals, ruling),
    )


def digest_of(discussion: Discussion) -> str:
    """Sixteen digits that change when anything that reading depends on does."""
    total = hashlib.sha256()
    for message in discussion.messages:
        facts = (
            message.message_id,
            str(message.author),
            message.subject,
            message.text,
            message.parent,
            message.blocks,
        )
        total.update(repr(facts).encode("utf-8", "surrogateescape"))
    return total.hexdigest()[:16]


def _anchors(reader: Reader, option: Option) -> tuple[Anchor, ...]:
    """The places of an option: every sentence that names it, and the phrase in it that does."""
    found: dict[tuple[str, int, int], Anchor] = {}
    for mention in option.mentions:
        page = reader.page(mention)
        spans = [(mention.start, mention.end)]
        sentence = page.sentences[mention.sentence]
        if mention.phrase is not None:
            spans.append((sentence.start + mention.phrase.start, sentence.start + mention.phrase.end))
        for start, end in spans:
            place = anchor(page.message, start, end)
            if place is not None:
                found.setdefault((place.message_id, place.start, place.end), place)
    return tuple(found.values())


def _proposal(reader: Reader, option: Option) -> Proposal:
    places = _anchors(reader, option)
    title = title_of(reader, option)
    first = places[0]
    return Proposal(
        finding_id("p", first.message_id, first.start, first.end),
        title,
        kind_of(reader, option, title),
        reader.page(option.first).author,
        places,
        why=f"{len(option.mentions)} places, {option.confidence:.2f}",
    )


def _arguments(
    layout: Layout,
    candidates: Candidates,
    readings: Sequence[Reading],
    proposals: Sequence[Proposal],
    weights: Weights,
) -> tuple[Argument, ...]:
    found = []
    for reading in readings:
        claim = reading.claim
        page = layout.pages[claim.page]
        place = anchor(page.message, claim.start, claim.end)
        if place is None:
            continue
        best = reading.best
        against = claim.against if best < 0 else reading.against[best]
        order = sorted(range(len(proposals)), key=lambda i: (i != best, -reading.shares[i], i))
        found.append(
            Argument(
                id=finding_id("a", page.id, place.start, place.end),
                proposal=proposals[best].id if best >= 0 else None,
                stance=Stance.AGAINST if against >= 0.5 else Stance.FOR,
                author=page.author,
                anchor=place,
                confidence=round(reading.confidence, 4),
                shown=best >= 0 and reading.confidence >= weights.threshold("shown"),
                targets=tuple(
                    Target(proposals[i].id, round(reading.shares[i], 4)) for i in order[:MOST_TARGETS]
                ),
                criterion=criterion_of(page, claim, candidates),
                why=f"argues {claim.probability:.2f}, against {against:.2f}",
            )
        )
    return tuple(found)


def _decisions(layout: Layout, proposals: Sequence[Proposal], ruling: Ruling | None) -> tuple[Decision, ...]:
    if ruling is None:
        return ()
    claim = ruling.claim
    place = anchor(layout.pages[claim.page].message, claim.start, claim.end)
    return (Decision(proposals[ruling.option].id, place, ruling.why),) if place else ()
