"""Decision tries: what every step of every task does, as a function of exactly the cells that it reads.

Python runs a step once for every combination of values that it actually looked at, on a recorder; the
engine then walks the recorded decisions. A branch asks for one field of the state; a leaf says what
happens. The tries are the whole behaviour of a program as far as it was explored: engines, lock graph,
coverage and export read them.
"""

from dataclasses import dataclass, field

from analysis.model.behaviour import Leaf, Outcome
from analysis.model.errors import ModelError
from analysis.model.layout import POINT_BITS, lay_out
from analysis.model.machine import Machine


@dataclass(frozen=True, slots=True)
class Edge:
    """An outcome as an engine applies it: `(state & keep) | put`; `number` identifies it in the program."""

    number: int
    task: int
    keep: int
    put: int
    outcome: Outcome
    leaf: int


@dataclass(slots=True)
class Branch:
    """Ask for field `at` of the state; go on with the child for its code."""

    at: int
    shift: int
    mask: int
    children: dict[int, "Branch | Tip"] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Tip:
    """The end of a walk: the edges out of every state that leads here."""

    number: int
    leaf: Leaf
    edges: tuple[Edge, ...]
    reads: tuple[tuple[int, int], ...]


class Tries:
    """One trie per task, grown on demand.

    `tips` and `edges` are listed in order of discovery; `found_at` gives the state that first led to a tip.
    An engine that goes breadth first therefore has with every tip a shortest way to it.
    """

    def __init__(self, machine: Machine) -> None:
        self.machine = machine
        self.layout = lay_out(machine.program)
        self.tips: list[Tip] = []
        self.edges: list[Edge] = []
        self.found_at: list[int] = []
        self._roots: list[Branch | Tip | None] = [None] * len(machine.program.tasks)

    @property
    def initial(self) -> int:
        """The packed initial state."""
        return self.layout.pack([c.initial for c in self.machine.program.cells] + self.machine.initial)

    def apply(self, state: int, edge: Edge) -> int:
        """The state that an edge leads to."""
        return (state & edge.keep) | edge.put

    def walk(self, task: int, state: int, number: int) -> Tip:
        """The tip for a task in a state; `number` is that state's number, kept if the tip is new."""
        node = self._roots[task]
        while type(node) is Branch:
            node = node.children.get((state >> node.shift) & node.mask)
        return node if type(node) is Tip else self._discover(task, state, number)

    def _discover(self, task: int, state: int, number: int) -> Tip:
        """Run the step in Python and record what it read, in the order in which it did."""
        layout = self.layout
        reads: dict[int, int] = {}

        def read(at: int) -> int:
            if at not in reads:
                reads[at] = layout.code(state, at)
            return reads[at]

        point = read(layout.cells + task)
        leaf = self.machine.step(task, point, read)
        tip = Tip(len(self.tips), leaf, self._edges(task, leaf), tuple(reads.items()))
        self.tips.append(tip)
        self.found_at.append(number)
        self._plant(task, tip)
        return tip

    def _edges(self, task: int, leaf: Leaf) -> tuple[Edge, ...]:
        edges: list[Edge] = []
        for outcome in leaf.outcomes:
            if outcome.point >= 1 << POINT_BITS:
                raise ModelError(f"a task has more than {1 << POINT_BITS} points of control")
            keep, put = -1, 0
            for at, code in (*outcome.writes, (self.layout.cells + task, outcome.point)):
                keep &= ~(self.layout.masks[at] << self.layout.shifts[at])
                put |= code << self.layout.shifts[at]
            edges.append(Edge(len(self.edges) + len(edges), task, keep, put, outcome, len(self.tips)))
        self.edges.extend(edges)
        return tuple(edges)

    def _plant(self, task: int, tip: Tip) -> None:
        """Add the path of a new tip. What is read next depends on nothing but what was read before."""
        parent: Branch | None = None
        key = 0
        node = self._roots[task]
        for at, code in tip.reads:
            if node is None:
                node = Branch(at, self.layout.shifts[at], self.layout.masks[at])
                self._link(task, parent, key, node)
            if not isinstance(node, Branch) or node.at != at:
                raise ModelError("a step read its fields in an order that doesn't follow from their values")
            parent, key = node, code
            node = node.children.get(code)
        self._link(task, parent, key, tip)

    def _link(self, task: int, parent: Branch | None, key: int, node: Branch | Tip) -> None:
        if parent is None:
            self._roots[task] = node
        else:
            parent.children[key] = node

    def audit(self) -> None:
        """Check every tip against all the histories that were taken for one; see Machine.check_histories.

        It ends: a dead local was computed from live ones, so there are only so many values it can have.
        """
        done = [-1] * len(self.tips)
        while True:
            now = [
                self.machine.check_histories(tip.leaf, dict(tip.reads), max(0, checked))
                for tip, checked in zip(self.tips, done, strict=True)
            ]
            if now == done:
                return
            done = now
