"""What can be asked of a program, and shortest counterexamples to questions about single states."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from analysis.model.exploration import Exploration
from analysis.model.liveness import Strength
from analysis.model.result import TraceStep
from analysis.model.step import Kind, Violation
from analysis.model.trace import Tracer


@dataclass(frozen=True, slots=True)
class Property:
    """A question. `about` narrows it: the message of an assertion, or the task that must not starve.

    `accept` lists the strengths of a livelock or starvation that count as a pass with a note.
    """

    name: str
    kind: Kind
    about: str = ""
    accept: tuple[Strength, ...] = ()


STANDARD = (
    Property("assertions hold", Kind.ASSERTION),
    *(Property(f"no {kind}", kind) for kind in Kind if kind not in (Kind.ASSERTION, Kind.STARVATION)),
)
"""What is asked of every program; a violation of one of these is reported even if a scenario didn't ask."""


@dataclass(frozen=True, slots=True)
class Counterexample:
    """Why a property doesn't hold, and a shortest run to it: `depth` steps to the state that shows it."""

    reason: str
    trace: tuple[TraceStep, ...]
    depth: int


def violated(exploration: Exploration, question: Property) -> Counterexample | None:
    """The first violation that a step reported, on a shortest path to it."""
    tries, tracer = exploration.tries, Tracer(exploration)
    for tip in tries.tips:
        state = tries.found_at[tip.number]
        waiting = tip.leaf.waiting
        for violation in waiting.violations if waiting else ():
            if waiting and concerns(violation, question):
                last = tracer.blocked(tip.leaf.task, waiting, violation.message)
                return Counterexample(violation.message, (*tracer.to(state), last), exploration.depth(state))
        for edge in tip.edges:
            for violation in edge.outcome.violations:
                if concerns(violation, question):
                    last = tracer.step(exploration.states[state], edge)
                    return Counterexample(
                        violation.message, (*tracer.to(state), last), exploration.depth(state)
                    )
    return None


def unasked(exploration: Exploration, asked: Iterable[Property]) -> Iterator[Property]:
    """Properties that nobody asked for and that a model may violate all the same."""
    kinds = {p.kind for p in asked}
    about = {p.about for p in asked if p.kind is Kind.ASSERTION}
    if "" not in about:
        for message in sorted(
            {v.message for v in _violations(exploration) if v.kind is Kind.ASSERTION} - about
        ):
            yield Property(f"assertion: {message}", Kind.ASSERTION, message)
    for question in STANDARD:
        # livelock is a question of what the author calls progress, so it has to be asked
        if question.kind not in {*kinds, Kind.ASSERTION, Kind.LIVELOCK}:
            yield question


def _violations(exploration: Exploration) -> Iterator[Violation]:
    for edge in exploration.tries.edges:
        yield from edge.outcome.violations


def concerns(violation: Violation, question: Property) -> bool:
    """Whether a violation is one of a property."""
    return violation.kind is question.kind and question.about in ("", violation.message)


def exercised(exploration: Exploration, question: Property) -> bool:
    """Whether any behaviour put the property to the test."""
    tips = exploration.tries.tips
    kind = question.kind
    if kind is Kind.ASSERTION:
        checked = {c for tip in tips for c in tip.leaf.checked} - {str(k) for k in Kind}
        return question.about in checked if question.about else bool(checked)
    if kind is Kind.DEADLOCK:
        return any(tip.leaf.waiting for tip in tips)
    if kind is Kind.LOCK_ORDER:
        return any(tip.leaf.dependencies for tip in tips)
    if kind in (Kind.RETURN_HOLDING, Kind.UNBALANCED):
        return any(point.context.held for points in exploration.tries.machine.points for point in points)
    if kind in (Kind.LIVELOCK, Kind.STARVATION):
        return exploration.kept is not None and exploration.revisits()
    return any(kind in tip.leaf.checked for tip in tips)
