"""What a check says: one result per property, made of plain values only."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum


class Verdict(StrEnum):
    """`pass` means every state within the stated bounds; anything less is `inconclusive`."""

    PASS = "pass"  # noqa: S105  (a verdict, not a password)
    FAIL = "fail"
    INCONCLUSIVE = "inconclusive"


class Mutant(StrEnum):
    """Whether the model was shown able to fail: the outcome with the protection taken out."""

    FAILS = "fails"
    PASSES = "passes"
    NONE = "none"


@dataclass(frozen=True, slots=True)
class TraceStep:
    """One step of a counterexample: who, where, what the source says, which fields changed (`old → new`)."""

    task: str
    line: int
    text: str
    changes: Mapping[str, str] = field(default_factory=dict)
    function: str = ""
    file: str = ""


@dataclass(frozen=True, slots=True)
class Witness:
    """A further path that belongs to a verdict, such as the second half of a lock inversion."""

    title: str
    trace: tuple[TraceStep, ...]


@dataclass(frozen=True, slots=True)
class SourceLine:
    """A line of a model."""

    file: str
    line: int


@dataclass(frozen=True, slots=True)
class Result:
    """What exploring a program said of one property.

    `reason` names why it is not a pass, in words that stand alone; `strength` is the class of a livelock or
    starvation (see liveness.py). `trace` is the shortest counterexample; for a lasso `cycle_start` is the
    index of the step from which it repeats. `unreached` are lines of model functions that no behaviour came
    to, `exercised` says whether the property was put to the test at all.
    """

    property: str
    kind: str
    verdict: Verdict
    reason: str
    bounds: Mapping[str, int]
    granularity: str
    fairness: str
    memory_model: str
    states: int
    transitions: int
    depth: int
    seconds: float
    exhaustive: bool
    exercised: bool
    trace: tuple[TraceStep, ...] = ()
    cycle_start: int | None = None
    strength: str = ""
    witnesses: tuple[Witness, ...] = ()
    unreached: tuple[SourceLine, ...] = ()
    mutant: Mutant = Mutant.NONE
    mutants: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
