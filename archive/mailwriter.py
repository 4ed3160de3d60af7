"""Mail into the archive: a batch at a time, each batch with the position of its source in one transaction.

A run that is killed goes on from the last batch; a batch that comes again adds nothing.
"""

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from sqlalchemy import Connection, bindparam, delete, func, insert, literal, select, update

from archive.identity import fold
from archive.mail import BlockKind, Defect, Message, Origin, ParsedMail, RawMail
from archive.packing import Compressor, find_slice, pack_addresses, pack_blocks, train_dictionary
from archive.schema import defect, dictionary, message, raw, sighting, source
from archive.search import index_messages

_CHUNK = 500  # SQLite's bound on variables in one statement, with room


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


def raw_digest(data: bytes) -> bytes:
    """The identity of raw bytes: 16 bytes of SHA-256."""
    return hashlib.sha256(data).digest()[:16]


def content_digest(mail: Message) -> bytes:
    """The identity of what a mail says, the same through every list's footer and headers: 16 bytes."""
    words = "".join(mail.text_of(b) for b in mail.blocks if b.kind is not BlockKind.SIGNATURE)
    said = f"{mail.date.timestamp() if mail.date else ''}\0{fold(words or mail.text)}"
    return hashlib.sha256(said.encode("utf-8", "replace")).digest()[:16]


def storable(text: str) -> str:
    """The text without lone surrogates, which no database takes."""
    return text if text.isascii() else text.encode("utf-8", "replace").decode("utf-8")


