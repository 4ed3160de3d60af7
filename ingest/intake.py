"""Mail sources into the archive: read, prepared and stored with their threads.

Each batch is one transaction that also holds the position of its source: a run that is stopped anywhere
goes on from there, and the same source again adds nothing. Discussions and the sources of quotes follow when
they are first asked for (`ingest.derivation`).
"""

import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

from sqlalchemy import Connection

from archive.database import Database
from archive.mail import RawMail
from archive.mailreader import count_seen, source_position
from archive.mailwriter import Counts, MailWriter, known_digests, newest_dictionary
from archive.preparation import PreparedMail, raw_digest
from ingest.derivation import place
from ingest.preparing import Recipe, read_mail
from ingest.sources.opening import open_source
from ingest.sources.source import Source, SourceError
from ingest.workers import prepare_all

__all__ = ["IngestReport", "SourceReport", "ingest", "read_mail", "source_key"]

Progress = Callable[[int, int | None, str], None]
_BATCH = 500  # mails that are prepared together: a few megabytes
_COMMIT = 4  # batches in one transaction: a fraction of a second


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
    """What became of all sources."""

    sources: tuple[SourceReport, ...]
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
    for name in names:
        try:
            source = open_source(name, format=format)
        except SourceError as error:
            reports.append(SourceReport(name, name, "unreadable", Counts(), str(error)))
            continue
        reports.append(_Intake(database, source, name, list_name).run(progress))
    return IngestReport(tuple(reports), time.monotonic() - started)


def source_key(name: str) -> str:
    """The name under which the archive keeps a source: the same from whatever folder it is named."""
    return name if name == "-" else str(Path(name).resolve())


@dataclass(frozen=True, slots=True)
class _Batch:
    """What belongs to some mails of a source beside themselves: how many came with them, and where it was."""

    known: tuple[bytes, ...]
    position: str
    done: int


class _Intake:
    """One source on its way into the archive."""

    def __init__(self, database: Database, source: Source, name: str, list_name: str | None) -> None:
        self._database = database
        self._source = source
        self._name = name
        self._key = source_key(name)
        self._list_name = list_name
        self._error: str | None = None

    def run(self, progress: Progress | None) -> SourceReport:
        """Read all that is new in the source."""
        with self._database.reading() as connection:
            position = source_position(connection, self._key) or None if self._key != "-" else None
            before = count_seen(connection, self._key) if position else 0
        counts = Counts(read=before, known=before)
        mails = self._until_damaged(position)
        first = list(islice(mails, _BATCH))
        prepared = prepare_all(self._batches(first, mails), self._recipe(first))
        while group := list(islice(prepared, _COMMIT)):
            with self._database.writing() as connection:
                counts += sum((self._store(connection, *batch) for batch in group), Counts())
            if progress is not None:
                progress(group[-1][1].done, self._source.size, self._name)
        if self._source.defects:
            with self._database.writing() as connection:
                counts += Counts(defects=MailWriter(connection).add_defects(self._source.defects))
        return SourceReport(self._name, self._key, self._source.kind, counts, self._error)

    def _until_damaged(self, position: str | None) -> Iterator[RawMail]:
        """The mails of a source up to its end, or to where it is damaged."""
        try:
            yield from self._source.mails(position)
        except SourceError as error:
            self._error = str(error)

    def _recipe(self, first: Sequence[RawMail]) -> Recipe:
        """How mail of this source is prepared; the first one that is large enough trains the dictionary."""
        with self._database.writing() as connection:
            MailWriter(connection).learn([mail.data for mail in first])
            return Recipe(self._list_name, *newest_dictionary(connection))

    def _batches(
        self, first: list[RawMail], rest: Iterator[RawMail]
    ) -> Iterator[tuple[list[RawMail], _Batch]]:
        """The mails that the archive doesn't have, a batch at a time."""
        batch = first
        while batch:
            digests = [raw_digest(mail.data) for mail in batch]
            place = self._source.position or "", self._source.done
            with self._database.reading() as connection:
                known = known_digests(connection, digests)
            unknown = [mail for mail, digest in zip(batch, digests, strict=True) if digest not in known]
            yield unknown, _Batch(tuple(d for d in digests if d in known), *place)
            batch = list(islice(rest, _BATCH))

    def _store(self, connection: Connection, mails: Sequence[PreparedMail], batch: _Batch) -> Counts:
        writer = MailWriter(connection)
        source_id = writer.source_id(self._key, self._source.kind)
        writer.sight(batch.known, source_id)
        counts, _ = writer.store(mails, source_id, place)
        writer.set_position(source_id, batch.position)
        return counts + Counts(read=len(batch.known), known=len(batch.known))
