"""A program: tasks under settings, their shared cells found and laid out."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from types import FunctionType
from typing import Any

from analysis.model.code import Code
from analysis.model.compiler import compile_function, is_model_function, referenced_values
from analysis.model.errors import ModelError
from analysis.model.fields import (
    Cell,
    CellKey,
    Family,
    Struct,
    cells_of,
    declarations,
)
from analysis.model.settings import Settings


@dataclass(frozen=True, slots=True)
class Task:
    """A thread of control: a model function and its arguments, under the name that traces give it.

    A daemon may wait for ever without that being a deadlock.
    """

    name: str
    function: Callable[..., object]
    args: tuple[Any, ...] = ()
    daemon: bool = False


@dataclass(frozen=True)
class Program:
    """Tasks and settings, ready to run. `cells` are all the shared state there is."""

    tasks: tuple[Task, ...]
    settings: Settings
    cells: tuple[Cell, ...]
    index: dict[CellKey, int]
    _codes: dict[FunctionType, Code] = field(default_factory=dict, repr=False)

    def code(self, function: object) -> Code:
        """A function's compiled form, made on first use."""
        if not isinstance(function, FunctionType):
            raise ModelError(f"{function!r} is no model function")
        if function not in self._codes:
            self._codes[function] = compile_function(function, self.settings)
        return self._codes[function]

    @property
    def codes(self) -> tuple[Code, ...]:
        """The functions compiled so far, in order of first use."""
        return tuple(self._codes.values())


def build(tasks: Sequence[Task], settings: Mapping[str, int] | None = None) -> Program:
    """Find all that the tasks share and lay it out; raises ModelError for a model that can't be built."""
    if not tasks:
        raise ModelError("a program needs at least one task")
    names = [t.name for t in tasks]
    if len(set(names)) < len(names):
        raise ModelError("two tasks have one name", hint="traces could not tell them apart")
    known: Settings = {**(settings or {}), "tasks": len(tasks)}
    structs = _find_structs(tasks, known)
    cells = [cell for struct, name in structs.items() for cell in cells_of(struct, name, known)]
    program = Program(tuple(tasks), known, tuple(cells), {c.key: k for k, c in enumerate(cells)})
    for task in tasks:
        program.code(task.function)
    return program


def _find_structs(tasks: Sequence[Task], settings: Settings) -> dict[Struct, str]:
    """Every struct that can be reached from the tasks' functions and arguments, with the name for traces."""
    found: dict[Struct, str] = {}
    seen: set[int] = set()

    def visit(value: Any, name: str) -> None:
        if id(value) in seen and not isinstance(value, Struct):
            return
        seen.add(id(value))
        if isinstance(value, Struct):
            if value in found:
                return
            found[value] = value.struct_name or name
            for declared in declarations(type(value)).values():
                for struct in declared.structs():
                    visit(struct, type(struct).__name__.lower())
            for member, constant in vars(value).items():
                visit(constant, f"{found[value]}.{member}")
        elif isinstance(value, Family):
            for k, struct in enumerate(value.resized(settings)):
                visit(struct, f"{name}[{k}]")
        elif isinstance(value, tuple | list):
            for k, item in enumerate(value):
                visit(item, f"{name}[{k}]")
        elif is_model_function(value):
            for known, referenced in referenced_values(value):
                visit(referenced, known)
        for struct in getattr(value, "__structs__", ()):
            visit(struct, type(struct).__name__.lower())

    for task in tasks:
        visit(task.function, task.name)
        for k, argument in enumerate(task.args):
            visit(argument, f"{task.name}.{k}")
    _refuse_equal_names(found)
    return found


def _refuse_equal_names(found: dict[Struct, str]) -> None:
    names = list(found.values())
    for name in names:
        if names.count(name) > 1:
            raise ModelError(f"two structs are called {name!r}", hint="give one of them a name of its own")
