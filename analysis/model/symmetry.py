"""Symmetry: states that differ only in which of several equal tasks stands where are explored once.

Tasks with one function and equal arguments may change places. What moves with them is their points of
control and the cells that primitives index by task number (wait queues, sleepers, RCU). Every state is
replaced by one that comes of it by such a permutation, after every step (Ip and Dill, "Better verification
through symmetry", 1996). For soundness it doesn't matter which one; the better the choice, the fewer states.

That the program can't tell the tasks apart is checked, not assumed: every recorded step is run again for
the task, and with the cells, that each permutation makes of it, and has to do the permuted thing.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise, permutations, product

from analysis.model.behaviour import Leaf
from analysis.model.errors import ModelError
from analysis.model.exploration import Exploration
from analysis.model.fields import declarations
from analysis.model.program import Program, Task
from analysis.model.tries import Edge, Tries

Permutation = Sequence[int]
"""Where every task goes, by number."""

_Reads = tuple[tuple[int, int], ...]


def equal_tasks(tasks: Sequence[Task]) -> tuple[tuple[int, ...], ...]:
    """The groups of two or more tasks, by number, that do the same: one function, equal arguments."""
    groups: dict[object, list[int]] = {}
    for number, task in enumerate(tasks):
        groups.setdefault((task.function, task.args, task.daemon), []).append(number)
    return tuple(tuple(members) for members in groups.values() if len(members) > 1)


class Symmetry:
    """The permutations of equal tasks, and what they do to the states of some tries."""

    def __init__(self, tries: Tries) -> None:
        program = tries.machine.program
        self.groups = equal_tasks(program.tasks)
        self._tries, self._layout = tries, tries.layout
        self._tasks = range(len(program.tasks))
        self._slots = _slots(program)
        self._fields = {slot: at for at, slot in self._slots.items()}
        self._own = [self._own_fields(group) for group in self.groups]
        self._shared = [self._shared_fields(group) for group in self.groups]

    def __str__(self) -> str:
        tasks = self._tries.machine.program.tasks
        return "; ".join(", ".join(tasks[k].name for k in group) for group in self.groups)

    def image(self, at: int, where: Permutation) -> int:
        """The field that a field becomes."""
        if at not in self._slots:
            return at
        kind, owners = self._slots[at]
        return self._fields[kind, tuple(where[k] for k in owners)]

    def permuted(self, state: int, where: Permutation) -> int:
        """The state in which every task has gone where it is told to."""
        layout, found = self._layout, state
        for at in self._slots:
            to = self.image(at, where)
            if to != at:
                found &= ~(layout.masks[to] << layout.shifts[to])
                found |= layout.code(state, at) << layout.shifts[to]
        return found

    def canonical(self, state: int) -> int:
        """The state that stands for this one."""
        return self.permuted(state, where) if (where := self.places(state)) else state

    def places(self, state: int) -> Permutation | None:
        """The permutation that makes a state the one that stands for it; None for one that changes nothing.

        Equal tasks are sorted by all that is their own. Those that are alike in it could still differ in
        what they have to do with each other (who awaits whom in RCU); then the smallest state is taken.
        """
        code = self._layout.code
        where: list[int] | None = None
        for group, own, shared in zip(self.groups, self._own, self._shared, strict=True):
            marks = [[code(state, at) for at in fields] for fields in own]
            entangled = any(code(state, at) for at in shared)
            if not entangled and all(a <= b for a, b in pairwise(marks)):
                continue
            order = sorted(range(len(group)), key=marks.__getitem__)
            where = where or list(self._tasks)
            for to, k in enumerate(order):
                where[group[k]] = group[to]
            if entangled:
                where = min(_variants(where, group, order, marks), key=lambda w: self.permuted(state, w))
        return where

    def check(self) -> None:
        """Raises ModelError if a recorded step, or one that a permutation makes of it, tells tasks apart."""
        tries = self._tries
        if any(self.permuted(tries.initial, where) != tries.initial for where in self._swaps()):
            raise ModelError("the equal tasks don't begin alike", hint="explore without symmetry")
        leaves = {(tip.leaf.task, tuple(sorted(tip.reads))): tip.leaf for tip in tries.tips}
        waiting = list(leaves)
        while waiting:
            key = waiting.pop()
            for where in self._swaps():
                image = self._image_of(key, where)
                known = leaves.get(image) or self._run(image)
                if known is None or _essence(known) != _essence(leaves[key], self, where):
                    raise self._refusal(leaves[key])
                if image not in leaves:
                    leaves[image] = known
                    waiting.append(image)

    def _swaps(self) -> Iterator[Permutation]:
        """Neighbours of a group exchanged: all other permutations are made of these."""
        for group in self.groups:
            for one, other in pairwise(group):
                where = list(self._tasks)
                where[one], where[other] = other, one
                yield where

    def _image_of(self, key: tuple[int, _Reads], where: Permutation) -> tuple[int, _Reads]:
        task, reads = key
        return where[task], tuple(sorted((self.image(at, where), code) for at, code in reads))

    def _run(self, key: tuple[int, _Reads]) -> Leaf | None:
        """What a task does where fields have these codes; None if it looks at any other."""
        task, reads = key
        codes, seen = dict(reads), {self._layout.cells + task}
        missing: list[int] = []

        def read(at: int) -> int:
            seen.add(at)
            if at not in codes:
                missing.append(at)
            return codes.get(at, 0)

        leaf = self._tries.machine.step(task, codes[self._layout.cells + task], read)
        return leaf if not missing and seen == set(codes) else None

    def _refusal(self, leaf: Leaf) -> ModelError:
        place = leaf.waiting.place if leaf.waiting else leaf.outcomes[0].place
        name = self._tries.machine.program.tasks[leaf.task].name
        return ModelError(
            f"symmetry: this step of {name!r} depends on the numbers of equal tasks, which can't be permuted",
            file=place.file,
            line=place.line,
            hint="explore without symmetry",
        )

    def _own_fields(self, group: tuple[int, ...]) -> list[list[int]]:
        """For every task of a group the fields that are its own, in one order for all."""
        found: list[list[int]] = [[] for _ in group]
        first = group[0]
        for kind, owners in self._slots.values():
            if set(owners) & set(group) == {first}:
                for own, task in zip(found, group, strict=True):
                    own.append(self._fields[kind, tuple(task if o == first else o for o in owners)])
        return found

    def _shared_fields(self, group: tuple[int, ...]) -> list[int]:
        """The fields that belong to two tasks of a group."""
        return [at for at, (_, owners) in self._slots.items() if len(set(owners) & set(group)) > 1]


def _slots(program: Program) -> dict[int, tuple[object, tuple[int, ...]]]:
    """The fields that belong to tasks: what they are, and the tasks' numbers."""
    tasks, cells = len(program.tasks), len(program.cells)
    found: dict[int, tuple[object, tuple[int, ...]]] = {}
    for at, cell in enumerate(program.cells):
        key = cell.key
        dimensions = declarations(type(key.struct))[key.member].by_task
        if dimensions and isinstance(key.part, int):
            owners = tuple(key.part // tasks**d % tasks for d in reversed(range(dimensions)))
            found[at] = ((key.struct, key.member), owners)
    return found | {cells + task: ("point", (task,)) for task in range(tasks)}


def _variants(
    where: list[int], group: tuple[int, ...], order: list[int], marks: list[list[int]]
) -> Iterator[list[int]]:
    """The permutation, and all that differ from it only among tasks that are alike."""
    alike: dict[tuple[int, ...], list[int]] = {}
    for k in order:
        alike.setdefault(tuple(marks[k]), []).append(group[k])
    for choice in product(*(permutations(members) for members in alike.values())):
        variant = list(where)
        for members, places in zip(alike.values(), choice, strict=True):
            for task, like in zip(members, places, strict=True):
                variant[task] = where[like]
        yield variant


def _essence(leaf: Leaf, symmetry: Symmetry | None = None, where: Permutation = ()) -> object:
    """What a step does, permuted if asked; in which order its outcomes are listed is left out."""
    outcomes = sorted(
        (
            tuple(sorted((symmetry.image(at, where) if symmetry else at, code) for at, code in o.writes)),
            o.point,
            o.progress,
            repr(o.violations),
        )
        for o in leaf.outcomes
    )
    return outcomes, leaf.waiting, leaf.over, leaf.dependencies, leaf.checked, leaf.lines


@dataclass(frozen=True, kw_only=True)
class Reduced(Exploration):
    """States that stand for all those that equal tasks make of them by changing places.

    Verdicts on states and steps, and the depths of counterexamples, are those of the whole; counts aren't.
    """

    symmetry: Symmetry

    @cached_property
    def _whole(self) -> Tries:
        """Tries for telling real runs, which go through states that were not explored."""
        return Tries(self.tries.machine)

    def run_to(self, state: int) -> list[tuple[int, Edge]]:
        """(packed state, edge taken from it) of a real run to a state, a shortest one."""
        steps: list[tuple[int, Edge]] = []
        # backwards, so that tasks stand in the last state where the verdict on it says: `to` is
        # what becomes of the states before
        to: Permutation = range(len(self.tries.machine.program.tasks))
        following = self.states[state]
        while state:
            before = int(self.parent[state])
            edge = self.tries.edges[self._edge(before, state)]
            where = self.symmetry.places(self.tries.apply(self.states[before], edge))
            to = [to[k] for k in where] if where else to
            real = self.symmetry.permuted(self.states[before], to)
            steps.append((real, self._real_edge(real, following)))
            state, following = before, real
        steps.reverse()
        return steps

    def _after(self, state: int, edge: Edge) -> int:
        """The state that stands for the one that an edge leads to."""
        return self.symmetry.canonical(super()._after(state, edge))

    def _real_edge(self, state: int, following: int) -> Edge:
        for task in range(len(self.tries.machine.program.tasks)):
            for edge in self._whole.walk(task, state, 0).edges:
                if self._whole.apply(state, edge) == following:
                    return edge
        raise RuntimeError("equal tasks that aren't: the symmetry is wrong")
