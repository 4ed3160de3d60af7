"""Mail into the archive: a batch at a time, each batch with the position of its source in one transaction.

A run that is killed goes on from the last batch; a batch that comes again adds nothing.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from sqlalchemy import Connection, bindparam, delete, func, insert, literal, select, update

from archive.fulltext import index_messages
from archive.mail import Defect, Message, ParsedMail
from archive.mailreader import MailReader
from archive.naming import Link, Names, Place, alone, chunks, spoken_of
from archive.packing import Compressor, pack_blocks, train_dictionary
from archive.preparation import (
    COLUMNS,
    PreparedMail,
    PreparedMessage,
    content_digest,
    prepare,
    storable,
)
from archive.schema import defect, dictionary, discussion, message, name, raw, sighting, source
from archive.spans import widen_spans

_MESSAGE = ("id", "name", *COLUMNS, "in_reply_to", "references", "lists", "parent", "thread")
_DEFECT = ("source", "offset", "message_id", "kind", "detail")
_RAW = ("digest", "source_id", "offset", "form", "message_id", "dictionary_id", "data")


@dataclass(frozen=True, slots=True)
class Counts:
    """What became of the mails read: `read = new + known + set_aside`; `defects` counts defect records."""

    read: int = 0
    new: int = 0
    known: int = 0
    set_aside: int = 0
    defects: int = 0

    def __add__(self, other: "Counts") -> "Counts":
        return Counts(
            self.read + other.read,
            self.new + other.new,
            self.known + other.known,
            self.set_aside + other.set_aside,
            self.defects + other.defects,
        )


@dataclass(slots=True)
class _Held:
    """A message that has an id already; `content` is read where another mail claims the same id."""

    row_id: int
    lists: tuple[str, ...]
    content: bytes | None = None


class MailWriter:
    """Adds mail within one write transaction."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._reader = MailReader(connection)

    def source_id(self, name: str, kind: str) -> int:
        """The row of a source, made on first sight."""
        known: int | None = self._connection.scalar(select(source.c.id).where(source.c.name == name))
        if known is not None:
            return known
        values = {"name": storable(name), "kind": kind}
        return int(
            self._connection.execute(insert(source).values(values).returning(source.c.id)).scalar_one()
        )

    def set_position(self, source_id: int, position: str) -> None:
        """Where reading this source goes on."""
        self._connection.execute(update(source).where(source.c.id == source_id).values(position=position))

    def learn(self, samples: Sequence[bytes]) -> None:
        """Train the archive's dictionary on its first mails, where it has none and they are enough."""
        if newest_dictionary(self._connection)[0] is None:
            learned = train_dictionary(samples)
            if learned is not None:
                self._connection.execute(insert(dictionary).values(data=learned))

    def sight(self, digests: Sequence[bytes], source_id: int) -> None:
        """Note that mails which other sources brought stand in this one too."""
        for part in chunks(digests):
            elsewhere = select(literal(source_id), raw.c.id).where(
                raw.c.digest.in_(part), raw.c.source_id != source_id
            )
            into = insert(sighting).prefix_with("OR IGNORE")
            self._connection.execute(into.from_select(["source_id", "raw_id"], elsewhere))

    def add(
        self, batch: Sequence[ParsedMail], source_id: int, place: Place = alone
    ) -> tuple[Counts, list[str]]:
        """Store parsed mails; as `store`."""
        self.learn([mail.raw.data for mail in batch])
        dictionary_id, data = newest_dictionary(self._connection)
        compressor = Compressor(data)
        return self.store([prepare(mail, compressor, dictionary_id) for mail in batch], source_id, place)

    def store(
        self, batch: Sequence[PreparedMail], source_id: int, place: Place = alone
    ) -> tuple[Counts, list[str]]:
        """Store a batch; returns the counts and the ids of the messages that are new."""
        seen = known_digests(self._connection, [mail.digest for mail in batch])
        there = self._known_messages(m.message.message_id for m in batch if m.message is not None)
        next_id = (self._connection.scalar(select(func.max(message.c.id))) or 0) + 1
        raw_rows: list[tuple[object, ...]] = []
        fresh: list[tuple[int, str, PreparedMessage]] = []
        defects: list[Defect] = []
        known = set_aside = 0
        for mail in batch:
            if mail.digest in seen:
                known += 1
                continue
            seen.add(mail.digest)
            defects.extend(mail.defects)
            row_id: int | None = None
            if mail.message is None:
                set_aside += 1
            else:
                message_id, row_id = self._identify(mail.message, there)
                if row_id is not None:
                    known += 1
                else:
                    row_id, next_id = next_id, next_id + 1
                    there[message_id] = _Held(row_id, mail.message.lists, mail.message.content)
                    fresh.append((row_id, message_id, mail.message))
                    if message_id != mail.message.message_id:
                        defects.append(_reused(mail.message.message_id, message_id))
            raw_rows.append(
                (mail.digest, source_id, mail.offset, mail.form, row_id, mail.dictionary_id, mail.data)
            )
        # Messages first: raw rows refer to them.
        self._insert_messages(fresh, there, place)
        if raw_rows:
            self._connection.exec_driver_sql(_insert_into("raw", _RAW), raw_rows)
        counts = Counts(len(batch), len(fresh), known, set_aside, self.add_defects(defects))
        return counts, [message_id for _, message_id, _ in fresh]

    def add_defects(self, defects: Sequence[Defect]) -> int:
        """Record defects that are not on record yet; returns how many were new."""
        rows = {
            (storable(d.source), d.offset, d.message_id, d.kind, storable(d.detail)): None for d in defects
        }
        if not rows:
            return 0
        columns = (defect.c.source, defect.c.offset, defect.c.message_id, defect.c.kind, defect.c.detail)
        offsets = sorted({row[1] for row in rows if row[1] is not None})
        names = sorted({row[0] for row in rows})
        for part in chunks(offsets):
            same = select(*columns).where(defect.c.source.in_(names), defect.c.offset.in_(part))
            for row in self._connection.execute(same):
                rows.pop(tuple(row), None)
        if any(row[1] is None for row in rows):
            same = select(*columns).where(defect.c.source.in_(names), defect.c.offset.is_(None))
            for row in self._connection.execute(same):
                rows.pop(tuple(row), None)
        if rows:
            self._connection.exec_driver_sql(_insert_into("defect", _DEFECT), list(rows))
        return len(rows)

    def _insert_messages(
        self,
        fresh: Sequence[tuple[int, str, PreparedMessage]],
        there: dict[str, _Held],
        place: Place,
    ) -> None:
        if not fresh:
            return
        links = [_link(message_id, record) for _, message_id, record in fresh]
        names = Names(self._connection, (text for link in links for text in spoken_of(link)))
        parents, roots = names.add(links, place)
        rows = [
            (
                row_id,
                names.numbers[message_id],
                *record.values,
                names.packed(record.in_reply_to),
                names.packed(record.references),
                " ".join(there[message_id].lists),
                parents.get(message_id),
                roots[message_id],
            )
            for row_id, message_id, record in fresh
        ]
        self._connection.exec_driver_sql(_insert_into("message", _MESSAGE), rows)
        index_messages(self._connection, [(row_id, record.words) for row_id, _, record in fresh])
        widen_spans(self._connection, ((row_id, record.date) for row_id, _, record in fresh))

    def _identify(self, record: PreparedMessage, there: dict[str, _Held]) -> tuple[str, int | None]:
        """The id by which a message is kept, and its row where it is known."""
        message_id, copy = record.message_id, 1
        while (held := self._held(message_id, there)) is not None:
            if held.content is None:
                (kept,) = self._reader.messages(message.c.id == held.row_id)
                held.content = content_digest(kept)
            if held.content == record.content:
                self._add_lists(held, record.lists)
                return message_id, held.row_id
            copy += 1
            message_id = f"{record.message_id}#{copy}"
        return message_id, None

    def _held(self, message_id: str, there: dict[str, _Held]) -> _Held | None:
        if message_id not in there and "#" in message_id:
            there.update(self._known_messages([message_id]))
        return there.get(message_id)

    def _add_lists(self, held: _Held, more: tuple[str, ...]) -> None:
        union = tuple(dict.fromkeys(held.lists + more))
        if union != held.lists:
            held.lists = union
            statement = update(message).where(message.c.id == held.row_id)
            self._connection.execute(statement.values(lists=" ".join(union)))

    def _known_messages(self, ids: Iterable[str]) -> dict[str, _Held]:
        """Archived messages of these ids; quoted ones give way to real mail."""
        found: dict[str, _Held] = {}
        columns = (message.c.id, message.c.lists, message.c.quoted_in, name.c.text)
        for part in chunks(list(dict.fromkeys(ids))):
            statement = select(*columns).join(name, name.c.id == message.c.name)
            for row in self._connection.execute(statement.where(name.c.text.in_(part))).all():
                if row.quoted_in is None:
                    found[row.text] = _Held(row.id, tuple(row.lists.split()))
                else:
                    self._connection.execute(delete(message).where(message.c.id == row.id))
                    stale = update(discussion).where(discussion.c.id == row.quoted_in)
                    self._connection.execute(stale.values(resolved=False))
        return found


