"""Checking a program: explore it once, ask every property, say honestly what was and wasn't looked at."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from time import monotonic

from analysis.model import code as op
from analysis.model.deadlock import find_deadlock, find_missed_wakeup
from analysis.model.errors import ModelError
from analysis.model.explorer import Exploration, Limits, Progress, explore
from analysis.model.lasso import Lasso, find_lasso
from analysis.model.liveness import LADDER, Fairness, Region, Search, Strength, trapped
from analysis.model.lockdep import inversions, unseen_locks, witnesses
from analysis.model.machine import Machine
from analysis.model.program import Task, build
from analysis.model.properties import STANDARD, Property, exercised, unasked, violated
from analysis.model.result import Result, SourceLine, TraceStep, Verdict, Witness
from analysis.model.step import Kind
from analysis.model.trace import Tracer
from analysis.model.tries import Tries

MEMORY_MODEL = "sequentially consistent"
_NO_FAIRNESS = "none needed"
_LEAVES_OUT = (
    "weak fairness of tasks: every run that repeats itself leaves out a task that could always go on"
)


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


def check(
    tasks: Sequence[Task],
    settings: Mapping[str, int] | None = None,
    properties: Sequence[Property] = STANDARD,
    *,
    limits: Limits | None = None,
    audit: bool = False,
    progress: Progress | None = None,
) -> tuple[Result, ...]:
    """Explore the tasks and answer every property, in their order; then whatever else turned out to be wrong.

    `audit` checks afterwards that no two histories were wrongly taken for one state. Raises ModelError for a
    model that can't be run.
    """
    names = {t.name for t in tasks}
    for question in properties:
        if question.kind is Kind.STARVATION and question.about not in names:
            raise ModelError(f"property {question.name!r} is about no task", hint=f"one of {sorted(names)}")
    begin = monotonic()
    tries = Tries(Machine(build(tasks, settings), audit))
    exploration = explore(tries, limits, progress)
    if audit:
        tries.audit()
    answers = [(p, answer(exploration, p)) for p in properties]
    others = ((p, answer(exploration, p)) for p in unasked(exploration, properties))
    answers += [(p, a) for p, a in others if a.verdict is Verdict.FAIL]
    seconds = monotonic() - begin
    return tuple(_result(exploration, p, a, seconds) for p, a in answers)


def answer(exploration: Exploration, question: Property) -> Answer:
    """The answer to one property."""
    if question.kind in (Kind.LIVELOCK, Kind.STARVATION):
        found = _endless(exploration, question)
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


def _endless(exploration: Exploration, question: Property) -> Answer:
    """Look for a fair run that never ends, from the strongest fairness down."""
    task = None
    if question.kind is Kind.STARVATION:
        task = [t.name for t in exploration.tries.machine.program.tasks].index(question.about)
    region = Region(exploration, task)
    search = Search(region)
    for strength, fairness in LADDER:
        lasso = find_lasso(search, search.fair(fairness), fairness)
        if lasso is None:
            if not search.cyclic:
                return Answer(Verdict.PASS, fairness="none needed: no run repeats itself")
            continue
        prison = trapped(region)
        if prison:
            strength, fairness = Strength.INESCAPABLE, Fairness(strong=True, hints=False)
            lasso = find_lasso(search, search.fair(fairness, prison), fairness) or lasso
        also = Fairness(strong=True, hints=False)
        hinted = strength is Strength.WEAK and any(True for _ in search.fair(also))
        return _caught(exploration, question, strength, fairness, lasso, hinted)
    return Answer(Verdict.PASS, fairness=_LEAVES_OUT)


def _caught(
    exploration: Exploration,
    question: Property,
    strength: Strength,
    fairness: Fairness,
    lasso: Lasso,
    hinted: bool,
) -> Answer:
    tasks = exploration.tries.machine.program.tasks
    moving = dict.fromkeys(tasks[exploration.tries.edges[e].task].name for _, e in lasso.cycle)
    who = question.about or " and ".join(moving)
    reason = f"{question.kind}, {strength}: {who} can go on for ever without getting anywhere"
    trace = Tracer(exploration).render([*lasso.stem, *lasso.cycle])
    notes: tuple[str, ...] = ()
    if not lasso.shortest:
        notes += ("the lasso is real, but not known to be the shortest",)
    if hinted:
        notes += ("also under strongly fair locks, with an adversarial scheduler hint",)
    if strength in question.accept:
        return Answer(Verdict.PASS, fairness=str(fairness), notes=(f"accepted: {reason}",), strength=strength)
    return Answer(Verdict.FAIL, reason, trace, len(lasso.stem), strength.value, str(fairness), notes=notes)


def _result(exploration: Exploration, question: Property, found: Answer, seconds: float) -> Result:
    unseen = tuple(f"not seen by lockdep: {lock}" for lock in unseen_locks(exploration))
    tested = exercised(exploration, question)
    notes = found.notes + unseen
    if not tested and found.verdict is Verdict.PASS:
        notes += ("no behaviour put this property to the test",)
    return Result(
        property=question.name,
        kind=question.kind.value,
        verdict=found.verdict,
        reason=found.reason,
        bounds=bounds(exploration),
        granularity=granularity(exploration),
        fairness=found.fairness,
        memory_model=MEMORY_MODEL,
        states=len(exploration.states),
        transitions=exploration.transitions,
        depth=exploration.deepest,
        seconds=seconds,
        exhaustive=not exploration.stopped,
        exercised=tested,
        trace=found.trace,
        cycle_start=found.cycle_start,
        strength=found.strength,
        witnesses=found.witnesses,
        unreached=unreached(exploration),
        notes=notes,
    )


def bounds(exploration: Exploration) -> dict[str, int]:
    """The sizes explored; switches are no sizes."""
    settings = exploration.tries.machine.program.settings
    return {name: value for name, value in sorted(settings.items()) if not isinstance(value, bool)}


def granularity(exploration: Exploration) -> str:
    """What one step is, in words."""
    codes = exploration.tries.machine.program.codes
    blocks = sum(isinstance(i, op.Enter) for code in codes for i in code.instructions)
    text = "one step per statement that touches shared state"
    return text + (f", {blocks} atomic block{'s' * (blocks > 1)}" if blocks else "")


def unreached(exploration: Exploration) -> tuple[SourceLine, ...]:
    """Lines of the functions in use that no behaviour came to, but for branches that a setting turned off."""
    reached = {line for tip in exploration.tries.tips for line in tip.leaf.lines}
    waited = {
        (tip.leaf.waiting.place.file, tip.leaf.waiting.place.line)
        for tip in exploration.tries.tips
        if tip.leaf.waiting
    }
    lines = {
        (code.file, i.line)
        for code in exploration.tries.machine.program.codes
        if not code.library
        for i in code.instructions
        if i.text and not isinstance(i, op.Leave)
    }
    return tuple(SourceLine(*line) for line in sorted(lines - reached - waited))
