"""The instructions that a model function is compiled to, and which locals are alive between them."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

Values = tuple[Any, ...]


@dataclass(frozen=True, slots=True)
class Instruction:
    """One instruction; `line` and `text` are those of the statement that it comes from."""

    line: int
    text: str


@dataclass(frozen=True, slots=True)
class Run(Instruction):
    """Evaluate a simple statement: `function(*reads)` gives the new values of `writes`."""

    function: Callable[..., Values]
    reads: tuple[str, ...]
    writes: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Branch(Instruction):
    """Go on if the test holds, else jump."""

    function: Callable[..., Any]
    reads: tuple[str, ...]
    otherwise: int


@dataclass(frozen=True, slots=True)
class Jump(Instruction):
    """Go on elsewhere."""

    target: int


@dataclass(frozen=True, slots=True)
class Advance(Instruction):
    """Take the next item of a loop, or leave it. What remains to be visited is a local like any other."""

    remaining: str
    item: str
    otherwise: int


@dataclass(frozen=True, slots=True)
class Call(Instruction):
    """Enter another model function: `function(*reads)` gives the callee and its arguments."""

    function: Callable[..., tuple[Any, Values, dict[str, Any]]]
    reads: tuple[str, ...]
    target: str


@dataclass(frozen=True, slots=True)
class Return(Instruction):
    """Leave the function, and so many atomic blocks with it."""

    function: Callable[..., Any]
    reads: tuple[str, ...]
    atomic_blocks: int


@dataclass(frozen=True, slots=True)
class Enter(Instruction):
    """An atomic block begins."""


@dataclass(frozen=True, slots=True)
class Leave(Instruction):
    """An atomic block ends."""


@dataclass(frozen=True, slots=True, eq=False)
class Code:
    """A compiled function. `alive[k]` are the locals that instruction k or a later one may still read."""

    name: str
    file: str
    line: int
    parameters: Any
    instructions: tuple[Instruction, ...]
    alive: tuple[frozenset[str], ...] = field(default=())
    library: bool = False

    def __repr__(self) -> str:
        return f"<code {self.name}>"


def reads_of(instruction: Instruction) -> frozenset[str]:
    """The locals that an instruction reads."""
    if isinstance(instruction, Advance):
        return frozenset((instruction.remaining,))
    if isinstance(instruction, Run | Branch | Call | Return):
        return frozenset(instruction.reads)
    return frozenset()


def writes_of(instruction: Instruction) -> frozenset[str]:
    """The locals that an instruction sets on every way out of it."""
    if isinstance(instruction, Run):
        return frozenset(instruction.writes)
    if isinstance(instruction, Call):
        return frozenset((instruction.target,))
    return frozenset()


def successors(instructions: tuple[Instruction, ...], at: int) -> tuple[int, ...]:
    """Where control can go after an instruction of the same function."""
    instruction = instructions[at]
    if isinstance(instruction, Return):
        return ()
    if isinstance(instruction, Jump):
        return (instruction.target,)
    if isinstance(instruction, Branch | Advance):
        return (at + 1, instruction.otherwise)
    return (at + 1,)


def locals_alive(instructions: tuple[Instruction, ...]) -> tuple[frozenset[str], ...]:
    """Which locals may still be read from each instruction on, by the usual backward data flow.

    Two histories that differ only in dead locals are one state, so this decides how many states there are.
    """
    alive = [frozenset[str]()] * len(instructions)
    changed = True
    while changed:
        changed = False
        for at in reversed(range(len(instructions))):
            instruction = instructions[at]
            after = frozenset[str]().union(*(alive[s] for s in successors(instructions, at)))
            if isinstance(instruction, Advance):
                # leaving the loop kills both; going round sets the item
                before = (after - {instruction.item}) | reads_of(instruction)
            else:
                before = (after - writes_of(instruction)) | reads_of(instruction)
            if before != alive[at]:
                alive[at] = before
                changed = True
    return tuple(alive)
