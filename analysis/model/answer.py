"""The answer to one property, found in what was explored."""

from dataclasses import dataclass, replace

from analysis.model.deadlock import find_deadlock, find_missed_wakeup
from analysis.model.exploration import Exploration
from analysis.model.lockdep import inversions, witnesses
from analysis.model.properties import Property, violated
from analysis.model.result import TraceStep, Verdict, Witness
from analysis.model.step import Kind

ENDLESS = (Kind.LIVELOCK, Kind.STARVATION)
"""Questions about runs that never end, for which all transitions have to be kept."""

_NO_RUNS = "not asked of states reduced by symmetry: check without symmetry"
_NO_FAIRNESS = "none needed"


@dataclass(frozen=True, slots=True)
class Answer:
    """What was found out about one property."""

    verdict: Verdict
    reason: str = ""
    trace: tuple[TraceStep, ...] = ()
    cycle_start: int | None = None
    strength: str = ""
    fairness: str = _NO_FAIRNESS
    witnesses: tuple[Witness, ...] = ()
    notes: tuple[str, ...] = ()


def answer(exploration: Exploration, question: Property) -> Answer:
    """The answer to one property."""
    if question.kind in ENDLESS and exploration.kept is None:
        return Answer(Verdict.INCONCLUSIVE, exploration.stopped or _NO_RUNS)
    if question.kind in ENDLESS:
        from analysis.model.endless import find_endless  # needs numpy, and nothing else here does

        found = find_endless(exploration, question)
    elif question.kind is Kind.LOCK_ORDER:
        found = _lock_order(exploration)
    else:
        if question.kind is Kind.DEADLOCK:
            example = find_deadlock(exploration)
        elif question.kind is Kind.MISSED_WAKEUP:
            example = find_missed_wakeup(exploration)
        else:
            example = violated(exploration, question)
        found = Answer(Verdict.FAIL, example.reason, example.trace) if example else Answer(Verdict.PASS)
    if found.verdict is Verdict.PASS and exploration.stopped:
        return replace(found, verdict=Verdict.INCONCLUSIVE, reason=exploration.stopped)
    return found


def _lock_order(exploration: Exploration) -> Answer:
    found = inversions(exploration)
    if not found:
        return Answer(Verdict.PASS)
    paths = witnesses(exploration, found[0])
    others = tuple(f"also: {i.title}" for i in found[1:])
    return Answer(Verdict.FAIL, found[0].title, paths[0].trace, witnesses=paths, notes=others)
