"""The tries as Promela, so that SPIN can check what our engines say.

Every task becomes a process that stands in one loop for ever; a tip of its trie becomes an option of the
loop for each way out of it, guarded by what the walk to the tip had read. SPIN's states are therefore ours,
one for one, and so are its transitions (it counts one more, the way to the initial state).
"""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence

from analysis.model.deadlock import circles
from analysis.model.errors import ModelError
from analysis.model.exploration import Exploration
from analysis.model.explorer import Limits, explore
from analysis.model.machine import Machine
from analysis.model.program import Task, build
from analysis.model.properties import Property, concerns
from analysis.model.step import Kind, Violation, Wait
from analysis.model.tries import Edge, Tip, Tries

_TYPES = ((1, "bit"), (8, "byte"), (15, "short"), (31, "int"))
_RUN = """\
 * spin -a -o2 FILE && gcc -O2 -DSAFETY -DNOREDUCE -DBFS -o pan pan.c && ./pan -E
 * -o2 keeps SPIN from dropping variables, which would make fewer states; -E because a task that waits for
 * ever is judged by the properties written into this file
"""


def to_promela(
    tasks: Sequence[Task],
    settings: Mapping[str, int] | None = None,
    properties: Sequence[Property] = (),
    *,
    limits: Limits | None = None,
) -> str:
    """A Promela model with the same states and transitions that asserts the properties.

    Without properties, nothing is asserted and SPIN counts everything there is. Questions of lock order and
    of runs that never end can't be put this way and are left out. Raises ModelError where the limits are
    hit, for then the tries don't know all behaviour, and for fields too wide for SPIN.
    """
    exploration = explore(Tries(Machine(build(tasks, settings))), limits, keep=False)
    if exploration.stopped:
        raise ModelError(f"not all behaviour is known: {exploration.stopped}", hint="raise the limit")
    return "\n".join(_Writer(exploration, properties).lines()) + "\n"


class _Writer:
    def __init__(self, exploration: Exploration, properties: Sequence[Property]) -> None:
        self._exploration = exploration
        self._tries = exploration.tries
        self._program = exploration.tries.machine.program
        self._properties = properties
        taken: set[str] = set()
        self._fields = [_identifier(c.name, taken) for c in self._program.cells]
        self._fields += [_identifier(f"at {t.name}", taken) for t in self._program.tasks]
        self._processes = [_identifier(f"task {t.name}", taken) for t in self._program.tasks]

    def lines(self) -> Iterator[str]:
        """The file, line by line."""
        found = self._exploration
        yield "/*"
        yield f" * {len(found.states)} states, {found.transitions} transitions, depth {found.deepest}"
        yield f"{_RUN} */"
        yield from self._declarations()
        tips: list[list[Tip]] = [[] for _ in self._processes]
        for tip in self._tries.tips:
            tips[tip.leaf.task].append(tip)
        for process, own in zip(self._processes, tips, strict=True):
            yield from _process(process, [option for tip in own for option in self._options(tip)])
        bad = list(self._bad_states())
        if bad:
            yield from _process("nobody_is_stuck", bad)

    def _declarations(self) -> Iterator[str]:
        layout, tries = self._tries.layout, self._tries
        for at, name in enumerate(self._fields):
            width = layout.widths[at]
            if at >= layout.cells:
                width = len(tries.machine.points[at - layout.cells]).bit_length()
            kind = next((k for bits, k in _TYPES if width <= bits), None)
            if kind is None:
                raise ModelError(f"SPIN has no integers of {width} bits, which {name} takes")
            yield f"{kind} {name} = {layout.code(tries.initial, at)};"

    def _options(self, tip: Tip) -> Iterator[str]:
        """What a task can do where a tip applies."""
        guard = self._guard(tip)
        waiting = tip.leaf.waiting
        if waiting and self._asked(waiting.violations):
            yield f"{guard} -> assert(false)"
        for edge in tip.edges:
            broken = "assert(false); " if self._asked(edge.outcome.violations) else ""
            yield f"{guard} -> {broken}{self._effect(edge)}  /* {_comment(edge)} */"

    def _asked(self, violations: Iterable[Violation]) -> bool:
        return any(concerns(v, p) for v in violations for p in self._properties)

    def _guard(self, tip: Tip) -> str:
        return " && ".join(f"{self._fields[at]} == {code}" for at, code in tip.reads)

    def _effect(self, edge: Edge) -> str:
        point = (self._tries.layout.cells + edge.task, edge.outcome.point)
        return "; ".join(f"{self._fields[at]} = {code}" for at, code in (*edge.outcome.writes, point))

    def _bad_states(self) -> Iterator[str]:
        """Conditions of states, rather than steps, that the properties forbid."""
        kinds = {p.kind for p in self._properties}
        if Kind.DEADLOCK in kinds:
            for circle in circles(self._exploration):
                yield " && ".join(self._guard(tip) for tip in circle) + " -> assert(false)"
        locked, asleep = self._waiting()
        # a task that stopped at BUG() has a verdict of its own
        quiet = " && ".join(["timeout", *self._not_halted()])
        if Kind.DEADLOCK in kinds and locked:
            yield f"{quiet} && {_any(locked)} -> assert(false)"
        if Kind.MISSED_WAKEUP in kinds and asleep:
            nobody_else = f" && !{_any(locked)}" if locked else ""
            yield f"{quiet} && {_any(asleep)}{nobody_else} -> assert(false)"

    def _waiting(self) -> tuple[list[str], list[str]]:
        """Where tasks that should go on wait: for anything but a wake-up, and for a wake-up."""
        locked: list[str] = []
        asleep: list[str] = []
        for tip in self._tries.tips:
            waiting = tip.leaf.waiting
            if waiting and not self._program.tasks[tip.leaf.task].daemon:
                (asleep if waiting.wait is Wait.SLEEP else locked).append(self._guard(tip))
        return locked, asleep

    def _not_halted(self) -> Iterator[str]:
        cells = self._tries.layout.cells
        for task, points in enumerate(self._tries.machine.points):
            for number, point in enumerate(points):
                if point.halted:
                    yield f"{self._fields[cells + task]} != {number}"


def _process(name: str, options: Sequence[str]) -> Iterator[str]:
    """A process that takes one of some options, each a step, for ever."""
    yield f"\nactive proctype {name}() {{"
    yield "\tdo"
    for option in options or ["false"]:
        yield f"\t:: d_step {{ {option} }}"
    yield "\tod"
    yield "}"


def _any(conditions: Sequence[str]) -> str:
    return "(" + " || ".join(f"({c})" for c in conditions) + ")"


def _identifier(name: str, taken: set[str]) -> str:
    """A name that Promela allows and nothing else has."""
    base = re.sub(r"\W+", "_", name, flags=re.ASCII).strip("_") or "it"
    # a trailing underscore keeps clear of every keyword
    word = f"{base if base[0].isalpha() else 'x' + base}_"
    while word in taken:
        word += "x"
    taken.add(word)
    return word


def _comment(edge: Edge) -> str:
    place = edge.outcome.place
    return f"{place.line}: {place.text}".replace("*/", "* /").replace("/*", "/ *")
