"""The way of a mail through the rooms: ingest, analyze, simulate, report. Each step works on an archive."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from archive.amending import load_amended
from archive.database import Database
from archive.discussions import load_discussion
from archive.findings import Findings, Verdict
from archive.findingstore import (
    load_verdicts,
    reading_state,
    save_findings,
    save_ties,
    save_verdicts,
)
from archive.lookup import look_up_discussions
from archive.mailreader import discussions_of_sources
from ingest.derivation import resolve, settle
from ingest.intake import IngestReport, ingest
from moot import __version__, models
from moot.console import Progress
from reports.record import Record


@dataclass(frozen=True, slots=True)
class AnalysisReport:
    """How many discussions were read, and how many had not changed since they were."""

    read: int
    unchanged: int


@dataclass(frozen=True, slots=True)
class SiteReport:
    """How many records were written, and the page to open (None without HTML)."""

    count: int
    index: Path | None


def choose(database: Database, what: Sequence[str] = ()) -> list[str]:
    """The discussions that names stand for, or all, with their quotes resolved; raises `UnknownNameError`."""
    settle(database)
    with database.reading() as connection:
        chosen = look_up_discussions(connection, what)
    resolve(database, chosen)
    return chosen


def ingest_sources(
    database: Database,
    sources: Sequence[str],
    source_format: str | None = None,
    list_name: str | None = None,
    progress: Progress | None = None,
) -> IngestReport:
    """Put mail into the archive."""
    return ingest(database, sources, format=source_format, list_name=list_name, progress=progress)


def discussions_of(database: Database, ingested: IngestReport) -> list[str]:
    """The discussions that the mails of these sources belong to, whenever they came in."""
    settle(database)
    with database.reading() as connection:
        chosen = discussions_of_sources(connection, [source.key for source in ingested.sources])
    resolve(database, chosen)
    return chosen


def analyze_discussions(
    database: Database,
    discussions: Sequence[str],
    *,
    again: bool = False,
    progress: Progress | None = None,
) -> AnalysisReport:
    """Read discussions that changed since they were read, or `again` all of them."""
    from analysis.reading.reader import READER_VERSION, digest_of, read
    from analysis.tying.matching import tie

    done = 0
    for number, discussion_id in enumerate(discussions):
        if progress is not None:
            progress(number, len(discussions), "analyze")
        with database.reading() as connection:
            discussion = load_discussion(connection, discussion_id)
            state = reading_state(connection, discussion_id)
        if state == (READER_VERSION, digest_of(discussion)) and not again:
            continue
        found = read(discussion)
        ties = tie(discussion, found, models.catalogue())
        with database.writing() as connection:
            save_findings(connection, found)
            save_ties(connection, discussion_id, ties)
        done += 1
    return AnalysisReport(done, len(discussions) - done)


def simulate_discussions(
    database: Database, discussions: Sequence[str], *, progress: Progress | None = None
) -> list[Verdict]:
    """Explore the options that proposals are tied to, except those whose scenario did not change."""
    with database.reading() as connection:
        ties = [t for discussion in discussions for t in load_amended(connection, discussion)[1]]
    wanted = list(dict.fromkeys((t.scenario, t.option) for t in ties))
    verdicts: list[Verdict] = []
    for number, (scenario, option) in enumerate(wanted):
        if progress is not None:
            progress(number, len(wanted), f"{scenario}/{option}")
        digest = models.digest_of(scenario)
        with database.reading() as connection:
            known = load_verdicts(connection, scenario, option)
        if not known or any(v.digest != digest for v in known):
            known = models.run_option(scenario, option)
            with database.writing() as connection:
                save_verdicts(connection, known)
        verdicts.extend(known)
    return verdicts


def load_records(database: Database, discussions: Sequence[str]) -> Iterator[Record]:
    """Everything that the record of each discussion shows."""
    for discussion_id in discussions:
        with database.reading() as connection:
            discussion = load_discussion(connection, discussion_id)
            amended, ties, _ = load_amended(connection, discussion_id)
            found = amended or Findings(discussion_id, "", "")
            options = dict.fromkeys((t.scenario, t.option) for t in ties)
            verdicts = tuple(v for pair in options for v in load_verdicts(connection, *pair))
        facts = {name: models.facts_of(name) for name in dict.fromkeys(t.scenario for t in ties)}
        yield Record(discussion, found, ties, verdicts, facts)


def write_reports(
    database: Database, discussions: Sequence[str], out: Path, forms: Sequence[str] = ("html",)
) -> SiteReport:
    """Write the records of discussions to a folder in each of the forms html, madr and json."""
    from moot.console import dump
    from moot.exporting import export_json
    from reports.madr import render
    from reports.site import write_site

    out.mkdir(parents=True, exist_ok=True)
    index: Path | None = None
    if "html" in forms:
        index = write_site(load_records(database, discussions), out, generator=f"moot {__version__}").index
    if "madr" in forms:
        for record in load_records(database, discussions):
            (out / f"{record.discussion.id}.md").write_text(render(record), encoding="utf-8")
    if "json" in forms:
        for discussion_id in discussions:
            body = dump(export_json(database, [discussion_id]))
            (out / f"{discussion_id}.json").write_text(body + "\n", encoding="utf-8")
    return SiteReport(len(discussions), index)