def known_digests(connection: Connection, digests: Sequence[bytes]) -> set[bytes]:
    """Those of some digests of raw mail that are in the archive."""
    found: set[bytes] = set()
    for part in chunks(digests):
        found.update(connection.scalars(select(raw.c.digest).where(raw.c.digest.in_(part))))
    return found


def newest_dictionary(connection: Connection) -> tuple[int | None, bytes | None]:
    """The dictionary that new mail is packed with, and its number; None and None where there is none yet."""
    newest = connection.execute(
        select(dictionary.c.id, dictionary.c.data).order_by(dictionary.c.id.desc()).limit(1)
    ).first()
    return (newest.id, newest.data) if newest else (None, None)


def write_blocks(connection: Connection, messages: Iterable[Message]) -> None:
    """Store the blocks of messages again, after their quotes were resolved."""
    rows = [{"key": m.message_id, "packed": pack_blocks(m.blocks)} for m in messages]
    if rows:
        number = select(name.c.id).where(name.c.text == bindparam("key")).scalar_subquery()
        statement = update(message).where(message.c.name == number)
        connection.execute(statement.values(blocks=bindparam("packed")), rows)


def _insert_into(table: str, columns: Sequence[str]) -> str:
    names = ", ".join(f'"{column}"' for column in columns)
    return f"INSERT INTO {table}({names}) VALUES (?{', ?' * (len(columns) - 1)})"  # noqa: S608


def _link(message_id: str, record: PreparedMessage) -> Link:
    date = datetime.fromtimestamp(record.date, UTC) if record.date is not None else None
    return Link(message_id, date, record.references, record.in_reply_to)


def _reused(message_id: str, kept_as: str) -> Defect:
    detail = f"another mail has this Message-ID with other content; kept as {kept_as}"
    return Defect("", "reused message-id", detail, message_id=message_id)
