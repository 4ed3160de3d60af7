"""Whole pages: one discussion, and the entry that the index has of it."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass

from archive.findings import Outcome, Result
from archive.mail import Message, Origin
from reports import dates
from reports.anchors import finding_anchor, page_name, scenario_anchor
from reports.concordance import Concordance, OptionRef, Quote, decision_id
from reports.record import Record
from reports.views.messages import ThreadView, threads_of
from reports.views.options import LooseArguments, OptionView, loose_arguments_of, options_of
from reports.views.paths import PathGroup, path_groups_of
from reports.views.verdicts import ModelView, model_of, overall, slug

_PEOPLE_SHOWN = 8
_SYMPTOMS_SHOWN = 5


@dataclass(frozen=True, slots=True)
class Participant:
    """A person and how many messages of theirs are here."""

    name: str
    messages: int


@dataclass(frozen=True, slots=True)
class SymptomView:
    """Words that say that something goes wrong today."""

    anchor: str
    quote: Quote
    why: str


@dataclass(frozen=True, slots=True)
class DecisionView:
    """Words that settle one option, which is None where the record doesn't have it."""

    anchor: str
    option: OptionRef | None
    quote: Quote
    why: str


@dataclass(frozen=True, slots=True)
class ScenarioView:
    """What a scenario covers, and the verdicts on options of it that nobody in the mail put forward."""

    anchor: str
    title: str
    summary: str
    sources: tuple[str, ...]
    tied: tuple[tuple[str, OptionRef], ...]
    untied: tuple[ModelView, ...]


@dataclass(frozen=True, slots=True)
class Tally:
    """How many options came to which result, worst first."""

    result: str
    slug: str
    options: int


@dataclass(frozen=True, slots=True)
class IndexEntry:
    """What the index shows of a discussion."""

    page: str
    id: str
    title: str
    span: str
    newest: float
    messages: int
    quoted: int
    threads: int
    options: int
    people: int
    decided: tuple[OptionRef, ...]
    has_decision: bool
    tallies: tuple[Tally, ...]


@dataclass(frozen=True, slots=True)
class DiscussionPage:
    """Everything on the page of one discussion, in the order in which it is shown.

    What `more_...` holds stands folded, so that the options come into sight.
    """

    entry: IndexEntry
    participants: tuple[Participant, ...]
    more_participants: tuple[Participant, ...]
    lists: tuple[str, ...]
    decisions: tuple[DecisionView, ...]
    adopted: tuple[OptionView, ...]
    symptoms: tuple[SymptomView, ...]
    more_symptoms: tuple[SymptomView, ...]
    options: tuple[OptionView, ...]
    loose: LooseArguments
    scenarios: tuple[ScenarioView, ...]
    path_groups: tuple[PathGroup, ...]
    threads: tuple[ThreadView, ...]
    reader_version: str
    digest: str
    scenario_digests: tuple[str, ...]


def page_of(record: Record) -> DiscussionPage:
    """All that the page of a discussion shows."""
    concordance = Concordance(record)
    options = options_of(concordance)
    decisions = _decisions(concordance)
    messages = tuple(concordance.messages.values())
    threads = threads_of(concordance)
    people = _participants(messages)
    symptoms = _symptoms(concordance)
    return DiscussionPage(
        entry=_entry(record, messages, options, decisions, len(threads)),
        participants=people[:_PEOPLE_SHOWN],
        more_participants=people[_PEOPLE_SHOWN:],
        lists=tuple(dict.fromkeys(name for message in messages for name in message.lists)),
        decisions=decisions,
        adopted=tuple(o for o in options if o.outcome == Outcome.ADOPTED) if not decisions else (),
        symptoms=symptoms[:_SYMPTOMS_SHOWN],
        more_symptoms=symptoms[_SYMPTOMS_SHOWN:],
        options=options,
        loose=loose_arguments_of(concordance),
        scenarios=tuple(_scenarios(concordance)),
        path_groups=path_groups_of(concordance),
        threads=threads,
        reader_version=record.findings.reader_version,
        digest=record.findings.digest,
        scenario_digests=tuple(
            dict.fromkeys(f"{v.scenario} {v.digest[:12]}" for v in record.verdicts if v.digest)
        ),
    )


def _entry(
    record: Record,
    messages: tuple[Message, ...],
    options: tuple[OptionView, ...],
    decisions: tuple[DecisionView, ...],
    threads: int,
) -> IndexEntry:
    results = Counter(overall(option.chips) for option in options)
    return IndexEntry(
        page=page_name(record.discussion.id),
        id=record.discussion.id,
        title=record.discussion.title.strip() or "(no subject)",
        span=dates.span(m.date for m in messages),
        newest=max((dates.instant(m.date) for m in messages if m.date), default=float("-inf")),
        messages=len(messages),
        quoted=sum(m.origin is Origin.QUOTED for m in messages),
        threads=threads,
        options=len(options),
        people=len(_participants(messages)),
        decided=tuple(dict.fromkeys(d.option for d in decisions if d.option)),
        has_decision=bool(decisions),
        tallies=tuple(
            Tally(str(result), slug(str(result)), results[str(result)])
            for result in (Result.FAIL, Result.INCONCLUSIVE, Result.PASS, Result.NOT_MODELLED)
            if results[str(result)]
        ),
    )


def _participants(messages: Iterable[Message]) -> tuple[Participant, ...]:
    """People by the name that they write under; those who wrote more come first."""
    counts = Counter(str(message.author) or "unknown" for message in messages)
    return tuple(Participant(name, count) for name, count in counts.most_common())


def _symptoms(concordance: Concordance) -> tuple[SymptomView, ...]:
    ordered = sorted(concordance.symptoms.values(), key=lambda s: (*concordance.place(s.anchor), s.id))
    return tuple(SymptomView(finding_anchor(s.id), concordance.quote(s.anchor, s.id), s.why) for s in ordered)


def _decisions(concordance: Concordance) -> tuple[DecisionView, ...]:
    return tuple(
        DecisionView(
            anchor=finding_anchor(decision_id(position)),
            option=concordance.option(decision.proposal),
            quote=concordance.quote(decision.anchor, decision_id(position)),
            why=decision.why,
        )
        for position, decision in enumerate(concordance.record.findings.decisions)
    )


def _scenarios(concordance: Concordance) -> Iterable[ScenarioView]:
    """The scenarios that a tie or a verdict names, whether or not facts of them are at hand."""
    record = concordance.record
    ties = [t for t in record.ties if concordance.option(t.proposal)]
    pairs = dict.fromkeys((v.scenario, v.option) for v in record.verdicts)
    tied_pairs = {(t.scenario, t.option) for t in ties}
    for name in dict.fromkeys([*(t.scenario for t in ties), *(scenario for scenario, _ in pairs)]):
        facts = record.scenarios.get(name)
        tied = []
        for tie in ties:
            option = concordance.option(tie.proposal)
            if tie.scenario == name and option is not None:
                title = facts.options.get(tie.option, tie.option) if facts else tie.option
                tied.append((title, option))
        yield ScenarioView(
            anchor=scenario_anchor(name),
            title=facts.title if facts else name,
            summary=facts.summary if facts else "",
            sources=facts.sources if facts else (),
            tied=tuple(dict.fromkeys(tied)),
            untied=tuple(
                model_of(record, scenario, option)
                for scenario, option in pairs
                if scenario == name and (scenario, option) not in tied_pairs
            ),
        )
