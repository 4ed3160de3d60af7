"""The catalogue of scenarios, and running one of their options.

A scenario is a Python file with a module-level `SCENARIO`; those beside this file are found by
themselves, a file of the user's own is loaded by its path. Loading runs the file, so only files that the
user names are ever loaded, never anything that came by mail.
"""

import hashlib
import importlib
import importlib.util
import pkgutil
from collections.abc import Mapping
from dataclasses import replace
from functools import cache
from pathlib import Path

from analysis.model.check import check
from analysis.model.errors import ModelError
from analysis.model.explorer import Limits, Progress
from analysis.model.result import Mutant, Result, Verdict
from analysis.model.syntax import forget_sources
from analysis.scenarios.scenario import Expectation, Mutation, Option, Scenario, Source

__all__ = [
    "Expectation",
    "Mutation",
    "Option",
    "Scenario",
    "Source",
    "digest",
    "load_scenario",
    "run_option",
    "scenarios",
]

_HERE = Path(__file__).parent
_MODEL = Path(str(importlib.util.find_spec("analysis.model").origin)).parent  # type: ignore[union-attr]


@cache
def scenarios() -> Mapping[str, Scenario]:
    """The shipped scenarios by name, in alphabetical order."""
    found = {}
    for module in pkgutil.iter_modules([str(_HERE)]):
        scenario = getattr(importlib.import_module(f"analysis.scenarios.{module.name}"), "SCENARIO", None)
        if isinstance(scenario, Scenario):
            found[scenario.name] = scenario
    return dict(sorted(found.items()))


def load_scenario(path: Path) -> Scenario:
    """The scenario of a file that the user names; raises ModelError if there is none in it. Runs the file."""
    name = "moot_scenario_" + hashlib.sha256(str(path.resolve()).encode()).hexdigest()[:12]
    spec = importlib.util.spec_from_file_location(name, path)
    if spec is None or spec.loader is None or not path.is_file():
        raise ModelError("no scenario can be read from here", file=str(path), hint="name a .py file")
    forget_sources()
    module = importlib.util.module_from_spec(spec)
    try:
        spec.loader.exec_module(module)
    except ModelError:
        raise
    except Exception as error:
        raise ModelError(
            f"{type(error).__name__}: {error}", file=str(path), hint="it must run as Python"
        ) from error
    scenario = getattr(module, "SCENARIO", None)
    if not isinstance(scenario, Scenario):
        raise ModelError("the file defines no SCENARIO", file=str(path), hint="SCENARIO = Scenario(...)")
    return scenario


def digest(scenario: Scenario) -> str:
    """16 hex digits of the sources of scenario and checker: a verdict is as good as new while they last."""
    sum_ = hashlib.sha256(Path(scenario.file).read_bytes())
    for file in sorted(_MODEL.glob("*.py")):
        sum_.update(file.read_bytes())
    return sum_.hexdigest()[:16]


def run_option(
    scenario: Scenario,
    option: Option,
    *,
    bounds: Mapping[str, int] | None = None,
    limits: Limits | None = None,
    progress: Progress | None = None,
) -> tuple[Result, ...]:
    """What exploration says of every property of an option, and whether its mutations were caught.

    `bounds` overrides sizes by name. Properties that the scenario didn't ask about and that fail come last.
    """
    settings = {**option.settings, **(bounds or {})}
    tasks = option.tasks or scenario.tasks
    results = check(tasks, settings, scenario.properties, limits=limits, progress=progress)
    if not any(r.verdict is Verdict.PASS for r in results):
        return results
    mutants = [
        (m, check(tasks, {**settings, **m.settings}, scenario.properties, limits=limits))
        for m in option.mutations
    ]
    return tuple(_with_mutants(result, mutants) for result in results)


def _with_mutants(result: Result, mutants: list[tuple[Mutation, tuple[Result, ...]]]) -> Result:
    """The result of a passing property with what became of it in the mutants."""
    if result.verdict is not Verdict.PASS or not mutants:
        return result
    said, verdicts = [], []
    for mutation, results in mutants:
        same = next(r for r in results if r.property == result.property)
        verdicts.append(same.verdict)
        outcome_there = f"{same.verdict}: {same.reason}" if same.reason else str(same.verdict)
        said.append(f"{mutation.summary}: {outcome_there}")
    if Verdict.FAIL in verdicts:
        outcome = Mutant.FAILS
    else:
        outcome = Mutant.NONE if Verdict.INCONCLUSIVE in verdicts else Mutant.PASSES
    return replace(result, mutant=outcome, mutants=tuple(said))
