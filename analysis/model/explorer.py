"""Breadth-first exploration of all states, exact, with parent links.

The engine below walks the tries in plain Python. It begins every search, and where numba is installed and
the search turns out to be long, the compiled engine takes over and ends with the very same numbers: it pays
for its start only where there is something to gain.
"""

import sys
from array import array
from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from importlib.util import find_spec
from time import monotonic

from analysis.model.exploration import Exploration, Graph
from analysis.model.symmetry import Reduced, Symmetry
from analysis.model.tries import Tries


@dataclass(frozen=True, slots=True)
class Limits:
    """When to give up: a number of states, and seconds."""

    states: int = 2_000_000
    seconds: float = 120.0


class Engine(StrEnum):
    """Who walks the tries. `AUTO` begins in Python and goes on compiled where that pays."""

    AUTO = "auto"
    PYTHON = "python"
    COMPILED = "compiled"


Progress = Callable[[int, int], None]
"""Called now and then on long runs with (states found, states expanded)."""

_LOOK_UP = 1 << 12
_WARM, _COLD = 1 << 10, 40_000
"""States after which the compiled engine takes over: once it is loaded, and before that."""


def explore(
    tries: Tries,
    limits: Limits | None = None,
    progress: Progress | None = None,
    *,
    keep: bool = True,
    engine: Engine = Engine.AUTO,
    symmetry: Symmetry | None = None,
) -> Exploration:
    """Find all reachable states, or as many as the limits allow; Ctrl-C propagates as KeyboardInterrupt.

    `keep` has all transitions listed, which liveness needs and nothing else does. With `symmetry` they never
    are: a run that repeats itself up to a change of places need not repeat itself. The search then stays in
    Python, and raises ModelError where the tasks turn out not to be equal.
    """
    if symmetry and symmetry.groups:
        return _explore_reduced(tries, _Clock(limits or Limits(), progress), symmetry)
    clock = _Clock(limits or Limits(), progress)
    walk = _Walk(tries, keep)
    stopped = walk.run(clock, _python_until(engine))
    if stopped is None:
        return _go_on_compiled(walk, clock)
    return walk.exploration(clock.elapsed, stopped)


def _explore_reduced(tries: Tries, clock: "_Clock", symmetry: Symmetry) -> Reduced:
    """Explore one state of those that equal tasks make of each other."""
    walk = _Walk(tries, keep=False, symmetry=symmetry)
    stopped = walk.run(clock, until=None) or ""
    symmetry.check()
    return Reduced(
        tries,
        walk.states,
        walk.parent,
        walk.ends,
        walk.expanded,
        walk.transitions,
        clock.elapsed,
        stopped,
        symmetry=symmetry,
    )


def _python_until(engine: Engine) -> int | None:
    """How many states Python explores before the compiled engine takes over; None: all of them."""
    if engine is Engine.COMPILED:
        return 1
    if engine is Engine.PYTHON or find_spec("numba") is None:
        return None
    return _WARM if "analysis.model.kernel" in sys.modules else _COLD


class _Clock:
    """The limits of one search, and when it began."""

    def __init__(self, limits: Limits, progress: Progress | None) -> None:
        self.limits = limits
        self._progress = progress
        self._begin = monotonic()

    @property
    def elapsed(self) -> float:
        """Seconds since the beginning."""
        return monotonic() - self._begin

    def look(self, found: int, expanded: int) -> str:
        """Report progress; names the limit on time once it is reached."""
        if self.elapsed > self.limits.seconds:
            return f"time limit of {self.limits.seconds:g} s reached"
        if self._progress:
            self._progress(found, expanded)
        return ""

    @property
    def too_many(self) -> str:
        """The name of the limit on states."""
        return f"state limit of {self.limits.states:,} reached"


class _Walk:
    """A search in plain Python: the meaning of the tries, which the compiled engine is tested against."""

    def __init__(self, tries: Tries, keep: bool, symmetry: Symmetry | None = None) -> None:
        self.tries = tries
        self.states = [tries.initial]
        self.parent = array("Q", [0])
        self.ends = array("Q")
        self.expanded = self.transitions = 0
        self.kept = Graph(array("q", [0]), array("q"), array("q")) if keep else None
        self._numbers = {tries.initial: 0}
        self._canonical = symmetry.canonical if symmetry else None

    def run(self, clock: _Clock, until: int | None) -> str | None:
        """Explore; returns the limit that was hit, "" at the end, None where another engine takes over."""
        states, numbers, walk = self.states, self._numbers, self.tries.walk
        tasks, canonical = range(len(self.tries.machine.program.tasks)), self._canonical
        limit = clock.limits.states
        first, target, taken = array("q"), array("q"), array("q")
        stopped: str | None = ""
        head = 0
        while head < len(states):
            if until is not None and len(states) >= until:
                stopped = None
                break
            state = states[head]
            before = len(target)
            for task in tasks:
                for edge in walk(task, state, head).edges:
                    found = (state & edge.keep) | edge.put
                    if canonical:
                        found = canonical(found)
                    number = numbers.get(found)
                    if number is None:
                        number = numbers[found] = len(states)
                        states.append(found)
                        self.parent.append(head)
                    target.append(number)
                    taken.append(edge.number)
            if len(target) == before:
                self.ends.append(head)
            head += 1
            first.append(len(target))
            if len(states) > limit:
                stopped = clock.too_many
                break
            if not head % _LOOK_UP:
                stopped = clock.look(len(states), head)
                if stopped:
                    break
        self.expanded, self.transitions = head, len(target)
        if self.kept:
            self.kept = Graph(array("q", [0]) + first, target, taken)
        return "" if head == len(states) else stopped

    def exploration(self, seconds: float, stopped: str) -> Exploration:
        """What was found."""
        return Exploration(
            self.tries,
            self.states,
            self.parent,
            self.ends,
            self.expanded,
            self.transitions,
            seconds,
            stopped,
            self.kept,
        )


def _go_on_compiled(walk: _Walk, clock: _Clock) -> Exploration:
    """Explore the rest with the kernel."""
    from analysis.model import compiled, kernel  # loading numba takes as long as a small search

    books = compiled.Books(
        walk.tries, walk.states, walk.parent, walk.ends, walk.expanded, walk.transitions, walk.kept
    )
    stopped = ""
    while not stopped:
        status = books.advance(clock.limits.states)
        if status == kernel.COMPLETE or books.expanded == books.found:
            break
        stopped = clock.too_many if status == kernel.LIMIT else clock.look(books.found, books.expanded)
    memory = books.memory
    return Exploration(
        walk.tries,
        books.states(),
        books.parent,
        books.ends,
        books.expanded,
        books.transitions,
        clock.elapsed,
        stopped,
        books.kept(),
        memory,
        Engine.COMPILED.value,
    )
