"""Mail sources into the archive: read, parsed, cut into blocks and stored, and what follows from new mail.

Each batch is one transaction that also holds the position of its source: a run that is stopped anywhere
goes on from there, and the same source again adds nothing.
"""

import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import islice
from pathlib import Path

from archive.database import Database
from archive.mail import ParsedMail, RawMail
from archive.mailreader import count_seen, source_position
from archive.mailwriter import Counts, MailWriter
from ingest.blocks import read_blocks
from ingest.derivation import derive
from ingest.page import parse_page
from ingest.parsing import parse
from ingest.sources.opening import open_source
from ingest.sources.source import Source, SourceError

Progress = Callable[[int, int | None, str], None]
_BATCH = 500  # mails in one transaction: a few megabytes, a fraction of a second


@dataclass(frozen=True, slots=True)
class SourceReport:
    """What became of one source; `name` is as it was given, `key` as the archive knows it."""

    name: str
    key: str
    kind: str
    counts: Counts
    error: str | None = None


@dataclass(frozen=True, slots=True)
class IngestReport:
    """What became of all sources; `changed` holds the ids of discussions with new mail."""

    sources: tuple[SourceReport, ...]
    changed: tuple[str, ...]
    seconds: float

    @property
    def total(self) -> Counts:
        """The counts of all sources together."""
        return sum((s.counts for s in self.sources), Counts())


def ingest(
    database: Database,
    names: Sequence[str],
    *,
    format: str | None = None,
    list_name: str | None = None,
    progress: Progress | None = None,
) -> IngestReport:
    """Read sources into the archive, one after another.

    A source that can't be read to its end doesn't stop the others: what could be read of it is kept and
    its error stands in the report.
    """
    started = time.monotonic()
    reports: list[SourceReport] = []
    fresh: list[str] = []
    for name in names:
        try:
            source = open_source(name, format=format)
        except SourceError as error:
            reports.append(SourceReport(name, name, "unreadable", Counts(), str(error)))
            continue
        report, new = _ingest_one(database, source, name, list_name, progress)
        reports.append(report)
        fresh.extend(new)
    changed = derive(database, fresh) if fresh else ()
    return IngestReport(tuple(reports), tuple(changed), time.monotonic() - started)


def source_key(name: str) -> str:
    """The name under which the archive keeps a source: the same from whatever folder it is named."""
    return name if name == "-" else str(Path(name).resolve())


def _ingest_one(
    database: Database, source: Source, name: str, list_name: str | None, progress: Progress | None
) -> tuple[SourceReport, list[str]]:
    key = source_key(name)
    with database.reading() as connection:
        position = source_position(connection, key) or None if key != "-" else None
        before = count_seen(connection, key) if position else 0
    counts, fresh, error = Counts(read=before, known=before), [], None
    mails = _until_damaged(source, position)
    while batch := list(islice(mails, _BATCH)):
        raws = [mail for mail in batch if isinstance(mail, RawMail)]
        error = next((str(end) for end in batch if isinstance(end, SourceError)), None)
        with database.writing() as connection:
            writer = MailWriter(connection)
            source_id = writer.source_id(key, source.kind)
            unknown, known = writer.set_apart_known(raws, source_id)
            added, new = writer.add([read_mail(raw, list_name) for raw in unknown], source_id)
            writer.set_position(source_id, source.position or "")
        counts += added + Counts(read=known, known=known)
        fresh.extend(new)
        if progress is not None:
            progress(source.done, source.size, name)
    if source.defects:
        with database.writing() as connection:
            counts += Counts(defects=MailWriter(connection).add_defects(source.defects))
    return SourceReport(name, key, source.kind, counts, error), fresh


def _until_damaged(source: Source, position: str | None) -> Iterator[RawMail | SourceError]:
    """The mails of a source and, where it is damaged, its error as the last item."""
    try:
        yield from source.mails(position)
    except SourceError as error:
        yield error


def read_mail(raw: RawMail, list_name: str | None = None) -> ParsedMail:
    """A raw mail as a message with its blocks."""
    parsed = parse_page(raw) if raw.form == "page" else parse(raw)
    if parsed.message is None:
        return parsed
    message = parsed.message
    if not message.blocks:
        message = replace(message, blocks=read_blocks(message.text))
    if list_name and list_name not in message.lists:
        message = replace(message, lists=(*message.lists, list_name))
    return replace(parsed, message=message)
