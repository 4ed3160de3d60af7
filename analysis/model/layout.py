"""How a state is packed: its fields into 64-bit words, the words into one integer."""

from collections.abc import Sequence
from dataclasses import dataclass

from analysis.model.program import Program

WORD = 64
POINT_BITS = 20
"""Room for a task's point of control; a task with more points than that ends in a ModelError."""


@dataclass(frozen=True, slots=True)
class Layout:
    """Fields are the cells first, then a point of control per task; none straddles two words."""

    shifts: tuple[int, ...]
    widths: tuple[int, ...]
    masks: tuple[int, ...]
    cells: int
    words: int

    def code(self, state: int, at: int) -> int:
        """The code of field `at`: a cell, or `cells + task` for a task's point."""
        return (state >> self.shifts[at]) & self.masks[at]

    def pack(self, codes: Sequence[int]) -> int:
        """The state with these codes."""
        return sum(code << shift for code, shift in zip(codes, self.shifts, strict=True))


def lay_out(program: Program) -> Layout:
    """The layout of a program's states: every field goes to the first word that has room for it."""
    widths = [c.domain.width for c in program.cells] + [POINT_BITS] * len(program.tasks)
    used: list[int] = []
    shifts = []
    for width in widths:
        at = next((k for k, bits in enumerate(used) if bits + width <= WORD), len(used))
        if at == len(used):
            used.append(0)
        shifts.append(at * WORD + used[at])
        used[at] += width
    masks = tuple((1 << w) - 1 for w in widths)
    return Layout(tuple(shifts), tuple(widths), masks, len(program.cells), len(used))
