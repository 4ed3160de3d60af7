"""What the models said: verdicts with everything that limits them, and failing interleavings step by step."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from archive.findings import Mutant, Result, Tie, TraceStep, Verdict
from reports.anchors import scenario_anchor, verdict_anchor
from reports.record import Record

_STEPS_OPEN = 40
_FEW_CHIPS = 2  # passes of one option that stand by themselves in the table
_MEANING = {
    Result.PASS: "Holds in every state within the bounds; nothing is said beyond them.",
    Result.FAIL: "There is an order of steps in which this goes wrong.",
    Result.INCONCLUSIVE: "A limit was reached before every state was seen: neither pass nor fail.",
    Result.NOT_MODELLED: "The scenario doesn't represent what this property speaks of.",
}
_MUTANT = {
    Mutant.FAILS: "fails, as it must: the model is able to go wrong",
    Mutant.PASSES: "passes as well, so this verdict carries little weight",
    Mutant.NONE: "not run",
}
_MUTANT_BRIEF = {
    Mutant.FAILS: "fails without its protection",
    Mutant.PASSES: "passes even without its protection",
    Mutant.NONE: "",
}


@dataclass(frozen=True, slots=True)
class Chip:
    """A verdict in two words, linked to the whole of it; `slug` is for the style sheet."""

    result: str
    slug: str
    property: str
    href: str | None


@dataclass(frozen=True, slots=True)
class Step:
    """One row of an interleaving: `column` is the task that moves, `switched` that another moved before."""

    number: int
    column: int
    task: str
    switched: bool
    line: int | None
    text: str
    changes: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Interleaving:
    """A counterexample: the steps once taken and, for a lasso, those that repeat for ever after.

    `broken` names the property that the last step breaks, where it is a step that does.
    """

    tasks: tuple[str, ...]
    stem: tuple[Step, ...]
    cycle: tuple[Step, ...]
    summary: str
    broken: str
    opened: bool


@dataclass(frozen=True, slots=True)
class VerdictView:
    """One verdict with its limits: in a line, and as `facts`, which are terms and values in order."""

    anchor: str
    chip: Chip
    meaning: str
    reason: str
    limits: str
    facts: tuple[tuple[str, str], ...]
    notes: tuple[str, ...]
    interleaving: Interleaving | None


@dataclass(frozen=True, slots=True)
class ModelView:
    """An option of a scenario: what broke or stayed open, what passed, and the notes that all share."""

    scenario: str
    option: str
    scenario_href: str
    notes: tuple[str, ...]
    troubled: tuple[VerdictView, ...]
    passed: tuple[VerdictView, ...]

    @property
    def verdicts(self) -> tuple[VerdictView, ...]:
        """All verdicts, the troubled ones first."""
        return self.troubled + self.passed


def verdicts_of(record: Record, scenario: str, option: str) -> tuple[Verdict, ...]:
    """The verdicts on one option of a scenario, one a property, in their order."""
    kept: dict[str, Verdict] = {}
    for verdict in record.verdicts:
        if (verdict.scenario, verdict.option) == (scenario, option):
            kept.setdefault(verdict.property, verdict)
    return tuple(kept.values())


def model_of(record: Record, scenario: str, option: str) -> ModelView:
    """One option of a scenario with its verdicts."""
    facts = record.scenarios.get(scenario)
    verdicts = verdicts_of(record, scenario, option)
    shared = [
        n for n in dict.fromkeys(n for v in verdicts for n in v.notes) if all(n in v.notes for v in verdicts)
    ]
    views = [(v, _verdict(number, v, shared)) for number, v in enumerate(verdicts)]
    return ModelView(
        scenario=facts.title if facts else scenario,
        option=facts.options.get(option, option) if facts else option,
        scenario_href="#" + scenario_anchor(scenario),
        notes=tuple(shared),
        troubled=tuple(view for v, view in views if v.result is not Result.PASS),
        passed=tuple(view for v, view in views if v.result is Result.PASS),
    )


def chips_of(record: Record, ties: Iterable[Tie]) -> tuple[Chip, ...]:
    """The verdicts on the models that an option is tied to: each that isn't a pass, the passes together."""
    chips: list[Chip] = []
    for scenario, option in dict.fromkeys((tie.scenario, tie.option) for tie in ties):
        every = [_chip(n, verdict) for n, verdict in enumerate(verdicts_of(record, scenario, option))]
        passed = [chip for chip in every if chip.result == Result.PASS]
        chips += [chip for chip in every if chip.result != Result.PASS]
        chips += passed if len(passed) < _FEW_CHIPS else [_together(passed, len(every))]
    return tuple(chips)


