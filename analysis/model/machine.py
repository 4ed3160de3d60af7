"""Running one step of one task: from a point of its control to every point that the step can lead to."""

import traceback
from collections.abc import Callable, Iterator
from typing import Any

from analysis.model import code as op
from analysis.model.behaviour import Frame, Leaf, Outcome, Place, Point, Waiting
from analysis.model.compiler import is_model_function
from analysis.model.errors import ModelError
from analysis.model.program import Program
from analysis.model.step import (
    Blocked,
    Context,
    Dependency,
    Halt,
    Held,
    Kind,
    Pause,
    Step,
    running,
)

MOST_INSTRUCTIONS = 100_000
MOST_FRAMES = 64
MOST_OUTCOMES = 4_096


class _Run:
    """One pass over a step with one sequence of choices."""

    def __init__(self, program: Program, step: Step, point: Point) -> None:
        self._program = program
        self._step = step
        self._frames = [_Active(f.code, f.at, dict(f.locals)) for f in point.frames]
        for caller in self._frames[:-1]:
            caller.current = caller.at - 1  # it stands behind its call
        self._blocks = 0
        self.touched: list[Place] = []
        self.lines: set[tuple[str, int]] = set()
        self.halted = False
        self.waiting: Waiting | None = None

    def run(self) -> None:
        """Go on until the step is over."""
        with running(self._step):
            for _ in range(MOST_INSTRUCTIONS):
                if not self._frames or not self._instruction():
                    return
        raise ModelError(
            "a loop doesn't come to an end without touching shared state", hint="let it wait for something"
        ).at(*self._place()[:2])

    def frames(self, pruned: bool = True) -> tuple[Frame, ...]:
        """The frames between steps. Dead locals are left out, or the same state would have many names."""
        frames = []
        for depth, frame in enumerate(self._frames):
            alive = frame.code.alive[frame.at]
            if depth + 1 < len(self._frames):
                # a caller resumes behind its call, whose target the callee is about to set
                call = frame.code.instructions[frame.at - 1]
                alive -= op.writes_of(call)
            kept = sorted((n, v) for n, v in frame.locals.items() if not pruned or n in alive)
            frames.append(Frame(frame.code, frame.at, tuple(kept)))
        return tuple(frames)

    def _place(self) -> tuple[str, int, str, str]:
        """File, line, text and function to show: the innermost one that isn't the library's own."""
        for frame in reversed(self._frames):
            if not frame.code.library or frame is self._frames[0]:
                instruction = frame.code.instructions[frame.current]
                return frame.code.file, instruction.line, instruction.text, frame.code.name
        return "", 0, "", ""

    def _instruction(self) -> bool:
        """Run the next instruction; False ends the step before it."""
        frame, step = self._frames[-1], self._step
        frame.current = frame.at
        instruction = frame.code.instructions[frame.at]
        file, line, text, _ = place = self._place()
        step.place = (file, line)
        step.begin()
        try:
            self._execute(frame, instruction)
        except Pause:
            return False
        except Blocked as blocked:
            self.waiting = Waiting(
                blocked.wait, blocked.what, blocked.lock, Place(*place), tuple(step.violations)
            )
            return False
        except Halt:
            self._frames.clear()
            self.halted = True
        except ModelError as error:
            raise error.at(file, line) from error
        except Exception as error:
            where = traceback.extract_tb(error.__traceback__)[-1]
            raise ModelError(
                f"{type(error).__name__}: {error} in {text!r}",
                hint=f"raised at {where.filename}:{where.lineno}",
            ).at(file, line) from error
        if instruction.text:
            self.lines.add((frame.code.file, instruction.line))
        if step.end() and text and not isinstance(instruction, op.Enter | op.Leave):
            self.touched.append(Place(*place))
        return True

    def _execute(self, frame: "_Active", instruction: op.Instruction) -> None:
        if isinstance(instruction, op.Run):
            values = instruction.function(*frame.read(instruction.reads))
            frame.write(instruction.writes, values)
        elif isinstance(instruction, op.Branch):
            if not instruction.function(*frame.read(instruction.reads)):
                frame.at = instruction.otherwise
                return
        elif isinstance(instruction, op.Jump):
            frame.at = instruction.target
            return
        elif isinstance(instruction, op.Advance):
            remaining = frame.locals[instruction.remaining]
            if not remaining:
                frame.at = instruction.otherwise
                return
            frame.locals[instruction.item], frame.locals[instruction.remaining] = remaining[0], remaining[1:]
        elif isinstance(instruction, op.Call):
            self._call(frame, instruction)
            return
        elif isinstance(instruction, op.Return):
            self._return(frame, instruction)
            return
        elif isinstance(instruction, op.Enter):
            self._step.enter_atomic()
        elif isinstance(instruction, op.Leave):
            self._step.leave_atomic()
        frame.at += 1

    def _call(self, frame: "_Active", instruction: op.Call) -> None:
        callee, args, keywords = instruction.function(*frame.read(instruction.reads))
        if not is_model_function(callee):
            if not hasattr(callee, "__primitive__"):
                raise ModelError(f"{callee!r} is no model function", hint="call functions of the model only")
            frame.write((instruction.target,), (callee(*args, **keywords),))
            frame.at += 1
            return
        if len(self._frames) >= MOST_FRAMES:
            raise ModelError(f"calls are nested more than {MOST_FRAMES} deep", hint="recursion must end")
        frame.at += 1
        self._frames.append(enter(self._program.code(callee), args, keywords))

    def _return(self, frame: "_Active", instruction: op.Return) -> None:
        value = instruction.function(*frame.read(instruction.reads))
        self._frames.pop()
        for _ in range(instruction.atomic_blocks):
            self._step.leave_atomic()
        if self._frames:
            caller = self._frames[-1]
            call = caller.code.instructions[caller.at - 1]
            caller.write(tuple(op.writes_of(call)), (value,))
        elif self._step.held:
            names = ", ".join(str(h.lock) for h in self._step.held)
            self._step.report(Kind.RETURN_HOLDING, f"{frame.code.name}() returns holding {names}")


