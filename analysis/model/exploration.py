"""What an engine found: all reachable states, and how each was first reached."""

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property

from analysis.model.tries import Edge, Tries


@dataclass(frozen=True, slots=True)
class Graph:
    """All transitions: those of state s are `target[k], edge[k]` for k in `first[s] : first[s + 1]`."""

    first: Sequence[int]
    target: Sequence[int]
    edge: Sequence[int]


@dataclass(frozen=True)
class Exploration:
    """The reachable states, numbered breadth first from the initial one, which is state 0.

    `parent[s]` is the state from which s was first reached. `expanded` counts the states whose transitions
    were followed; it is less than the number of states where `stopped` names the limit that was hit. `ends`
    are the expanded states without transitions, in order. `kept` holds all transitions, if they were asked
    for. `memory` is what the states and the index to them took, in bytes, where the engine knows.
    """

    tries: Tries
    states: Sequence[int]
    parent: Sequence[int]
    ends: Sequence[int]
    expanded: int
    transitions: int
    seconds: float
    stopped: str = ""
    kept: Graph | None = None
    memory: int = 0
    engine: str = "python"

    @property
    def graph(self) -> Graph:
        """All transitions."""
        if self.kept is None:
            raise RuntimeError("this exploration kept no transitions: explore(..., keep=True)")
        return self.kept

    @cached_property
    def levels(self) -> list[int]:
        """The first state of every level, a level being the states of one depth."""
        # numbers grow breadth first, so the children of a level begin where parents reach its first state
        starts, following, end = [0], 1, len(self.states)
        while following < end:
            starts.append(following)
            following = bisect_left(self.parent, following, lo=following)
        return starts

    def depth(self, state: int) -> int:
        """Steps from the initial state by a shortest way."""
        return bisect_right(self.levels, state) - 1

    @property
    def deepest(self) -> int:
        """Steps to the states farthest from the initial one."""
        return len(self.levels) - 1

    def successors(self, state: int) -> Iterator[tuple[int, int]]:
        """(target, edge) of every transition of a state."""
        graph = self.graph
        for k in range(int(graph.first[state]), int(graph.first[state + 1])):
            yield int(graph.target[k]), int(graph.edge[k])

    def revisits(self) -> bool:
        """Whether any transition leads to a state no deeper than the one it leaves, as every cycle must."""
        first, target = self.graph.first, self.graph.target
        ends = [*self.levels[1:], len(self.states)]
        for begin, end in zip(self.levels, ends, strict=True):
            leading = target[first[min(begin, self.expanded)] : first[min(end, self.expanded)]]
            if len(leading) and min(leading) < end:
                return True
        return False

    def path(self, state: int) -> list[tuple[int, int]]:
        """(state, edge taken from it) along the first way found to a state, which is a shortest one."""
        steps: list[tuple[int, int]] = []
        while state:
            before = int(self.parent[state])
            steps.append((before, self._edge(before, state)))
            state = before
        steps.reverse()
        return steps

    def run_to(self, state: int) -> list[tuple[int, Edge]]:
        """(packed state, edge taken from it) along a shortest run to a state, as a trace tells it."""
        return [(self.states[s], self.tries.edges[e]) for s, e in self.path(state)]

    def _edge(self, state: int, following: int) -> int:
        """The first edge from one state to another; found again, so that no state has to keep it."""
        packed, goal = self.states[state], self.states[following]
        for edge in self.edges_of(state, packed):
            if self._after(packed, edge) == goal:
                return edge.number
        raise RuntimeError("a parent link without a transition: the engine is wrong")

    def _after(self, state: int, edge: Edge) -> int:
        """The explored state that an edge leads to."""
        return self.tries.apply(state, edge)

    def edges_of(self, state: int, packed: int) -> Iterator[Edge]:
        """The edges out of a state in their order."""
        for task in range(len(self.tries.machine.program.tasks)):
            yield from self.tries.walk(task, packed, state).edges

    def standing(self, task: int, points: Iterable[int]) -> "Iterator[int]":
        """The expanded states in which a task stands at one of some points, in order."""
        wanted = frozenset(points)
        at = self.tries.layout.cells + task
        codes = self.codes(at)
        return (state for state in range(self.expanded) if codes[state] in wanted)

    def codes(self, at: int) -> Sequence[int]:
        """The code of one field in every expanded state."""
        of = getattr(self.states, "codes", None)
        if of is not None:
            found: Sequence[int] = of(at)[: self.expanded]
            return found
        code = self.tries.layout.code
        return [code(self.states[state], at) for state in range(self.expanded)]
