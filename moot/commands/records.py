"""Commands that write records: the main job, reports, exports, and one thing in full."""

from pathlib import Path
from typing import Annotated

import typer

from moot.commands.findings import What
from moot.commands.mail import Forms, ListName, Sources, split_forms
from moot.console import complain, dump, emit, progress, say
from moot.options import Session

Out = Annotated[Path, typer.Option("-o", "--output", metavar="DIR", help="Where the pages go.")]


def run(
    session: Session,
    sources: Sources,
    output: Out,
    form: Forms = None,
    list_name: ListName = None,
) -> None:
    """Do the main job: ingest, analyze, simulate and report, in one go."""
    from moot.pipeline import (
        analyze_discussions,
        discussions_of,
        ingest_sources,
        simulate_discussions,
        write_reports,
    )

    session, source_format = split_forms(session, form)
    with session.open(create=True) as database, progress(session) as shown:
        ingested = ingest_sources(database, sources, source_format, list_name, shown)
        chosen = discussions_of(database, ingested)
        analyzed = analyze_discussions(database, chosen, progress=shown)
        verdicts = simulate_discussions(database, chosen, progress=shown)
        site = write_reports(database, chosen, output) if chosen else None
    failed = [source.error for source in ingested.sources if source.error]
    total = ingested.total
    head = {
        "read": total.read,
        "new": total.new,
        "known": total.known,
        "set_aside": total.set_aside,
        "defects": total.defects,
        "discussions": chosen,
        "analyzed": analyzed.read,
        "verdicts": len(verdicts),
        "index": str(site.index) if site else None,
        "errors": failed,
    }
    if not emit(session, "moot.run/1", head):
        say(
            session, f"{total.read} mails read: {total.new} new, {total.known} known, {total.defects} defects"
        )
        say(session, f"{len(chosen)} discussions, {analyzed.read} analyzed, {len(verdicts)} verdicts")
        if site:
            say(session, f"open {site.index}", bold=True)
    for error in failed:
        complain(error)
    if failed:
        raise typer.Exit(1)


def report(
    session: Session,
    output: Out,
    what: What = None,
    form: Annotated[str, typer.Option("--format", help="html, madr, json; several with commas.")] = "html",
) -> None:
    """Write decision records and their index."""
    from moot.pipeline import choose, write_reports

    forms = [f.strip() for f in form.split(",") if f.strip()]
    unknown = [f for f in forms if f not in ("html", "madr", "json")]
    if unknown or not forms:
        raise typer.BadParameter(f"{form!r}: give html, madr or json", param_hint="--format")
    with session.open() as database:
        site = write_reports(database, choose(database, what or []), output, forms)
    say(session, f"{site.count} records in {output}")
    if site.index:
        say(session, f"open {site.index}", bold=True)


def show(
    session: Session,
    name: Annotated[str, typer.Argument(metavar="ID", help="A message, discussion or finding.")],
    raw: Annotated[bool, typer.Option("--raw", help="The bytes of a message as they came.")] = False,
) -> None:
    """Show one thing in full, with the words it stands on and why it was found."""
    from moot.showing import describe, raw_bytes

    with session.open() as database:
        if raw:
            typer.echo(raw_bytes(database, name), nl=False)
            return
        shown, lines = describe(database, name)
    if not emit(session, "moot.show/1", shown):
        for line in lines:
            say(session, line)


def export(
    session: Session,
    what: What = None,
    form: Annotated[str, typer.Option("--format", help="json, madr, argdown or mbox.")] = "json",
    output: Annotated[
        Path | None, typer.Option("-o", "--output", metavar="FILE", help="Else standard output.")
    ] = None,
) -> None:
    """Write discussions and findings for other programs."""
    from moot.exporting import export_json, export_mbox, export_text
    from moot.pipeline import choose

    if form not in ("json", "madr", "argdown", "mbox"):
        raise typer.BadParameter(f"{form!r}: give json, madr, argdown or mbox", param_hint="--format")
    with session.open() as database:
        chosen = choose(database, what or [])
        if form == "json":
            data = (dump(export_json(database, chosen)) + "\n").encode()
        elif form == "mbox":
            data = export_mbox(database, chosen)
        else:
            data = export_text(database, chosen, form).encode()
    if output is None:
        typer.echo(data, nl=False)
    else:
        output.write_bytes(data)
