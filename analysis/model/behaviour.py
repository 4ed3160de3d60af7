"""Records of what a task does: where it stands, what a step of it leads to."""

from dataclasses import dataclass, field
from typing import Any

from analysis.model.code import Code
from analysis.model.step import Context, Dependency, Violation, Wait

Locals = tuple[tuple[str, Any], ...]


@dataclass(frozen=True, slots=True)
class Frame:
    """One function in progress: the next instruction and the locals that matter from there on."""

    code: Code
    at: int
    locals: Locals


@dataclass(frozen=True, slots=True)
class Point:
    """Where a task stands between two steps; no frames means that it is over."""

    frames: tuple[Frame, ...]
    context: Context = field(default_factory=Context)
    halted: bool = False

    @property
    def over(self) -> bool:
        """Whether the task has returned or stopped."""
        return not self.frames


@dataclass(frozen=True, slots=True)
class Place:
    """A source line as a trace shows it."""

    file: str
    line: int
    text: str
    function: str


@dataclass(frozen=True, slots=True)
class Outcome:
    """One way that a step can go: cells written (index, code), where the task is then, what was noticed."""

    writes: tuple[tuple[int, int], ...]
    point: int
    place: Place
    choices: tuple[int, ...] = ()
    chosen: tuple[Any, ...] = ()
    violations: tuple[Violation, ...] = ()
    progress: bool = False


@dataclass(frozen=True, slots=True)
class Waiting:
    """Why a step can't be taken."""

    wait: Wait
    what: str
    lock: Any
    place: Place
    violations: tuple[Violation, ...] = ()


@dataclass(frozen=True, slots=True)
class Leaf:
    """All that a step does, given what it reads: outcomes, or what it waits for, or neither: it is over."""

    task: int
    point: int
    outcomes: tuple[Outcome, ...] = ()
    waiting: Waiting | None = None
    over: bool = False
    dependencies: tuple[Dependency, ...] = ()
    checked: frozenset[str] = frozenset()
    lines: frozenset[tuple[str, int]] = frozenset()
