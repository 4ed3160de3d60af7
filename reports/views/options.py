"""The options that a discussion weighs: the table, and for each one what was said and what the model says."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from archive.findings import Argument, Fate, Proposal, Reader, Stance, Tie
from reports.anchors import finding_anchor
from reports.concordance import Concordance, OptionRef, Quote
from reports.text import one_line
from reports.views.verdicts import Chip, ModelView, chips_of, model_of

_FATE = {
    Fate.ANSWERED: "answered",
    Fate.CONCEDED: "conceded",
    Fate.UNANSWERED: "unanswered",
    Fate.NONE: "",
}
_READER = {
    Reader.EMBEDDED: "found by the embedded reader",
    Reader.MODEL: "found by a language model",
    Reader.PERSON: "added by a person",
}


@dataclass(frozen=True, slots=True)
class ArgumentRef:
    """Another argument, named by who made it and its first words."""

    author: str
    words: str
    href: str


@dataclass(frozen=True, slots=True)
class ArgumentView:
    """One argument in its own words; `others` are options that it may speak of instead, with confidence."""

    anchor: str
    quote: Quote
    stance: str
    criterion: str
    fate: str
    answers: ArgumentRef | None
    answered_by: tuple[ArgumentRef, ...]
    confidence: str
    reader: str
    others: tuple[tuple[OptionRef, str], ...]
    why: str


@dataclass(frozen=True, slots=True)
class TieView:
    """Why an option is taken for one of a scenario; `told_at` is another that told its verdicts before."""

    model: ModelView
    confidence: str
    origin: str
    reason: str
    evidence: tuple[tuple[str, str], ...]
    told_at: OptionRef | None


@dataclass(frozen=True, slots=True)
class OptionView:
    """One option: a row of the table and a section of the page. Counts are of arguments that are shown."""

    anchor: str
    ref: OptionRef
    author: str
    kind: str
    outcome: str
    why: str
    mentions: tuple[Quote, ...]
    pros: tuple[ArgumentView, ...]
    cons: tuple[ArgumentView, ...]
    candidates: tuple[ArgumentView, ...]
    unanswered: int
    chips: tuple[Chip, ...]
    ties: tuple[TieView, ...]


@dataclass(frozen=True, slots=True)
class LooseArguments:
    """Arguments that no option of the record is the target of."""

    shown: tuple[ArgumentView, ...]
    candidates: tuple[ArgumentView, ...]


def options_of(concordance: Concordance) -> tuple[OptionView, ...]:
    """The options in the order of the findings, each with its arguments in the order of the mail."""
    grouped = _by_option(concordance)
    answers = _answers(concordance)
    told: dict[tuple[str, str], OptionRef] = {}
    return tuple(
        _option(proposal, grouped.get(proposal.id, []), answers, told, concordance)
        for proposal in concordance.proposals.values()
    )


def loose_arguments_of(concordance: Concordance) -> LooseArguments:
    """The arguments without an option, or with one that the record doesn't have."""
    loose = _by_option(concordance).get(None, [])
    answers = _answers(concordance)
    views = [(a.shown, _argument(a, answers, concordance)) for a in loose]
    return LooseArguments(
        shown=tuple(v for shown, v in views if shown), candidates=tuple(v for shown, v in views if not shown)
    )


def _by_option(concordance: Concordance) -> Mapping[str | None, list[Argument]]:
    grouped: dict[str | None, list[Argument]] = defaultdict(list)
    for argument in sorted(
        concordance.arguments.values(), key=lambda a: (*concordance.place(a.anchor), a.id)
    ):
        grouped[argument.proposal if concordance.option(argument.proposal) else None].append(argument)
    return grouped


def _answers(concordance: Concordance) -> Mapping[str, list[Argument]]:
    """The arguments that answer a given one."""
    answers: dict[str, list[Argument]] = defaultdict(list)
    for argument in sorted(
        concordance.arguments.values(), key=lambda a: (*concordance.place(a.anchor), a.id)
    ):
        if argument.answers in concordance.arguments and argument.answers != argument.id:
            answers[argument.answers or ""].append(argument)
    return answers