class MailWriter:
    """Adds mail within one write transaction."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        newest = connection.execute(
            select(dictionary.c.id, dictionary.c.data).order_by(dictionary.c.id.desc()).limit(1)
        ).first()
        self._dictionary_id: int | None = newest.id if newest else None
        self._compressor = Compressor(newest.data if newest else None)

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

    def set_apart_known(self, batch: Sequence[RawMail], source_id: int) -> tuple[list[RawMail], int]:
        """The mails whose bytes are new to the archive, and how many are not; those count as seen here."""
        digests = [raw_digest(mail.data) for mail in batch]
        known = self._known_digests(digests)
        for at in range(0, len(digests), _CHUNK):
            elsewhere = select(literal(source_id), raw.c.id).where(
                raw.c.digest.in_(digests[at : at + _CHUNK]), raw.c.source_id != source_id
            )
            into = insert(sighting).prefix_with("OR IGNORE")
            self._connection.execute(into.from_select(["source_id", "raw_id"], elsewhere))
        fresh = [mail for mail, digest in zip(batch, digests, strict=True) if digest not in known]
        return fresh, len(batch) - len(fresh)

    def add(self, batch: Sequence[ParsedMail], source_id: int) -> tuple[Counts, list[str]]:
        """Store a batch; returns the counts and the ids of the messages that are new."""
        if not batch:
            return Counts(), []
        if self._dictionary_id is None:
            self._learn([mail.raw.data for mail in batch])
        digests = [raw_digest(mail.raw.data) for mail in batch]
        seen = self._known_digests(digests)
        there = self._known_messages(m.message.message_id for m in batch if m.message is not None)
        next_id = (self._connection.scalar(select(func.max(message.c.id))) or 0) + 1
        raw_rows: list[dict[str, object]] = []
        message_rows: list[dict[str, object]] = []
        fresh: list[tuple[int, Message]] = []
        defects: list[Defect] = []
        known = set_aside = 0
        for mail, digest in zip(batch, digests, strict=True):
            if digest in seen:
                known += 1
                continue
            seen.add(digest)
            defects.extend(mail.defects)
            row_id: int | None = None
            if mail.message is None:
                set_aside += 1
            else:
                content = content_digest(mail.message)
                record, row_id, reused = self._place(mail.message, content, there)
                defects.extend(reused)
                if row_id is not None:
                    known += 1
                else:
                    row_id, next_id = next_id, next_id + 1
                    there[record.message_id] = (row_id, content, record.lists)
                    message_rows.append(_message_row(row_id, record, content, mail.raw.data))
                    fresh.append((row_id, record))
            raw_rows.append(self._raw_row(mail, digest, source_id, row_id))
        # Messages first: raw rows refer to them.
        if message_rows:
            self._connection.execute(insert(message), message_rows)
            index_messages(self._connection, fresh)
        if raw_rows:
            self._connection.execute(insert(raw), raw_rows)
        counts = Counts(len(batch), len(fresh), known, set_aside, self.add_defects(defects))
        return counts, [record.message_id for _, record in fresh]

    def add_defects(self, defects: Sequence[Defect]) -> int:
        """Record defects that are not on record yet; returns how many were new."""
        rows = []
        for d in dict.fromkeys(defects):
            row = {
                "source": storable(d.source),
                "offset": d.offset,
                "message_id": d.message_id,
                "kind": d.kind,
                "detail": storable(d.detail),
            }
            same = [defect.c[name].is_not_distinct_from(value) for name, value in row.items()]
            if not self._connection.scalar(select(defect.c.id).where(*same).limit(1)):
                rows.append(row)
        if rows:
            self._connection.execute(insert(defect), rows)
        return len(rows)

    def _place(
        self, record: Message, content: bytes, there: dict[str, tuple[int, bytes, tuple[str, ...]]]
    ) -> tuple[Message, int | None, list[Defect]]:
        """The record under the id it is kept by, its row where it is known, and a defect for a reused id."""
        wanted, copy = record.message_id, 1
        while record.message_id in there:
            row_id, there_content, lists = there[record.message_id]
            if there_content == content:
                self._add_lists(row_id, lists, record.lists)
                there[record.message_id] = (row_id, content, tuple(dict.fromkeys(lists + record.lists)))
                return record, row_id, []
            copy += 1
            record = replace(record, message_id=f"{wanted}#{copy}")
        if copy == 1:
            return record, None, []
        detail = f"another mail has this Message-ID with other content; kept as {record.message_id}"
        return record, None, [Defect("", "reused message-id", detail, message_id=wanted)]

    def _add_lists(self, row_id: int, lists: tuple[str, ...], more: tuple[str, ...]) -> None:
        union = tuple(dict.fromkeys(lists + more))
        if union != lists:
            self._connection.execute(
                update(message).where(message.c.id == row_id).values(lists=" ".join(union))
            )

    def _learn(self, samples: list[bytes]) -> None:
        learned = train_dictionary(samples)
        if learned is not None:
            made = insert(dictionary).values(data=learned).returning(dictionary.c.id)
            self._dictionary_id = self._connection.execute(made).scalar_one()
            self._compressor = Compressor(learned)

    def _known_digests(self, digests: Sequence[bytes]) -> set[bytes]:
        found: set[bytes] = set()
        for at in range(0, len(digests), _CHUNK):
            part = digests[at : at + _CHUNK]
            found.update(self._connection.scalars(select(raw.c.digest).where(raw.c.digest.in_(part))))
        return found

    def _known_messages(self, ids: Iterable[str]) -> dict[str, tuple[int, bytes, tuple[str, ...]]]:
        """Archived messages of these ids, with the copies `id#2`...; quoted ones give way to real mail."""
        wanted = list(dict.fromkeys(ids))
        found: dict[str, tuple[int, bytes, tuple[str, ...]]] = {}
        while wanted:
            matched: list[str] = []
            for at in range(0, len(wanted), _CHUNK):
                rows = self._connection.execute(
                    select(message).where(message.c.message_id.in_(wanted[at : at + _CHUNK]))
                )
                for row in rows:
                    if row.origin == Origin.QUOTED:
                        self._connection.execute(delete(message).where(message.c.id == row.id))
                    else:
                        found[row.message_id] = (row.id, row.content, tuple(row.lists.split()))
                        matched.append(row.message_id)
            wanted = [_next_copy(message_id) for message_id in matched]
        return found

    def _raw_row(
        self, mail: ParsedMail, digest: bytes, source_id: int, row_id: int | None
    ) -> dict[str, object]:
        return {
            "digest": digest,
            "source_id": source_id,
            "offset": mail.raw.offset,
            "form": mail.raw.form,
            "message_id": row_id,
            "dictionary_id": self._dictionary_id,
            "data": self._compressor.pack(mail.raw.data),
        }


def write_blocks(connection: Connection, messages: Iterable[Message]) -> None:
    """Store the blocks of messages again, after their quotes were resolved."""
    rows = [{"key": m.message_id, "packed": pack_blocks(m.blocks)} for m in messages]
    if rows:
        statement = update(message).where(message.c.message_id == bindparam("key"))
        connection.execute(statement.values(blocks=bindparam("packed")), rows)


def message_row(row_id: int, record: Message) -> dict[str, object]:
    """The row of a message that has no raw bytes of its own."""
    return _message_row(row_id, record, content_digest(record), b"")


def _next_copy(message_id: str) -> str:
    base, mark, copy = message_id.rpartition("#")
    return f"{base}#{int(copy) + 1}" if mark and copy.isdecimal() else f"{message_id}#2"


def _message_row(row_id: int, record: Message, content: bytes, data: bytes) -> dict[str, object]:
    text = storable(record.text)
    place = find_slice(data, text)
    offset = record.date.utcoffset() if record.date else None
    return {
        "id": row_id,
        "message_id": storable(record.message_id),
        "origin": record.origin.value,
        "content": content,
        "author_name": storable(record.author.name),
        "author_email": storable(record.author.email),
        "subject": storable(record.subject),
        "date": int(record.date.timestamp()) if record.date else None,
        "zone": int(offset.total_seconds() // 60) if offset is not None else None,
        "in_reply_to": storable(" ".join(record.in_reply_to)),
        "references": storable(" ".join(record.references)),
        "recipients": storable(pack_addresses(record.to, record.cc)),
        "lists": storable(" ".join(record.lists)),
        "url": record.url,
        "charset": place.charset if place else None,
        "text_start": place.start if place else None,
        "body": None if place else Compressor().pack(text.encode()),
        "blocks": pack_blocks(record.blocks),
        "parent": record.parent,
        "thread": record.thread,
        "discussion": record.discussion,
    }
