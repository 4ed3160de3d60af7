"""Runs that never end: which of them are fair, and how much it takes to be caught in one.

A component of the graph is the set of states that a run visits again and again. It is a *fair* run's set
if every task that fairness entitles to a step takes one inside. Weak fairness entitles a task that can
always go on; strong fairness one that can go on again and again, which is what a lock with a queue gives.
Under fair hints every alternative of an `any_of()` that is offered again and again is taken again and
again.

Weak fairness can be read off a whole component. The others can't: a component that breaks them may hold a
smaller one that keeps them, so the states at fault are taken out and the rest is split again (Emerson and
Lei 1987, for Streett conditions).
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from enum import StrEnum

from analysis.model.explorer import Exploration
from analysis.model.graph import components

Action = tuple[int, int, tuple[int, ...]]
"""An alternative: task, its point, the choices made there."""


class Strength(StrEnum):
    """How hard it is to avoid a run that never ends, worst first."""

    INESCAPABLE = "inescapable"
    STRONG = "under strongly fair locks"
    WEAK = "only under weak fairness"
    HINT = "only with an adversarial scheduler hint"


@dataclass(frozen=True, slots=True)
class Fairness:
    """What a run has to respect."""

    strong: bool
    hints: bool

    def __str__(self) -> str:
        return f"{'strong' if self.strong else 'weak'} fairness of tasks" + (
            ", fair hints" if self.hints else ""
        )


LADDER = (
    (Strength.STRONG, Fairness(strong=True, hints=True)),
    (Strength.WEAK, Fairness(strong=False, hints=True)),
    (Strength.HINT, Fairness(strong=True, hints=False)),
    (Strength.HINT, Fairness(strong=False, hints=False)),
)


class Region:
    """The part of an exploration in which nothing good happens, as one property understands it.

    Without `task`: transitions that pass no progress mark. With it: states in which that task isn't over, and
    transitions that are no progress of it.
    """

    def __init__(self, exploration: Exploration, task: int | None = None) -> None:
        self.exploration = exploration
        edges = exploration.tries.edges
        self.task_of = [e.task for e in edges]
        self.action_of: list[Action | None] = [
            (e.task, exploration.tries.tips[e.leaf].leaf.point, e.outcome.choices)
            if e.outcome.choices
            else None
            for e in edges
        ]
        self._idle = [not e.outcome.progress or task not in (None, e.task) for e in edges]
        over = self._over(task)
        self.states = [s for s in range(exploration.expanded) if s not in over]
        self.finished = over
        self.enabled = [self._enabled(s) for s in range(exploration.expanded)]

    def _over(self, task: int | None) -> frozenset[int]:
        if task is None:
            return frozenset()
        tries = self.exploration.tries
        points, at = tries.machine.points[task], tries.layout.cells + task
        states = self.exploration.states
        return frozenset(
            s for s in range(self.exploration.expanded) if points[tries.layout.code(states[s], at)].over
        )

    def _enabled(self, state: int) -> int:
        mask = 0
        for _, edge in self.exploration.successors(state):
            mask |= 1 << self.task_of[edge]
        return mask

    def idle(self, transition: int) -> bool:
        """Whether a transition is no progress."""
        return self._idle[self.exploration.edge[transition]]

    def offered(self, state: int) -> Iterator[Action]:
        """The alternatives that a state offers."""
        for _, edge in self.exploration.successors(state):
            action = self.action_of[edge]
            if action is not None:
                yield action


@dataclass(frozen=True, slots=True)
class Component:
    """States that a fair run can stay in for ever; `inside[s] == mark` says which."""

    states: tuple[int, ...]
    mark: int


class Search:
    """Looks for fair components of a region. Marks made by one search stay valid until the next one."""

    def __init__(self, region: Region) -> None:
        self.region = region
        self.inside = [0] * len(region.exploration.states)
        self._mark = 0
        self.cyclic = 0

    def fair(self, fairness: Fairness, within: Iterable[int] | None = None) -> Iterator[Component]:
        """The fair components, largest first found."""
        states = list(self.region.states if within is None else within)
        work = self._split(states)
        self.cyclic = len(work)
        while work:
            states = work.pop()
            mark = self._put(states)
            bad = self._faults(states, mark, fairness)
            if bad is None:
                continue
            if not bad:
                yield Component(tuple(sorted(states)), mark)
            else:
                work.extend(self._split([s for s in states if s not in bad]))

    def transitions(self, component: Component) -> Iterator[tuple[int, int]]:
        """(state, transition) for all transitions inside a component."""
        exploration = self.region.exploration
        for state in component.states:
            for k in range(exploration.first[state], exploration.first[state + 1]):
                if self.inside[exploration.target[k]] == component.mark and self.region.idle(k):
                    yield state, k

    def _put(self, states: list[int]) -> int:
        self._mark += 1
        for state in states:
            self.inside[state] = self._mark
        return self._mark

    def _split(self, states: list[int]) -> list[list[int]]:
        mark = self._put(states)
        return list(components(self.region.exploration, states, self.region.idle, self.inside, mark))

    def _faults(self, states: list[int], mark: int, fairness: Fairness) -> set[int] | None:
        """The states that a fair run can't visit for ever; None where no part of the component will do."""
        region = self.region
        stepping, always = 0, -1
        taken: set[Action | None] = set()
        for _, k in self.transitions(Component(tuple(states), mark)):
            edge = region.exploration.edge[k]
            stepping |= 1 << region.task_of[edge]
            taken.add(region.action_of[edge])
        for state in states:
            always &= region.enabled[state]
        if always & ~stepping:
            return None
        bad: set[int] = set()
        if fairness.strong:
            bad.update(s for s in states if region.enabled[s] & ~stepping)
        if fairness.hints:
            bad.update(s for s in states if any(a not in taken for a in region.offered(s)))
        return bad


def trapped(region: Region) -> list[int]:
    """The states from which no schedule and no choice leads out of the region, nor to an end."""
    exploration = region.exploration
    before: dict[int, list[int]] = {}
    free = set(region.finished) | set(range(exploration.expanded, len(exploration.states)))
    for state in range(exploration.expanded):
        span = range(exploration.first[state], exploration.first[state + 1])
        if not span or not all(map(region.idle, span)):
            free.add(state)
        for k in span:
            before.setdefault(exploration.target[k], []).append(state)
    work = list(free)
    while work:
        for state in before.get(work.pop(), ()):
            if state not in free:
                free.add(state)
                work.append(state)
    return [s for s in region.states if s not in free]
