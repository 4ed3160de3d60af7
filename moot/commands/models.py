"""Commands that run the simulation scenarios."""

from typing import Annotated

import typer

from moot.commands.findings import What
from moot.console import emit, progress, say
from moot.options import Session


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
        _say_verdicts(session, rows)
    if check and any(row["result"] == "fail" for row in rows):
        raise typer.Exit(4)


def scenarios(
    session: Session,
    action: Annotated[str, typer.Argument(help="list, show NAME or run NAME.")] = "list",
    name: Annotated[str | None, typer.Argument(help="A scenario, or a file that holds one.")] = None,
    option: Annotated[
        list[str] | None, typer.Option("--option", help="Only this option; repeatable.")
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
    verdicts = models.run_scenario(scenario, option or [])
    rows = [verdict_row(v) for v in verdicts]
    if not emit(session, "moot.simulate/1", {}, "verdicts", rows):
        _say_verdicts(session, rows)
    if check and any(row["result"] == "fail" for row in rows):
        raise typer.Exit(4)


def _say_verdicts(session: Session, rows: list[dict[str, object]]) -> None:
    for row in rows:
        colour = {"pass": "green", "fail": "red"}.get(str(row["result"]), "yellow")
        say(
            session,
            f"{row['result']:13} {row['scenario']}/{row['option']}: {row['property']} "
            f"({row['states']} states)",
            fg=colour,
        )
        if session.verbose:
            say_trace(session, row)


def say_trace(session: Session, row: dict[str, object]) -> None:
    """The interleaving of a verdict, one step a line, with the cycle of a lasso marked."""
    trace = row["trace"]
    if not isinstance(trace, list):
        return
    for number, step in enumerate(trace):
        if number == row["cycle_start"]:
            say(session, "      -- from here it repeats --", fg="yellow")
        changes = ", ".join(f"{field}: {change}" for field, change in step["changes"].items())
        say(session, f"    {number + 1:3} {step['task']:24} {step['line']:4}  {step['text']}")
        if changes:
            say(session, f"{'':37} {changes}", dim=True)
