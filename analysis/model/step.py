"""One step of one task while it runs: reads are recorded, writes are held back until it ends."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Any, Protocol, TypeVar

from analysis.model.errors import ModelError

if TYPE_CHECKING:
    from analysis.model.fields import Cell, CellKey
    from analysis.model.settings import Settings

T = TypeVar("T")
F = TypeVar("F", bound=Callable[..., Any])


class Kind(StrEnum):
    """What can be wrong with a behaviour; one property of each kind is checked of every model."""

    ASSERTION = "assertion"
    DEADLOCK = "deadlock"
    SELF_DEADLOCK = "self-deadlock"
    SLEEP_IN_ATOMIC = "sleep while atomic"
    RETURN_HOLDING = "return while holding"
    UNBALANCED = "unbalanced unlock"
    USE_AFTER_PUT = "use after the last put"
    LOCK_ORDER = "lock order"
    MISSED_WAKEUP = "missed wake-up"
    LIVELOCK = "livelock"
    STARVATION = "starvation"


class Wait(StrEnum):
    """What a blocked task waits for."""

    LOCK = "lock"
    SLEEP = "sleep"
    CONDITION = "condition"


class LockKind(Protocol):
    """What a step needs to know of a lock to keep the books of a task."""

    @property
    def lock_class(self) -> str:
        """The name that lockdep would use: the same for the same member of all structs of a type."""

    @property
    def followed(self) -> bool:
        """Whether lockdep follows locks of this type."""

    @property
    def spins(self) -> bool:
        """Whether holding it forbids sleeping."""


@dataclass(frozen=True, slots=True)
class Held:
    """A lock that a task holds, and how."""

    lock: Any
    mode: str
    lock_class: str


@dataclass(frozen=True, slots=True)
class Context:
    """What a task carries besides its frames: locks held in order of taking, RCU read-side nesting."""

    held: tuple[Held, ...] = ()
    rcu: int = 0


@dataclass(frozen=True, slots=True)
class Violation:
    """Something that must not happen and did, at a source line."""

    kind: Kind
    message: str
    file: str = ""
    line: int = 0


@dataclass(frozen=True, slots=True)
class Dependency:
    """A lock class asked for while another one is held: an edge of lockdep's graph."""

    held: str
    wanted: str
    held_instance: str
    wanted_instance: str
    file: str
    line: int


class Pause(Exception):  # noqa: N818  (control flow, no error)
    """The step ends before the statement that raised this."""


class Blocked(Exception):  # noqa: N818
    """The statement can't run now."""

    def __init__(self, wait: Wait, what: str, lock: Any = None) -> None:
        self.wait, self.what, self.lock = wait, what, lock
        super().__init__(what)


class Halt(Exception):  # noqa: N818
    """The task stops here for good, as after BUG()."""


class Step:
    """The recorder handed to every shared field and primitive while one step of one task runs.

    One statement that touches shared state is a step. The first touch of a second one raises Pause.
    """

    def __init__(
        self,
        *,
        task: int,
        context: Context,
        cells: "Sequence[Cell]",
        index: "dict[CellKey, int]",
        settings: "Settings",
        read_code: Callable[[int], int],
        choices: list[int],
    ) -> None:
        self.task = task
        self.settings = settings
        self.held = list(context.held)
        self.rcu = context.rcu
        self.writes: dict[int, int] = {}
        self.violations: list[Violation] = []
        self.dependencies: list[Dependency] = []
        self.checked: set[str] = set()
        self.chosen: list[Any] = []
        self.arities: list[int] = []
        self.progress = False
        self.atomic = 0
        self.place = ("", 0)
        self._cells, self._index, self._read_code, self._choices = cells, index, read_code, choices
        self._spent = False
        self._touching = False

    @property
    def tasks(self) -> int:
        """Number of tasks of the program."""
        return self.settings["tasks"]

    @property
    def context(self) -> Context:
        """What the task carries on to its next step."""
        return Context(tuple(self.held), self.rcu)

    def begin(self) -> None:
        """A new statement starts."""
        self._touching = self.atomic > 0

    def end(self) -> bool:
        """The statement is over; says whether it was the one that makes up this step."""
        touched = self._touching
        if touched and not self.atomic:
            self._spent = True
        return touched

    def enter_atomic(self) -> None:
        """All that follows belongs to one step."""
        if not self.atomic:
            self.touch()
        self.atomic += 1

    def leave_atomic(self) -> None:
        """The statements that were one step are over."""
        self.atomic -= 1
        self._touching = True
        self.end()

    def touch(self) -> None:
        """Shared state is about to be used: ends the step if it has had its statement."""
        if self._spent and not self._touching:
            raise Pause
        self._touching = True

    def read(self, key: "CellKey") -> Any:
        """The value of a cell as this step sees it."""
        self.touch()
        at = self._find(key)
        code = self.writes[at] if at in self.writes else self._read_code(at)
        return self._cells[at].domain.values[code]

    def write(self, key: "CellKey", value: Any) -> None:
        """Set a cell when the step ends."""
        self.touch()
        at = self._find(key)
        cell = self._cells[at]
        self.writes[at] = cell.domain.encode(value, cell.name)

    def name(self, key: "CellKey") -> str:
        """The name of a cell in traces."""
        return self._cells[self._find(key)].name

    def _find(self, key: "CellKey") -> int:
        try:
            return self._index[key]
        except KeyError:
            raise ModelError(
                f"{type(key.struct).__name__}.{key.member} is not part of this program",
                hint="keep the struct in a module-level name or pass it to the task",
            ) from None

    def choose(self, options: Sequence[T]) -> T:
        """One of the options; the explorer takes each of them in turn."""
        if not options:
            raise ModelError("any_of() was given nothing to choose from")
        self.touch()
        at = len(self.arities)
        self.arities.append(len(options))
        taken = options[self._choices[at] if at < len(self._choices) else 0]
        self.chosen.append(taken)
        return taken

    def report(self, kind: Kind, message: str) -> None:
        """A violation at the current line; the task goes on, so that one fault hides no other."""
        self.violations.append(Violation(kind, message, *self.place))

    def depend(self, lock_class: str, instance: str) -> None:
        """A lock is asked for: one edge from every followed lock that is held, as lockdep does."""
        for held in self.held:
            if held.lock.followed:
                edge = Dependency(held.lock_class, lock_class, str(held.lock), instance, *self.place)
                self.dependencies.append(edge)


_running: list[Step] = []


def current() -> Step:
    """The step that is running; an error outside a model."""
    if not _running:
        raise ModelError(
            "shared state was used outside a model", hint="only functions run as tasks may use it"
        )
    return _running[-1]


class running:  # noqa: N801  (reads as a statement: `with running(step):`)
    """Make a step the current one."""

    def __init__(self, step: Step) -> None:
        self._step = step

    def __enter__(self) -> Step:
        _running.append(self._step)
        return self._step

    def __exit__(self, *exc: object) -> None:
        _running.pop()


def primitive(function: F) -> F:
    """Mark a function as part of the language: it runs as written instead of being compiled."""
    function.__primitive__ = True  # type: ignore[attr-defined]
    return function


def uses(*structs: Any) -> Callable[[F], F]:
    """Say which hidden structs a primitive keeps its state in, so that a program that calls it has them."""

    def mark(function: F) -> F:
        function.__structs__ = structs  # type: ignore[attr-defined]
        return function

    return mark