def _together(passed: Sequence[Chip], total: int) -> Chip:
    which = f"all {total} properties" if len(passed) == total else f"{len(passed)} of {total} properties"
    return replace(passed[0], property=which)


def overall(chips: Sequence[Chip]) -> str:
    """One word for an option as a whole, the worst of its verdicts; `not modelled` where there is none."""
    results = {chip.result for chip in chips}
    for worst in (Result.FAIL, Result.INCONCLUSIVE, Result.PASS):
        if worst in results:
            return str(worst)
    return str(Result.NOT_MODELLED)


def slug(result: str) -> str:
    """A result as a class name."""
    return result.replace(" ", "-")


def _chip(number: int, verdict: Verdict) -> Chip:
    result = str(verdict.result)
    anchor = verdict_anchor(verdict.scenario, verdict.option, number)
    return Chip(result, slug(result), verdict.property, "#" + anchor)


def _verdict(number: int, verdict: Verdict, shared: Sequence[str]) -> VerdictView:
    return VerdictView(
        anchor=verdict_anchor(verdict.scenario, verdict.option, number),
        chip=_chip(number, verdict),
        meaning=_MEANING[verdict.result],
        reason=verdict.reason,
        limits=_limits(verdict),
        facts=tuple(_facts(verdict)),
        notes=tuple(note for note in verdict.notes if note not in shared),
        interleaving=_interleaving(verdict) if verdict.trace else None,
    )


def _limits(verdict: Verdict) -> str:
    if verdict.result is Result.NOT_MODELLED:
        return ""
    noun = "state" if verdict.states == 1 else "states"
    return "; ".join(
        filter(None, (_bounds(verdict), f"{verdict.states:,} {noun}", _MUTANT_BRIEF[verdict.mutant]))
    )


def _bounds(verdict: Verdict) -> str:
    return ", ".join(f"{name} {size:,}" for name, size in verdict.bounds.items())


def _facts(verdict: Verdict) -> Iterable[tuple[str, str]]:
    if verdict.result is Result.NOT_MODELLED:
        return
    yield "Bounds", _bounds(verdict) or "none stated"
    yield (
        "Explored",
        f"{verdict.states:,} states, {verdict.transitions:,} transitions, depth {verdict.depth:,}",
    )
    yield "Granularity", verdict.granularity or "not stated"
    yield "Fairness", verdict.fairness or "not stated"
    yield "Memory model", verdict.memory_model or "not stated"
    yield "Protection removed", _MUTANT[verdict.mutant]
    for detail in verdict.details:
        yield "In detail", detail


def _interleaving(verdict: Verdict) -> Interleaving:
    tasks = tuple(dict.fromkeys(step.task for step in verdict.trace))
    before = (None, *(step.task for step in verdict.trace))
    steps = tuple(
        _step(number, step, tasks, switched=step.task != last or number - 1 == verdict.cycle_start)
        for number, (step, last) in enumerate(zip(verdict.trace, before, strict=False), 1)
    )
    start = verdict.cycle_start
    lasso = start is not None and 0 <= start < len(steps)
    split = start if lasso and start is not None else len(steps)
    noun = "task" if len(tasks) == 1 else "tasks"
    summary = f"Shortest failing interleaving: {len(steps)} steps of {len(tasks)} {noun}"
    if lasso:
        summary += f", the last {len(steps) - split} for ever"
    if verdict.result is not Result.FAIL:
        summary = f"Steps of an example: {len(steps)} of {len(tasks)} {noun}"
    return Interleaving(
        tasks=tasks,
        stem=steps[:split],
        cycle=steps[split:],
        summary=summary,
        broken=verdict.property if verdict.result is Result.FAIL and not lasso else "",
        opened=len(steps) <= _STEPS_OPEN,
    )


def _step(number: int, step: TraceStep, tasks: Sequence[str], *, switched: bool) -> Step:
    return Step(
        number=number,
        column=tasks.index(step.task),
        task=step.task,
        switched=switched,
        line=step.line if step.line > 0 else None,
        text=step.text,
        changes=tuple(step.changes.items()),
    )