class _Active:
    """A frame while it runs."""

    __slots__ = ("at", "code", "current", "locals")

    def __init__(self, code: op.Code, at: int, values: dict[str, Any]) -> None:
        self.code, self.at, self.current, self.locals = code, at, at, values

    def read(self, names: tuple[str, ...]) -> Iterator[Any]:
        for name in names:
            if name not in self.locals:
                raise ModelError(f"local {name!r} may be read before it is set", hint="set it on every path")
            yield self.locals[name]

    def write(self, names: tuple[str, ...], values: tuple[Any, ...]) -> None:
        for name, value in zip(names, values, strict=True):
            if isinstance(value, float):
                raise ModelError(f"{name} = {value!r} is no integer", hint="divide with //")
            try:
                hash(value)
            except TypeError:
                raise ModelError(
                    f"{name} holds a {type(value).__name__}, which can change", hint="keep a tuple"
                ) from None
            self.locals[name] = value


def enter(code: op.Code, args: tuple[Any, ...], keywords: dict[str, Any]) -> _Active:
    """A frame at the beginning of a function."""
    try:
        bound = code.parameters.bind(*args, **keywords)
    except TypeError as error:
        raise ModelError(f"{code.name}(): {error}", file=code.file, line=code.line) from None
    bound.apply_defaults()
    frame = _Active(code, 0, {})
    frame.write(tuple(bound.arguments), tuple(bound.arguments.values()))
    return frame


class Machine:
    """A program's tasks as explicit machines; points of control are numbered per task as they are found."""

    def __init__(self, program: Program, audit: bool = False) -> None:
        self.program = program
        self.audit = audit
        self.points: list[list[Point]] = [[] for _ in program.tasks]
        self.initial: list[int] = []
        self._numbers: list[dict[Point, int]] = [{} for _ in program.tasks]
        self._histories: list[dict[int, set[tuple[Frame, ...]]]] = [{} for _ in program.tasks]
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
            run = _Run(self.program, step, point)
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

    def _outcome(self, task: int, run: _Run, step: Step, choices: list[int]) -> Outcome:
        frames = run.frames()
        point = Point(frames, step.context if frames else Context(), run.halted)
        number = self._number(task, point)
        if self.audit and frames:
            self._histories[task].setdefault(number, set()).add(run.frames(pruned=False))
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

    def check_histories(self, leaf: Leaf, codes: dict[int, int]) -> None:
        """Run a step again from every full history that led to its point, dead locals included.

        All of them must do the same; if not, the analysis of live locals is wrong, and so is every verdict.
        """
        point = self.points[leaf.task][leaf.point]
        for frames in self._histories[leaf.task].get(leaf.point, ()):
            again = self._step(
                leaf.task, leaf.point, Point(frames, point.context, point.halted), codes.__getitem__
            )
            if again != leaf:
                raise ModelError(
                    f"two histories of {self.program.tasks[leaf.task].name!r} were taken for one"
                )


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
