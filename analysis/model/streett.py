"""Runs that never end: which of them are fair.

A component of the graph is the set of states that a run visits again and again. It is a *fair* run's set
if every task that fairness entitles to a step takes one inside, and under fair hints every alternative.

Weak fairness can be read off a whole component. The others can't: a component that breaks them may hold a
smaller one that keeps them, so the states at fault are taken out and the rest is split again (Emerson and
Lei 1987, for Streett conditions).
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from analysis.model.errors import ModelError
from analysis.model.exploration import Exploration
from analysis.model.graph import DONE, Array, algorithms
from analysis.model.liveness import Fairness

Action = int
"""An alternative, by number: a task at a point of control, and the choices made there."""


class Region:
    """The part of an exploration in which nothing good happens, as one property understands it.

    Without `task`: transitions that pass no progress mark. With it: states in which that task isn't over, and
    transitions that are no progress of it.
    """

    def __init__(self, exploration: Exploration, task: int | None = None) -> None:
        if len(exploration.states) >= DONE:
            raise ModelError("too many states to look for runs that never end")
        self.exploration = exploration
        tries = exploration.tries
        self.task_of: list[int] = [e.task for e in tries.edges]
        numbers: dict[Any, Action] = {}
        self.action_of: list[Action] = [
            numbers.setdefault((e.task, tries.tips[e.leaf].leaf.point, e.outcome.choices), len(numbers))
            if e.outcome.choices
            else -1
            for e in tries.edges
        ]
        self.actions = len(numbers)
        self._idle = [not e.outcome.progress or task not in (None, e.task) for e in tries.edges]
        graph = exploration.graph
        # half the memory to walk through
        short = np.uint32 if len(graph.target) < 1 << 32 else np.int64
        self.first: Array = np.asarray(graph.first).astype(short, copy=False)
        self.target = np.asarray(graph.target).astype(np.uint32, copy=False)
        self.edge = np.asarray(graph.edge).astype(np.uint32, copy=False)
        self.idle_edges = np.array(self._idle, np.bool_)
        self.within = np.zeros(len(exploration.states), np.bool_)
        self.within[: exploration.expanded] = True
        if task is not None:
            points = tries.machine.points[task]
            over = np.array([p.over for p in points], np.bool_)
            codes = np.asarray(exploration.codes(tries.layout.cells + task), np.int64)
            self.within[: exploration.expanded] &= ~over[codes]
        self._enabled: dict[int, int] = {}

    def enabled(self, state: int) -> int:
        """The tasks that can go on in a state, a bit each."""
        mask = self._enabled.get(state)
        if mask is None:
            mask = 0
            for _, edge in self.exploration.successors(state):
                mask |= 1 << self.task_of[edge]
            self._enabled[state] = mask
        return mask

    def steps(self, state: int) -> Iterator[tuple[int, int]]:
        """(target, edge) of the transitions of a state that are no progress."""
        return ((to, edge) for to, edge in self.exploration.successors(state) if self._idle[edge])

    def offered(self, state: int) -> Iterator[Action]:
        """The alternatives that a state offers."""
        for _, edge in self.exploration.successors(state):
            if self.action_of[edge] >= 0:
                yield self.action_of[edge]


@dataclass(frozen=True, slots=True)
class Component:
    """States that a fair run can stay in for ever, in order; `inside[s] == mark` says which."""

    states: Sequence[int]
    mark: int


@dataclass(frozen=True, slots=True)
class Split:
    """A set of states in strongly connected components, see graph.components()."""

    members: Array
    bounds: Array
    count: int


class Search:
    """Looks for fair components of a region. Marks made by one search stay valid until the next one."""

    def __init__(self, region: Region) -> None:
        self.region = region
        self.inside = region.within.astype(np.int32)
        self._run = algorithms(len(self.inside))
        self._order = np.full(len(self.inside), DONE, np.int32)
        self._mark = 1
        self._states: Array = np.flatnonzero(region.within).astype(np.int32)
        self._whole = self._components(self._states)
        self._cyclic = self._with_cycles(self._whole, self._states)
        self.inside[:] = 0

    @property
    def cyclic(self) -> bool:
        """Whether any run repeats itself at all."""
        return self._cyclic.count > 0

    def fair(self, fairness: Fairness, within: Array | None = None) -> list[Component]:
        """The fair components, of all or some states; those that lie shallowest first."""
        split = self._cyclic
        if within is not None:
            self.inside[:] = 0
            self.inside[within] = 1
            split = self._with_cycles(self._components(within), within)
        self._mark = 1
        found: list[Component] = []
        survivors = self._judge(split, fairness, found)
        while len(survivors):
            split = self._with_cycles(self._components(survivors), survivors)
            survivors = self._judge(split, fairness, found)
        return sorted(found, key=lambda c: c.states[0])

    def trapped(self) -> Array:
        """The states from which no schedule and no choice leads out of the region, nor to an end."""
        region, split = self.region, self._whole
        free = ~region.within
        self._run.release(
            region.first,
            region.target,
            region.edge,
            region.idle_edges,
            split.members,
            split.bounds,
            split.count,
            free,
        )
        return np.flatnonzero(~free).astype(np.int32)

    def steps(self, component: Component, state: int) -> Iterator[tuple[int, int]]:
        """(target, edge) of the transitions of a state that stay inside a component."""
        return ((to, edge) for to, edge in self.region.steps(state) if self.inside[to] == component.mark)

    def _components(self, states: Array) -> Split:
        region = self.region
        members, bounds = np.empty(len(states), np.int32), np.empty(len(states) + 1, np.int32)
        count = self._run.components(
            region.first,
            region.target,
            region.edge,
            region.idle_edges,
            self.inside,
            states,
            members,
            bounds,
            self._order,
        )
        return Split(members, bounds, count)

    def _with_cycles(self, split: Split, states: Array) -> Split:
        """The components in which a run can repeat itself."""
        region = self.region
        members, bounds = np.empty(len(states), np.int32), np.empty(split.count + 1, np.int32)
        count = self._run.cyclic(
            region.first,
            region.target,
            region.edge,
            region.idle_edges,
            states,
            split.members,
            split.bounds,
            split.count,
            self._order,
            members,
            bounds,
        )
        return Split(members[: bounds[count]], bounds[: count + 1], count)

    def _judge(self, split: Split, fairness: Fairness, found: list[Component]) -> Array:
        """Add the fair components to `found`; returns the states that may hold smaller ones."""
        region = self.region
        tasks = len(region.exploration.tries.machine.program.tasks)
        fair, survivors = np.empty(3 * split.count, np.int64), np.empty(len(split.members), np.int32)
        listed, left, self._mark = self._run.judge(
            region.first,
            region.target,
            region.edge,
            region.idle_edges,
            np.array(region.task_of, np.int32),
            np.array(region.action_of, np.int32),
            self.inside,
            split.members,
            split.bounds,
            split.count,
            fairness.strong,
            fairness.hints,
            self._mark,
            np.zeros(tasks, np.int64),
            np.zeros(tasks, np.int32),
            np.zeros(region.actions, np.int32),
            fair,
            survivors,
        )
        for begin, end, mark in fair[:listed].reshape(-1, 3).tolist():
            states: Any = split.members[begin:end]
            found.append(Component(states, mark))
        return survivors[:left]
