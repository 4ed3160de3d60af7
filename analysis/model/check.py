"""Checking a program: explore it once, ask every property, say honestly what was and wasn't looked at."""

from collections.abc import Mapping, Sequence
from time import monotonic

from analysis.model import code as op
from analysis.model.answer import ENDLESS, Answer, answer
from analysis.model.errors import ModelError
from analysis.model.exploration import Exploration
from analysis.model.explorer import Limits, Progress, explore
from analysis.model.lockdep import unseen_locks
from analysis.model.machine import Machine
from analysis.model.program import Task, build
from analysis.model.properties import STANDARD, Property, exercised, unasked
from analysis.model.result import Result, SourceLine, Verdict
from analysis.model.step import Kind
from analysis.model.symmetry import Reduced, Symmetry, equal_tasks
from analysis.model.tries import Tries
from analysis.model.walks import Walks, sample

MEMORY_MODEL = "sequentially consistent"


def check(
    tasks: Sequence[Task],
    settings: Mapping[str, int] | None = None,
    properties: Sequence[Property] = STANDARD,
    *,
    limits: Limits | None = None,
    audit: bool = False,
    progress: Progress | None = None,
    walks: Walks | None = None,
    symmetry: bool = False,
) -> tuple[Result, ...]:
    """Explore the tasks and answer every property, in their order; then whatever else turned out to be wrong.

    `walks` has random walks made instead of exploring everything: they find faults in what is too large, and
    never pass anything; questions of runs that never end stay open. `symmetry` explores states that differ
    only in which of several equal tasks stands where as one, and leaves the same questions open. `audit`
    checks afterwards that no two histories were wrongly taken for one state. Raises ModelError for a model
    that can't be run.
    """
    names = {t.name for t in tasks}
    for question in properties:
        if question.kind is Kind.STARVATION and question.about not in names:
            raise ModelError(f"property {question.name!r} is about no task", hint=f"one of {sorted(names)}")
    begin = monotonic()
    if walks and symmetry:
        raise ModelError("random walks don't use symmetry", hint="ask for one of them")
    tries = Tries(Machine(build(tasks, settings), audit, equal_tasks(tasks) if symmetry else ()))
    if walks:
        exploration: Exploration = sample(tries, walks)
    else:
        keep = any(p.kind in ENDLESS for p in properties)
        equal = Symmetry(tries) if symmetry else None
        exploration = explore(tries, limits, progress, keep=keep, symmetry=equal)
    if audit:
        tries.audit()
    answers = [(p, answer(exploration, p)) for p in properties]
    others = ((p, answer(exploration, p)) for p in unasked(exploration, properties))
    answers += [(p, a) for p, a in others if a.verdict is Verdict.FAIL]
    seconds = monotonic() - begin
    return tuple(_result(exploration, p, a, seconds) for p, a in answers)


def _result(exploration: Exploration, question: Property, found: Answer, seconds: float) -> Result:
    unseen = tuple(f"not seen by lockdep: {lock}" for lock in unseen_locks(exploration))
    tested = exercised(exploration, question)
    notes = found.notes + unseen
    if isinstance(exploration, Reduced):
        notes += (f"reduced by symmetry of {exploration.symmetry}",)
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
