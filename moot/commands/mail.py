"""Commands that bring mail in and find it again."""

from dataclasses import asdict, replace
from enum import StrEnum
from typing import TYPE_CHECKING, Annotated, Any

import typer

from moot.console import complain, emit, one_line, progress, say
from moot.options import Form, Session

if TYPE_CHECKING:
    from archive.search import Hit, ThreadHit


class Sort(StrEnum):
    """What a search lists first."""

    DATE = "date"
    RELEVANCE = "relevance"


Sources = Annotated[
    list[str],
    typer.Argument(
        metavar="SOURCE...", help="An mbox, Maildir, .eml, folder, web-archive page, or - (stdin)."
    ),
]
Forms = Annotated[
    list[str] | None,
    typer.Option(
        "--format",
        help="How to print (text, json, jsonl), or what the sources are (mbox, eml, page...), else guessed; "
        "repeatable.",
    ),
]
ListName = Annotated[str | None, typer.Option("--list", help="The list that the mail came through.")]
Strict = Annotated[bool, typer.Option("--strict", help="Exit 3 where input was set aside as a defect.")]


def ingest(
    session: Session,
    sources: Sources,
    form: Forms = None,
    list_name: ListName = None,
    strict: Strict = False,
) -> None:
    """Put mail into the archive."""
    from moot.pipeline import ingest_sources

    session, source_format = split_forms(session, form)
    with session.open(create=True) as database, progress(session) as shown:
        report = ingest_sources(database, sources, source_format, list_name, shown)
    total = report.total
    head = {**asdict(total), "seconds": round(report.seconds, 3)}
    rows = [{"source": s.name, "kind": s.kind, **asdict(s.counts), "error": s.error} for s in report.sources]
    if not emit(session, "moot.ingest/1", head, "sources", rows):
        for source in report.sources:
            c = source.counts
            say(
                session,
                f"{source.name} ({source.kind}): {c.new} new, {c.known} known, "
                f"{c.set_aside} set aside, {c.defects} defects",
            )
    for source in report.sources:
        if source.error:
            complain(source.error)
    if any(source.error for source in report.sources):
        raise typer.Exit(1)
    if strict and total.defects:
        raise typer.Exit(3)


def split_forms(session: Session, forms: list[str] | None) -> tuple[Session, str | None]:
    """The session with the way of printing, and the format of the sources, that `--format` names."""
    printing = [f for f in forms or [] if f in list(Form)]
    kinds = [f for f in forms or [] if f not in list(Form)]
    if len(printing) > 1 or len(kinds) > 1:
        raise typer.BadParameter("give one way to print and one kind of source", param_hint="--format")
    return replace(session, form=Form(printing[0]) if printing else session.form), kinds[0] if kinds else None


def search(
    session: Session,
    query: Annotated[
        list[str],
        typer.Argument(
            help="Words, phrases, AND OR NOT ( ), and prefixes such as s: f: nq: dfn: l: d:2011-01.."
        ),
    ],
    threads: Annotated[
        bool, typer.Option("--threads", "-t", help="List threads instead of messages.")
    ] = False,
    sort: Annotated[Sort, typer.Option("--sort", help="What comes first.")] = Sort.DATE,
    limit: Annotated[int, typer.Option("-n", "--limit", min=1, help="At most so many.")] = 20,
    offset: Annotated[int, typer.Option("--offset", min=0, help="Pass over so many first.")] = 0,
) -> None:
    """Find messages or threads, the newest or the most relevant first."""
    from archive.search import search as find
    from archive.search import search_threads as find_threads

    words = " ".join(query)
    relevance = sort is Sort.RELEVANCE
    with session.open() as database, database.reading() as connection:
        if threads:
            found = find_threads(connection, words, limit=limit, offset=offset, relevance=relevance)
            rows = [_thread_row(hit) for hit in found]
        else:
            hits = find(connection, words, limit=limit, offset=offset, relevance=relevance)
            rows = [_message_row(hit) for hit in hits]
    name = "threads" if threads else "messages"
    if emit(session, "moot.search/1", {"query": words}, name, rows):
        return
    for row in rows:
        day = (row["ended" if threads else "date"] or "no date   ")[:10]
        size = f" ({row['messages']})" if threads else ""
        subject = one_line(str(row["subject"]), 60)
        say(session, f"{day}  {one_line(str(row['author']), 24):24}  {subject}{size}")
        say(session, f"            {one_line(str(row['root' if threads else 'message_id']))}", dim=True)


def _message_row(hit: "Hit") -> dict[str, Any]:
    return {**asdict(hit), "date": _iso(hit.date)}


def _thread_row(hit: "ThreadHit") -> dict[str, Any]:
    return {**asdict(hit), "started": _iso(hit.started), "ended": _iso(hit.ended)}


def _iso(seconds: int | None) -> str | None:
    from archive.mailreader import moment

    date = moment(seconds, 0)
    return date.isoformat() if date else None
