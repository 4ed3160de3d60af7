"""Amendments applied to findings: what the machine found, as a person corrected it."""

from collections.abc import Iterable, Sequence
from dataclasses import replace

from sqlalchemy import Connection

from archive.amendments import Action, Amendment, AmendmentError, Conflict, load_amendments
from archive.findings import Argument, Fate, Findings, Kind, Proposal, Reader, Stance, Target, Tie
from archive.findingstore import load_findings, load_ties
from archive.identity import finding_id

_BY_HAND = "said by hand"


def load_amended(
    connection: Connection, discussion: str
) -> tuple[Findings | None, tuple[Tie, ...], list[Conflict]]:
    """The findings and ties of a discussion as a person corrected them; None where it was not read yet."""
    found = load_findings(connection, discussion)
    ties = load_ties(connection, discussion)
    made = [one for _, _, one in load_amendments(connection, discussion)]
    if found is None:
        return None, ties, []
    amended, conflicts = amend(found, made)
    there = {p.id for p in amended.proposals}
    return amended, tuple(t for t in amend_ties(ties, made) if t.proposal in there), conflicts


def amend(findings: Findings, made: Iterable[Amendment]) -> tuple[Findings, list[Conflict]]:
    """The findings as a person corrected them, and the amendments that no longer apply."""
    conflicts = []
    for one in made:
        try:
            findings = _STEPS[one.action](findings, one)
        except AmendmentError as error:
            conflicts.append(Conflict(one, str(error)))
    return findings, conflicts


def amend_ties(ties: Sequence[Tie], made: Iterable[Amendment]) -> tuple[Tie, ...]:
    """The ties as a person corrected them; a proposal has one tie a scenario."""
    kept = list(ties)
    for one in made:
        scenario, _, option = one.object.partition("/")
        match one.action:
            case Action.TIE | Action.UNTIE:
                kept = [t for t in kept if (t.proposal, t.scenario) != (one.subject, scenario)]
                if one.action is Action.TIE:
                    kept.append(Tie(one.subject, scenario, option, 1.0, "amended", (one.subject,), _BY_HAND))
            case Action.MERGE:
                kept = [replace(t, proposal=one.object) if t.proposal == one.subject else t for t in kept]
            case Action.DISMISS:
                kept = [t for t in kept if t.proposal != one.subject]
    return tuple({(t.proposal, t.scenario, t.option): t for t in kept}.values())


def _dismiss(found: Findings, one: Amendment) -> Findings:
    smaller = replace(
        found,
        symptoms=tuple(s for s in found.symptoms if s.id != one.subject),
        proposals=tuple(p for p in found.proposals if p.id != one.subject),
        arguments=tuple(a for a in found.arguments if a.id != one.subject),
        call_paths=tuple(c for c in found.call_paths if c.id != one.subject),
    )
    if smaller == found:
        raise AmendmentError(f"{one.subject} is not found any more")
    return _without(smaller, one.subject)


def _confirm(found: Findings, one: Amendment) -> Findings:
    argument = _argument(found, one.subject)
    sure = replace(
        argument,
        shown=True,
        confidence=1.0,
        reader=Reader.PERSON,
        stance=Stance(one.stance) if one.stance else argument.stance,
    )
    return _swap(found, sure)


def _retarget(found: Findings, one: Amendment) -> Findings:
    argument = _argument(found, one.subject)
    _proposal(found, one.object)
    others = tuple(t for t in argument.targets if t.proposal != one.object)
    aimed = replace(argument, proposal=one.object, targets=(Target(one.object, 1.0), *others))
    return _confirm(_swap(found, aimed), one)


