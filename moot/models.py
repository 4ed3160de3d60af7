"""Scenarios as the commands and the archive see them: found by name, run, their results as verdicts."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from analysis.model.errors import ModelError
from analysis.model.explorer import Limits
from analysis.model.program import build
from analysis.model.promela import to_promela
from analysis.model.result import Result as Explored
from analysis.scenarios import catalogue as scenarios
from analysis.scenarios.scenario import Option, Scenario
from archive.findings import Mutant, Result, TraceStep, Verdict
from archive.lookup import UnknownNameError
from reports.record import ScenarioFacts


def catalogue() -> Mapping[str, Scenario]:
    """The shipped scenarios by name."""
    return scenarios.scenarios()


def find_scenario(name: str) -> Scenario:
    """A shipped scenario, or the one in a file that the user names.

    Raises `UnknownNameError` for a name that is neither and `ModelError` for a file without a scenario.
    """
    if name in catalogue():
        return catalogue()[name]
    if name.endswith(".py") or "/" in name:
        return scenarios.load_scenario(Path(name))
    known = ", ".join(catalogue())
    raise UnknownNameError(f"no scenario {name!r}; there are {known} (or name a .py file of yours)")


def find_option(name: str) -> tuple[Scenario, Option]:
    """The option that `scenario/option` names; raises `UnknownNameError`."""
    scenario, _, option = name.partition("/")
    found = find_scenario(scenario)
    return found, _option(found, option)


def digest_of(name: str) -> str:
    """What a verdict on a scenario stands on: it changes when the scenario or the checker does."""
    return scenarios.digest(find_scenario(name))


def run_option(name: str, option: str) -> tuple[Verdict, ...]:
    """The verdicts on every property of one option of a scenario."""
    scenario = find_scenario(name)
    return _run(scenario, _option(scenario, option))


def run_scenario(
    scenario: Scenario,
    options: Sequence[str] = (),
    *,
    bounds: Mapping[str, int] | None = None,
    limits: Limits | None = None,
) -> list[Verdict]:
    """The verdicts on some options of a scenario, or on all of them."""
    chosen = [_option(scenario, name) for name in options] or scenario.options
    return [v for option in chosen for v in _run(scenario, option, bounds, limits)]


def as_promela(scenario: Scenario, option: str, bounds: Mapping[str, int] | None = None) -> str:
    """One option of a scenario as Promela, for SPIN to check the same states."""
    chosen = _option(scenario, option)
    settings = {**chosen.settings, **(bounds or {})}
    return to_promela(chosen.tasks or scenario.tasks, settings, scenario.properties)


def read_bounds(scenario: Scenario, given: Sequence[str]) -> dict[str, int]:
    """Sizes as `NAME=SIZE`; raises `ModelError` for what is none."""
    settings = build(scenario.tasks).settings.items()
    known = [n for n, size in settings if n != "tasks" and not isinstance(size, bool)]
    bounds = {}
    for text in given:
        name, _, size = (part.strip() for part in text.partition("="))
        if name not in known or not size.isdecimal():
            hint = f"{scenario.name} has {', '.join(known)}; say --bound NAME=SIZE"
            raise ModelError(f"{text!r} is no bound of this scenario", hint=hint)
        bounds[name] = int(size)
    return bounds


def read_limits(states: int | None, seconds: float | None) -> Limits:
    """When to give up; what isn't said is as usual."""
    usual = Limits()
    return Limits(states or usual.states, usual.seconds if seconds is None else seconds)


def list_scenarios() -> list[dict[str, Any]]:
    """The catalogue as rows."""
    return [scenario_row(scenario) for scenario in catalogue().values()]


def scenario_row(scenario: Scenario) -> dict[str, Any]:
    """A scenario as plain values."""
    return {
        "name": scenario.name,
        "title": scenario.title,
        "summary": scenario.summary,
        "tasks": [task.name for task in scenario.tasks],
        "properties": [p.name for p in scenario.properties],
        "options": [
            {"name": o.name, "title": o.title, "summary": o.summary, "notes": list(o.notes)}
            for o in scenario.options
        ],
        "sources": [f"{s.text} ({s.reference})" if s.reference else s.text for s in scenario.sources],
        "notes": list(scenario.notes),
    }


def facts_of(name: str) -> ScenarioFacts:
    """What a record says of a scenario."""
    row = scenario_row(find_scenario(name))
    options = {option["name"]: option["title"] for option in row["options"]}
    return ScenarioFacts(row["title"], row["summary"], options, tuple(row["sources"]))


def _option(scenario: Scenario, name: str) -> Option:
    try:
        return scenario.option(name)
    except KeyError:
        known = ", ".join(o.name for o in scenario.options)
        raise UnknownNameError(f"{scenario.name} has no option {name!r}; there are {known}") from None


def _run(
    scenario: Scenario,
    option: Option,
    bounds: Mapping[str, int] | None = None,
    limits: Limits | None = None,
) -> tuple[Verdict, ...]:
    digest = scenarios.digest(scenario)
    results = scenarios.run_option(scenario, option, bounds=bounds, limits=limits)
    return tuple(_verdict(scenario.name, option, result, digest) for result in results)


def _verdict(scenario: str, option: Option, result: Explored, digest: str) -> Verdict:
    mutants = tuple(f"mutant, {said}" for said in result.mutants)
    lines = ", ".join(f"{Path(at.file).name}:{at.line}" for at in result.unreached)
    unreached = (f"lines never reached: {lines}",) if lines else ()
    return Verdict(
        scenario=scenario,
        option=option.name,
        property=result.property,
        result=Result(result.verdict.value),
        bounds=dict(result.bounds),
        states=result.states,
        transitions=result.transitions,
        depth=result.depth,
        seconds=round(result.seconds, 3),
        granularity=result.granularity,
        fairness=result.fairness,
        memory_model=result.memory_model,
        mutant=Mutant(result.mutant.value),
        reason=result.reason,
        trace=tuple(TraceStep(s.task, s.line, s.text, dict(s.changes)) for s in result.trace),
        cycle_start=result.cycle_start,
        notes=(*option.notes, *result.notes),
        details=(*mutants, *unreached),
        digest=digest,
    )
