"""moot from Python: what the commands do, as functions on an archive.

    from moot import api

    with api.open_archive("archive.sqlite") as archive:
        report = api.ingest(archive, ["thread.mbox"])
        chosen = api.discussions(archive)
        api.analyze(archive, chosen)
        api.simulate(archive, chosen)
        for row in api.proposals(archive, chosen):
            print(row["title"], row["outcome"])

Nothing here prints or exits. Expected errors are `ArchiveError`, `SourceError`, `UnknownNameError`,
`QueryError` and `ModelError`; their text says what was wrong, where, and what to do. A source that can't
be read to its end stops no other: its error stands in the report of `ingest`.
"""

from analysis.model.errors import ModelError
from archive.database import ArchiveError, open_archive
from archive.lookup import UnknownNameError
from archive.search import QueryError
from ingest.sources.source import SourceError
from moot.answers import argue as arguments
from moot.answers import trace_paths as paths
from moot.answers import weigh_proposals as proposals
from moot.exporting import export_json as export
from moot.models import list_scenarios as scenarios
from moot.models import run_scenario
from moot.pipeline import analyze_discussions as analyze
from moot.pipeline import choose as discussions
from moot.pipeline import ingest_sources as ingest
from moot.pipeline import load_records as records
from moot.pipeline import simulate_discussions as simulate
from moot.pipeline import write_reports as report
from moot.showing import describe as show

__all__ = [
    "ArchiveError",
    "ModelError",
    "QueryError",
    "SourceError",
    "UnknownNameError",
    "analyze",
    "arguments",
    "discussions",
    "export",
    "ingest",
    "open_archive",
    "paths",
    "proposals",
    "records",
    "report",
    "run_scenario",
    "scenarios",
    "show",
    "simulate",
]
