"""Running one step of one task: from a point of its control to every point that the step can lead to."""

from collections.abc import Callable, Sequence

from analysis.model.behaviour import Frame, Leaf, Outcome, Place, Point, Waiting
from analysis.model.errors import ModelError
from analysis.model.program import Program
from analysis.model.run import Run, enter
from analysis.model.step import Context, Dependency, Held, Step

MOST_OUTCOMES = 4_096


class Machine:
    """A program's tasks as explicit machines; points of control are numbered per task as they are found.

    `equal` are groups of tasks that share their numbering, so that they can change places.
    """

    def __init__(self, program: Program, audit: bool = False, equal: Sequence[Sequence[int]] = ()) -> None:
        self.program = program
        self.audit = audit
        self.points: list[list[Point]] = [[] for _ in program.tasks]
        self.initial: list[int] = []
        self._numbers: list[dict[Point, int]] = [{} for _ in program.tasks]
        for first, *others in equal:
            for other in others:
                self.points[other], self._numbers[other] = self.points[first], self._numbers[first]
        # dicts for sets: a replay finds further histories, which go behind those at hand
        self._histories: list[dict[int, dict[tuple[Frame, ...], None]]] = [{} for _ in program.tasks]
        for k, task in enumerate(program.tasks):
            start = enter(program.code(task.function), task.args, {})
            kept = tuple(sorted((n, v) for n, v in start.locals.items() if n in start.code.alive[0]))
            self.initial.append(self._number(k, Point((Frame(start.code, 0, kept),))))

    def _number(self, task: int, point: Point) -> int:
        numbers = self._numbers[task]
        if point not in numbers:
            numbers[point] = len(numbers)
            self.points[task].append(point)
        return numbers[point]

    def step(self, task: int, number: int, read_code: Callable[[int], int]) -> Leaf:
        """All that a task can do from a point. `read_code` gives the code of a cell, by its index."""
        return self._step(task, number, self.points[task][number], read_code)

    def _step(self, task: int, number: int, point: Point, read_code: Callable[[int], int]) -> Leaf:
        if point.over:
            return Leaf(task, number, over=True)
        outcomes: list[Outcome] = []
        waiting: Waiting | None = None
        dependencies: dict[Dependency, None] = {}
        checked: set[str] = set()
        lines: set[tuple[str, int]] = set()
        choices: list[int] = []
        while True:
            step = Step(
                task=task,
                context=point.context,
                cells=self.program.cells,
                index=self.program.index,
                settings=self.program.settings,
                read_code=read_code,
                choices=choices,
            )
            run = Run(self.program, step, point)
            run.run()
            dependencies.update(dict.fromkeys(step.dependencies))
            checked |= step.checked
            lines |= run.lines
            if run.waiting:
                # a block that has to wait in the middle has not happened: only a whole step counts
                waiting = waiting or run.waiting
            else:
                outcomes.append(self._outcome(task, run, step, choices))
            if len(outcomes) > MOST_OUTCOMES:
                raise ModelError(f"a step has more than {MOST_OUTCOMES} outcomes").at(*step.place)
            following = _next_choices(choices, step.arities)
            if following is None:
                break
            choices = following
        return Leaf(
            task,
            number,
            tuple(outcomes),
            None if outcomes else waiting,
            False,
            tuple(dependencies),
            frozenset(checked),
            frozenset(lines),
        )

    def _outcome(self, task: int, run: Run, step: Step, choices: list[int]) -> Outcome:
        frames = run.frames()
        point = Point(frames, step.context if frames else Context(), run.halted)
        number = self._number(task, point)
        if self.audit and frames:
            self._histories[task].setdefault(number, {})[run.frames(pruned=False)] = None
        return Outcome(
            tuple(sorted(step.writes.items())),
            number,
            _merged(run.touched),
            tuple(choices) + (0,) * (len(step.arities) - len(choices)),
            tuple(step.chosen),
            tuple(step.violations),
            step.progress,
        )

    def held(self, task: int, number: int) -> tuple[Held, ...]:
        """The locks that a task holds at a point."""
        return self.points[task][number].context.held

    def check_histories(self, leaf: Leaf, codes: dict[int, int], done: int = 0) -> int:
        """Run a step again from every full history that led to its point, dead locals included.

        All of them must do the same; if not, the analysis of live locals is wrong, and so is every verdict.
        The first `done` histories are taken as checked; returns how many are now. A step run again from a
        full history leads to longer ones, even back to its own point, so there may be more afterwards.
        """
        point = self.points[leaf.task][leaf.point]
        histories = list(self._histories[leaf.task].get(leaf.point, ()))
        for frames in histories[done:]:
            again = self._step(
                leaf.task, leaf.point, Point(frames, point.context, point.halted), codes.__getitem__
            )
            if again != leaf:
                raise ModelError(
                    f"two histories of {self.program.tasks[leaf.task].name!r} were taken for one"
                )
        return len(histories)


def _next_choices(choices: list[int], arities: list[int]) -> list[int] | None:
    """The next sequence of choices in order, or None after the last one."""
    taken = choices + [0] * (len(arities) - len(choices))
    for at in reversed(range(len(taken))):
        if taken[at] + 1 < arities[at]:
            return [*taken[:at], taken[at] + 1]
    return None


def _merged(touched: list[Place]) -> Place:
    """One place for a step; the statements of an atomic block are shown side by side."""
    if not touched:
        return Place("", 0, "", "")
    texts = list(dict.fromkeys(p.text for p in touched))
    return Place(touched[0].file, touched[0].line, "; ".join(texts), touched[0].function)