def _option(
    proposal: Proposal,
    arguments: Sequence[Argument],
    answers: Mapping[str, list[Argument]],
    told: dict[tuple[str, str], OptionRef],
    concordance: Concordance,
) -> OptionView:
    ref = concordance.option(proposal.id)
    assert ref is not None  # noqa: S101  (numbered from the same mapping)
    views = [(a, _argument(a, answers, concordance)) for a in arguments]
    ties = [tie for tie in concordance.record.ties if tie.proposal == proposal.id]
    return OptionView(
        anchor=finding_anchor(proposal.id),
        ref=ref,
        author=proposal.author or "unknown",
        kind=str(proposal.kind),
        outcome=str(proposal.outcome),
        why=proposal.why,
        mentions=tuple(
            concordance.quote(mention, proposal.id, number, proposal.author)
            for number, mention in enumerate(proposal.mentions)
        ),
        pros=tuple(v for a, v in views if a.shown and a.stance is Stance.FOR),
        cons=tuple(v for a, v in views if a.shown and a.stance is Stance.AGAINST),
        candidates=tuple(v for a, v in views if not a.shown),
        unanswered=sum(
            a.shown and a.stance is Stance.AGAINST and a.fate is Fate.UNANSWERED for a in arguments
        ),
        chips=chips_of(concordance.record, ties),
        ties=tuple(_tie(tie, ref, told, concordance) for tie in _best_of_each(ties)),
    )


def _best_of_each(ties: Iterable[Tie]) -> list[Tie]:
    """One tie for each option of a scenario, the surest first."""
    kept: dict[tuple[str, str], Tie] = {}
    for tie in sorted(ties, key=lambda t: -t.confidence):
        kept.setdefault((tie.scenario, tie.option), tie)
    return list(kept.values())


def _tie(
    tie: Tie, ref: OptionRef, told: dict[tuple[str, str], OptionRef], concordance: Concordance
) -> TieView:
    """A tie; the verdicts are told at the first option that has them, so that no id stands twice."""
    pair = (tie.scenario, tie.option)
    told_at = told.get(pair)
    told.setdefault(pair, ref)
    return TieView(
        model=model_of(concordance.record, tie.scenario, tie.option),
        confidence=_confidence(tie.confidence),
        origin=tie.origin,
        reason=tie.reason,
        evidence=tuple(_evidence(tie.why, concordance)),
        told_at=told_at,
    )


def _evidence(findings: Iterable[str], concordance: Concordance) -> Iterable[tuple[str, str]]:
    for finding in dict.fromkeys(findings):
        href = "#" + finding_anchor(finding)
        if finding in concordance.arguments:
            yield one_line(concordance.arguments[finding].anchor.quote, 60), href
        elif finding in concordance.proposals:
            yield concordance.proposals[finding].title, href
        elif finding in concordance.call_paths:
            yield " → ".join(concordance.call_paths[finding].chain[:4]), href
        elif finding in concordance.symptoms:
            yield one_line(concordance.symptoms[finding].anchor.quote, 60), href


def _argument(
    argument: Argument, answers: Mapping[str, list[Argument]], concordance: Concordance
) -> ArgumentView:
    answered = concordance.arguments.get(argument.answers) if argument.answers is not None else None
    return ArgumentView(
        anchor=finding_anchor(argument.id),
        quote=concordance.quote(argument.anchor, argument.id, author=argument.author),
        stance=str(argument.stance),
        criterion="" if argument.criterion == "other" else argument.criterion,
        fate=_FATE[argument.fate],
        answers=_ref(answered, concordance) if answered is not None and answered is not argument else None,
        answered_by=tuple(_ref(a, concordance) for a in answers.get(argument.id, ())),
        confidence=_confidence(argument.confidence),
        reader=_READER[argument.reader],
        others=tuple(_others(argument, concordance)),
        why=argument.why,
    )


def _others(argument: Argument, concordance: Concordance) -> Iterable[tuple[OptionRef, str]]:
    for target in argument.targets:
        option = concordance.option(target.proposal)
        if option is not None and target.proposal != argument.proposal:
            yield option, _confidence(target.confidence)


def _ref(argument: Argument, concordance: Concordance) -> ArgumentRef:
    author = concordance.cite(argument.anchor, argument.id, author=argument.author).author
    return ArgumentRef(author, one_line(argument.anchor.quote, 56), "#" + finding_anchor(argument.id))


def _confidence(value: float) -> str:
    return f"{value:.2f}"