def _merge(found: Findings, one: Amendment) -> Findings:
    gone, kept = _proposal(found, one.subject), _proposal(found, one.object)
    if gone.id == kept.id:
        raise AmendmentError(f"{gone.id} can't be merged into itself")
    whole = replace(kept, mentions=tuple(dict.fromkeys(kept.mentions + gone.mentions)))
    proposals = tuple(whole if p.id == kept.id else p for p in found.proposals if p.id != gone.id)
    arguments = tuple(_renamed(a, gone.id, kept.id) for a in found.arguments)
    decisions = tuple(replace(d, proposal=kept.id) if d.proposal == gone.id else d for d in found.decisions)
    return replace(found, proposals=proposals, arguments=arguments, decisions=decisions)


def _split(found: Findings, one: Amendment) -> Findings:
    whole = _proposal(found, one.subject)
    if one.anchor not in whole.mentions or len(whole.mentions) < 2:
        raise AmendmentError(f"{whole.id} doesn't have the words to be split off, or has no others")
    rest = replace(whole, mentions=tuple(m for m in whole.mentions if m != one.anchor))
    proposals = tuple(rest if p.id == whole.id else p for p in found.proposals)
    return _propose(replace(found, proposals=proposals), replace(one, author=whole.author))


def _argue(found: Findings, one: Amendment) -> Findings:
    _proposal(found, one.object)
    stance = Stance(one.stance)
    made = Argument(
        id=finding_id("a", one.message_id, one.start, one.end),
        proposal=one.object,
        stance=stance,
        author=one.author,
        anchor=one.anchor,
        confidence=1.0,
        shown=True,
        targets=(Target(one.object, 1.0),),
        fate=Fate.UNANSWERED if stance is Stance.AGAINST else Fate.NONE,
        reader=Reader.PERSON,
        why=_BY_HAND,
    )
    return replace(found, arguments=(*(a for a in found.arguments if a.id != made.id), made))


def _propose(found: Findings, one: Amendment) -> Findings:
    made = Proposal(
        id=finding_id("p", one.message_id, one.start, one.end),
        title=one.title or one.quote,
        kind=Kind.DESIGN,
        author=one.author,
        mentions=(one.anchor,),
        why=_BY_HAND,
    )
    return replace(found, proposals=(*(p for p in found.proposals if p.id != made.id), made))


def _tied(found: Findings, one: Amendment) -> Findings:
    _proposal(found, one.subject)
    return found


_STEPS = {
    Action.DISMISS: _dismiss,
    Action.CONFIRM: _confirm,
    Action.RETARGET: _retarget,
    Action.MERGE: _merge,
    Action.SPLIT: _split,
    Action.ARGUE: _argue,
    Action.PROPOSE: _propose,
    Action.TIE: _tied,
    Action.UNTIE: _tied,
}


def _argument(found: Findings, name: str) -> Argument:
    for argument in found.arguments:
        if argument.id == name:
            return argument
    raise AmendmentError(f"argument {name} is not found any more")


def _proposal(found: Findings, name: str) -> Proposal:
    for proposal in found.proposals:
        if proposal.id == name:
            return proposal
    raise AmendmentError(f"proposal {name} is not found any more")


def _swap(found: Findings, changed: Argument) -> Findings:
    return replace(found, arguments=tuple(changed if a.id == changed.id else a for a in found.arguments))


def _renamed(argument: Argument, gone: str, kept: str) -> Argument:
    best: dict[str, Target] = {}
    for target in argument.targets:
        name = kept if target.proposal == gone else target.proposal
        best.setdefault(name, Target(name, target.confidence))
    speaks_of = kept if argument.proposal == gone else argument.proposal
    return replace(argument, proposal=speaks_of, targets=tuple(best.values()))


def _without(found: Findings, gone: str) -> Findings:
    """The findings with nothing that still refers to one that was dismissed."""
    arguments = tuple(
        replace(
            a,
            proposal=None if a.proposal == gone else a.proposal,
            shown=a.shown and a.proposal != gone,
            targets=tuple(t for t in a.targets if t.proposal != gone),
            answers=None if a.answers == gone else a.answers,
        )
        for a in found.arguments
    )
    decisions = tuple(d for d in found.decisions if d.proposal != gone)
    return replace(found, arguments=arguments, decisions=decisions)
