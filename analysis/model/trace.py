"""From a path of states to lines that a kernel developer reads: task, source line, text, fields changed."""

from collections.abc import Sequence

from analysis.model.behaviour import Waiting
from analysis.model.exploration import Exploration
from analysis.model.result import TraceStep
from analysis.model.tries import Edge

Path = Sequence[tuple[int, int]]
"""(state, edge taken from it), in order."""


class Tracer:
    """Renders paths of one exploration."""

    def __init__(self, exploration: Exploration) -> None:
        self._exploration = exploration
        self._tries = exploration.tries
        self._program = exploration.tries.machine.program

    def render(self, path: Path) -> tuple[TraceStep, ...]:
        """The steps of a path."""
        return tuple(self.step(self._exploration.states[s], self._tries.edges[e]) for s, e in path)

    def to(self, state: int) -> tuple[TraceStep, ...]:
        """A shortest way from the initial state."""
        return tuple(self.step(packed, edge) for packed, edge in self._exploration.run_to(state))

    def step(self, state: int, edge: Edge) -> TraceStep:
        """One step from a packed state."""
        place = edge.outcome.place
        text = place.text
        if edge.outcome.chosen:
            text += "  [" + ", ".join(_shown(c) for c in edge.outcome.chosen) + "]"
        return TraceStep(
            self._program.tasks[edge.task].name,
            place.line,
            text,
            self._changes(state, edge),
            place.function,
            place.file,
        )

    def blocked(self, task: int, waiting: Waiting, text: str) -> TraceStep:
        """The statement at which a task can't go on, as a last step that changes nothing."""
        place = waiting.place
        name = self._program.tasks[task].name
        return TraceStep(name, place.line, f"{place.text}  [{text}]", {}, place.function, place.file)

    def _changes(self, state: int, edge: Edge) -> dict[str, str]:
        changes = {}
        for at, code in edge.outcome.writes:
            cell = self._program.cells[at]
            before = self._tries.layout.code(state, at)
            if before != code:
                changes[cell.name] = f"{cell.shown(before)} → {cell.shown(code)}"
        return changes


def _shown(value: object) -> str:
    name = getattr(value, "struct_name", "") or getattr(value, "__name__", "")
    return str(name or value)
