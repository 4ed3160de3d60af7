"""Commands that read discussions and answer from what was found."""

from collections.abc import Iterator
from dataclasses import asdict
from typing import Annotated, Any

import typer

from moot.console import emit, one_line, progress, safe, say
from moot.options import Session

What = Annotated[
    list[str] | None, typer.Argument(metavar="[WHAT...]", help="What to work on; nothing means everything.")
]


def analyze(
    session: Session,
    what: What = None,
    again: Annotated[bool, typer.Option("--again", help="Also read what did not change.")] = False,
) -> None:
    """Find proposals, arguments, call paths, symptoms and decisions in discussions."""
    from moot.pipeline import analyze_discussions, choose

    with session.open() as database, progress(session) as shown:
        report = analyze_discussions(database, choose(database, what or []), again=again, progress=shown)
    if not emit(session, "moot.analyze/1", asdict(report)):
        say(session, f"{report.read} discussions read, {report.unchanged} unchanged")


def proposals(session: Session, what: What = None) -> None:
    """List the options weighed, with outcome, counts and verdicts."""
    from moot.answers import weigh_proposals
    from moot.pipeline import choose

    with session.open() as database:
        rows = weigh_proposals(database, choose(database, what or []))
    if emit(session, "moot.proposals/1", {}, "proposals", rows):
        return
    discussion = None
    for row in rows:
        if row["discussion"] != discussion:
            discussion = row["discussion"]
            say(session, f"{row['discussion']}  {one_line(row['discussion_title'], 80)}", bold=True)
        counts = f"{row['for']} for, {row['against']} against, {row['candidates']} to confirm"
        say(session, f"  {row['id']}  {row['outcome']:10}  {one_line(row['title'], 70)}")
        say(session, f"                 {one_line(row['author'], 30)}; {counts}", dim=True)
        for line, colour in _sum_up(row["verdicts"]):
            say(session, f"                 {line}", fg=colour)
    if not rows:
        say(session, "no proposals found; `moot analyze` reads what was not read yet")


def _sum_up(verdicts: list[dict[str, str]]) -> Iterator[tuple[str, str]]:
    """One line a result, with its colour: which properties of which model."""
    colours = {"fail": "red", "inconclusive": "yellow", "pass": "green"}
    for result, colour in colours.items():
        chosen = [v for v in verdicts if v["result"] == result]
        if chosen:
            properties = ", ".join(dict.fromkeys(v["property"] for v in chosen))
            yield f"{result}: {properties} ({chosen[0]['scenario']}/{chosen[0]['option']})", colour


def arguments(
    session: Session,
    proposal: Annotated[str, typer.Argument(help="The id of a proposal, or a unique prefix of it.")],
    in_favour: Annotated[bool, typer.Option("--for", help="Only what speaks for it.")] = False,
    against: Annotated[bool, typer.Option("--against", help="Only what speaks against it.")] = False,
    unanswered: Annotated[
        bool, typer.Option("--unanswered", help="Only objections nobody answered.")
    ] = False,
    author: Annotated[str | None, typer.Option("--author", help="Only by people of this name.")] = None,
    everything: Annotated[
        bool, typer.Option("--all", help="Also what a person should confirm first.")
    ] = False,
) -> None:
    """Say what was brought forward for and against a proposal, by whom, and where."""
    from moot.answers import argue

    with session.open() as database:
        head, rows = argue(database, proposal)
    stances = {s for s, wanted in (("for", in_favour), ("against", against)) if wanted} or {"for", "against"}
    rows = [
        row
        for row in rows
        if row["stance"] in stances
        and (not unanswered or row["fate"] == "unanswered")
        and (author is None or author.casefold() in row["author"].casefold())
        and (everything or row["shown"] or session.form != "text")
    ]
    if emit(session, "moot.arguments/1", {"proposal": head}, "arguments", rows):
        return
    say(session, f"{head['id']}  {safe(head['title'])}", bold=True)
    for row in rows:
        _say_argument(session, row)
    if not rows:
        say(session, "  nothing that is sure enough to show; --all shows the candidates")


def _say_argument(session: Session, row: dict[str, Any]) -> None:
    colour = {"for": "green", "against": "red"}[row["stance"]]
    fate = f", {row['fate']}" if row["fate"] != "none" else ""
    sure = "" if row["shown"] else f" (candidate, {row['confidence']:.2f})"
    say(session, f"  {row['stance']}{fate}{sure}: {one_line(row['author'], 40)}", fg=colour)
    say(session, f"    “{safe(row['quote'])}”")
    say(session, f"    {safe(row['message_id'])}  {row['id']}", dim=True)


def paths(session: Session, what: What = None) -> None:
    """List call paths and the locks on them."""
    from moot.answers import trace_paths
    from moot.pipeline import choose

    with session.open() as database:
        rows = trace_paths(database, choose(database, what or []))
    if emit(session, "moot.paths/1", {}, "call_paths", rows):
        return
    for row in rows:
        held = {lock["held_at"]: lock["lock"] for lock in row["locks"]}
        chain = " -> ".join(f + (f" [{held[f]}]" if f in held else "") for f in row["chain"])
        say(session, f"{row['id']}  {safe(chain)}")
        loose = [lock["lock"] for lock in row["locks"] if lock["held_at"] not in row["chain"]]
        if loose:
            say(session, f"               with {safe(', '.join(loose))}")
        say(session, f"               {safe(row['message_id'])}", dim=True)
