"""Breadth-first exploration of all states, exact, with parent links.

`Exploration` is what every engine delivers; this one walks the tries in plain Python. A compiled engine
fills the same record.
"""

from array import array
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from time import monotonic

from analysis.model.tries import Tries


@dataclass(frozen=True, slots=True)
class Limits:
    """When to give up: a number of states, and seconds."""

    states: int = 2_000_000
    seconds: float = 120.0


@dataclass(frozen=True, slots=True)
class Exploration:
    """The reachable states and all transitions between them.

    State 0 is the initial one; states are numbered breadth first. `parent` and `via` give the state and the
    edge by which a state was first reached. The transitions of state s are `target[k], edge[k]` for k in
    `first[s] : first[s + 1]`. `expanded` counts the states whose transitions are known; it is less than the
    number of states where `stopped` names the limit that was hit.
    """

    tries: Tries
    states: list[int]
    parent: "array[int]"
    via: "array[int]"
    depth: "array[int]"
    first: "array[int]"
    target: "array[int]"
    edge: "array[int]"
    seconds: float
    stopped: str = ""

    @property
    def expanded(self) -> int:
        """How many states have their transitions listed."""
        return len(self.first) - 1

    @property
    def transitions(self) -> int:
        """How many transitions there are."""
        return len(self.target)

    @property
    def deepest(self) -> int:
        """Steps to the state farthest from the initial one."""
        return self.depth[-1]

    def successors(self, state: int) -> Iterator[tuple[int, int]]:
        """(target, edge) of every transition of a state."""
        for k in range(self.first[state], self.first[state + 1]):
            yield self.target[k], self.edge[k]

    def path(self, state: int) -> list[tuple[int, int]]:
        """(state, edge taken from it) along the first way found to a state, which is a shortest one."""
        steps: list[tuple[int, int]] = []
        while state:
            steps.append((self.parent[state], self.via[state]))
            state = self.parent[state]
        steps.reverse()
        return steps


Progress = Callable[[int, int], None]
"""Called now and then on long runs with (states found, states expanded)."""

_LOOK_UP = 1 << 12


def explore(tries: Tries, limits: Limits | None = None, progress: Progress | None = None) -> Exploration:
    """Find all reachable states, or as many as the limits allow; Ctrl-C propagates as KeyboardInterrupt."""
    limits = limits or Limits()
    begin = monotonic()
    states = [tries.initial]
    numbers = {tries.initial: 0}
    parent, via, depth = array("q", [0]), array("q", [-1]), array("l", [0])
    first, target, edges = array("q", [0]), array("q"), array("q")
    tasks = range(len(tries.machine.program.tasks))
    walk = tries.walk
    stopped = ""
    head = 0
    while head < len(states):
        state = states[head]
        for task in tasks:
            for edge in walk(task, state, head).edges:
                found = (state & edge.keep) | edge.put
                number = numbers.get(found)
                if number is None:
                    number = numbers[found] = len(states)
                    states.append(found)
                    parent.append(head)
                    via.append(edge.number)
                    depth.append(depth[head] + 1)
                target.append(number)
                edges.append(edge.number)
        first.append(len(target))
        head += 1
        if len(states) > limits.states:
            stopped = f"state limit of {limits.states:,} reached"
            break
        if not head % _LOOK_UP:
            if monotonic() - begin > limits.seconds:
                stopped = f"time limit of {limits.seconds:g} s reached"
                break
            if progress:
                progress(len(states), head)
    if head == len(states):
        stopped = ""
    return Exploration(tries, states, parent, via, depth, first, target, edges, monotonic() - begin, stopped)
