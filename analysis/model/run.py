"""One pass over a step of a task: from a point of its control, with one sequence of choices, to its end."""

import traceback
from collections.abc import Iterator
from typing import Any

from analysis.model import code as op
from analysis.model.behaviour import Frame, Place, Point, Waiting
from analysis.model.compiler import is_model_function
from analysis.model.errors import ModelError
from analysis.model.program import Program
from analysis.model.step import Blocked, Halt, Kind, Pause, Step, running

MOST_INSTRUCTIONS = 100_000
MOST_FRAMES = 64


class Run:
    """A step while it runs: the frames, and what has been seen so far."""

    def __init__(self, program: Program, step: Step, point: Point) -> None:
        self._program = program
        self._step = step
        self._frames = [Active(f.code, f.at, dict(f.locals)) for f in point.frames]
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

    def _execute(self, frame: "Active", instruction: op.Instruction) -> None:
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

    def _call(self, frame: "Active", instruction: op.Call) -> None:
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

    def _return(self, frame: "Active", instruction: op.Return) -> None:
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


class Active:
    """A frame while it runs."""

    __slots__ = ("at", "code", "current", "locals")

    def __init__(self, code: op.Code, at: int, values: dict[str, Any]) -> None:
        self.code, self.at, self.current, self.locals = code, at, at, values

    def read(self, names: tuple[str, ...]) -> Iterator[Any]:
        """The values of some locals."""
        for name in names:
            if name not in self.locals:
                raise ModelError(f"local {name!r} may be read before it is set", hint="set it on every path")
            yield self.locals[name]

    def write(self, names: tuple[str, ...], values: tuple[Any, ...]) -> None:
        """Set some locals, to values that can't change."""
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


def enter(code: op.Code, args: tuple[Any, ...], keywords: dict[str, Any]) -> Active:
    """A frame at the beginning of a function."""
    try:
        bound = code.parameters.bind(*args, **keywords)
    except TypeError as error:
        raise ModelError(f"{code.name}(): {error}", file=code.file, line=code.line) from None
    bound.apply_defaults()
    frame = Active(code, 0, {})
    frame.write(tuple(bound.arguments), tuple(bound.arguments.values()))
    return frame
