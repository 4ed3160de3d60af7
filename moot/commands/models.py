"""Commands that run the simulation scenarios."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from moot.commands.findings import What
from moot.console import emit, progress, say
from moot.options import Session

if TYPE_CHECKING:
    from archive.findings import Verdict


def simulate(
    session: Session,
    what: What = None,
    check: Annotated[bool, typer.Option("--check", help="Exit 4 where a verdict is fail.")] = False,
) -> None:
    """Run the scenarios that proposals are tied to."""
    from moot.answers import verdict_row
    from moot.pipeline import choose, simulate_discussions

    with session.open() as database, progress(session) as shown:
        verdicts = simulate_discussions(database, choose(database, what or []), progress=shown)
    rows = [verdict_row(v) for v in verdicts]
    if not emit(session, "moot.simulate/1", {}, "verdicts", rows):
        _say_verdicts(session, verdicts)
    if check and any(row["result"] == "fail" for row in rows):
        raise typer.Exit(4)


def scenarios(
    session: Session,
    action: Annotated[str, typer.Argument(help="list, show NAME or run NAME.")] = "list",
    name: Annotated[str | None, typer.Argument(help="A scenario, or a file that holds one.")] = None,
    option: Annotated[
        list[str] | None, typer.Option("--option", help="Only this option; repeatable.")
    ] = None,
    bound: Annotated[
        list[str] | None, typer.Option("--bound", metavar="NAME=SIZE", help="A size to explore; repeatable.")
    ] = None,
    states: Annotated[int | None, typer.Option("--states", min=1, help="Give up after so many.")] = None,
    seconds: Annotated[float | None, typer.Option("--seconds", min=0, help="Give up after so long.")] = None,
    promela: Annotated[
        Path | None,
        typer.Option(
            "--promela", metavar="FILE", help="Write the one option as Promela instead of running it."
        ),
    ] = None,
    check: Annotated[bool, typer.Option("--check", help="Exit 4 where a verdict is fail.")] = False,
) -> None:
    """List, show or run the catalogue of simulation scenarios."""
    from moot import models
    from moot.answers import verdict_row

    if action not in ("list", "show", "run"):
        raise typer.BadParameter(f"{action!r} is not list, show or run", param_hint="ACTION")
    if action == "list":
        rows = models.list_scenarios()
        if not emit(session, "moot.scenarios/1", {}, "scenarios", rows):
            for row in rows:
                say(session, f"{row['name']:30}  {row['title']}")
                say(session, f"{'':30}  {len(row['options'])} options", dim=True)
        return
    if name is None:
        raise typer.BadParameter(f"which one? `moot scenarios {action} NAME`", param_hint="NAME")
    scenario = models.find_scenario(name)
    if action == "show":
        row = models.scenario_row(scenario)
        if not emit(session, "moot.scenario/1", row):
            say(session, f"{row['name']}: {row['title']}", bold=True)
            say(session, row["summary"])
            for choice in row["options"]:
                say(session, f"  {choice['name']:24}  {choice['title']}")
        return
    bounds = models.read_bounds(scenario, bound or [])
    if promela is not None:
        if len(option or []) != 1:
            raise typer.BadParameter("give the one --option to write", param_hint="--promela")
        promela.write_text(models.as_promela(scenario, (option or [""])[0], bounds), encoding="utf-8")
        say(session, f"wrote {promela}; spin -a {promela} makes a verifier of it")
        return
    limits = models.read_limits(states, seconds)
    verdicts = models.run_scenario(scenario, option or [], bounds=bounds, limits=limits)
    rows = [verdict_row(v) for v in verdicts]
    if not emit(session, "moot.simulate/1", {}, "verdicts", rows):
        _say_verdicts(session, verdicts)
    if check and any(row["result"] == "fail" for row in rows):
        raise typer.Exit(4)


def _say_verdicts(session: Session, verdicts: Sequence["Verdict"]) -> None:
    for verdict in verdicts:
        colour = {"pass": "green", "fail": "red"}.get(verdict.result.value, "yellow")
        what = f"{verdict.scenario}/{verdict.option}: {verdict.property}"
        say(session, f"{verdict.result.value:13} {what} ({verdict.states} states)", fg=colour)
        if session.verbose:
            _say_details(session, verdict)


def _say_details(session: Session, verdict: "Verdict") -> None:
    """What limits a verdict, and its interleaving one step a line, the cycle of a lasso marked."""
    bounds = ", ".join(f"{name} {size}" for name, size in verdict.bounds.items())
    limits = (f"bounds: {bounds}", f"fairness: {verdict.fairness}", f"memory: {verdict.memory_model}")
    for line in filter(None, (verdict.reason, *limits, *verdict.notes, *verdict.details)):
        say(session, f"    {line}", dim=True)
    for number, step in enumerate(verdict.trace):
        if number == verdict.cycle_start:
            say(session, "      -- from here it repeats --", fg="yellow")
        changes = ", ".join(f"{field}: {change}" for field, change in step.changes.items())
        say(session, f"    {number + 1:3} {step.task:28} {step.line:4}  {step.text}")
        if changes:
            say(session, f"{'':41} {changes}", dim=True)
