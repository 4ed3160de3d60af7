"""What a run has to respect to count, and how hard it is to avoid one that never ends."""

from dataclasses import dataclass
from enum import StrEnum


class Strength(StrEnum):
    """How hard it is to avoid a run that never ends, worst first."""

    INESCAPABLE = "inescapable"
    STRONG = "under strongly fair locks"
    WEAK = "only under weak fairness"
    HINT = "only with an adversarial scheduler hint"


@dataclass(frozen=True, slots=True)
class Fairness:
    """What a run has to respect.

    Weak fairness entitles a task to a step that can always go on; strong fairness one that can go on again
    and again, which is what a lock with a queue gives. Under fair hints every alternative of an `any_of()`
    that is offered again and again is taken again and again.
    """

    strong: bool
    hints: bool

    def __str__(self) -> str:
        return f"{'strong' if self.strong else 'weak'} fairness of tasks" + (
            ", fair hints" if self.hints else ""
        )


LADDER = (
    (Strength.STRONG, Fairness(strong=True, hints=True)),
    (Strength.WEAK, Fairness(strong=False, hints=True)),
    (Strength.HINT, Fairness(strong=True, hints=False)),
    (Strength.HINT, Fairness(strong=False, hints=False)),
)
