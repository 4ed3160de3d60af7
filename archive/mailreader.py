"""Mail out of the archive: rows become the records they were made of."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, Select, func, or_, select

from archive.mail import Address, Defect, Message, Origin
from archive.packing import Compressor, Slice, unpack_addresses, unpack_blocks
from archive.schema import defect, dictionary, discussion, message, name, raw, sighting, source, thread

_CHUNK = 500
_above, _root = name.alias("above"), name.alias("root")
_MESSAGES = (
    select(
        message,
        name.c.text.label("message_id"),
        _above.c.text.label("parent_id"),
        _root.c.text.label("thread_id"),
        func.coalesce(message.c.quoted_in, thread.c.discussion).label("discussion"),
    )
    .join(name, name.c.id == message.c.name)
    .outerjoin(_above, _above.c.id == message.c.parent)
    .join(_root, _root.c.id == message.c.thread)
    .outerjoin(thread, thread.c.id == name.c.thread)
    .order_by(message.c.id)
)


class MailReader:
    """Reads messages and raw mail over one connection."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._compressors: dict[int | None, Compressor] = {None: Compressor()}

    def messages(self, where: ColumnElement[bool] | None = None) -> Iterator[Message]:
        """The messages that fulfil a condition on `archive.schema.message`, oldest row first."""
        rows = self._connection.execute(_MESSAGES if where is None else _MESSAGES.where(where))
        while part := rows.fetchmany(_CHUNK):
            yield from self._records(part)

    def by_id(self, ids: Iterable[str]) -> list[Message]:
        """The messages of these ids that are there, in archive order."""
        wanted = list(dict.fromkeys(ids))
        found: list[Message] = []
        for at in range(0, len(wanted), _CHUNK):
            found.extend(self.messages(name.c.text.in_(wanted[at : at + _CHUNK])))
        return found

    def raw(self, message_id: str) -> bytes | None:
        """The bytes of a message as they first came, or None for one that is only quoted."""
        statement = (
            select(raw.c.data, raw.c.dictionary_id)
            .join(message, raw.c.message_id == message.c.id)
            .join(name, name.c.id == message.c.name)
            .where(name.c.text == message_id)
            .order_by(raw.c.id)
        )
        row = self._connection.execute(statement).first()
        return self._compressor(row.dictionary_id).unpack(row.data) if row else None

    def _records(self, rows: Sequence[Row[Any]]) -> list[Message]:
        sliced = [row.id for row in rows if row.text_start is not None]
        numbers = {n for row in rows for n in (*row.references.split(), *row.in_reply_to.split())}
        bodies: dict[int, bytes] = {}
        texts: dict[str, str] = {}
        for at in range(0, len(sliced), _CHUNK):
            statement = (
                select(raw.c.message_id, raw.c.data, raw.c.dictionary_id)
                .where(raw.c.message_id.in_(sliced[at : at + _CHUNK]))
                .order_by(raw.c.id)
            )
            for row in self._connection.execute(statement):
                # The first mail with this content gave the slice; later copies came through other lists.
                if row.message_id not in bodies:
                    bodies[row.message_id] = self._compressor(row.dictionary_id).unpack(row.data)
        wanted = list(numbers)
        for at in range(0, len(wanted), _CHUNK):
            part = [int(n) for n in wanted[at : at + _CHUNK]]
            for found in self._connection.execute(select(name.c.id, name.c.text).where(name.c.id.in_(part))):
                texts[str(found.id)] = found.text
        return [self._record(row, bodies.get(row.id, b""), texts) for row in rows]

    def _record(self, row: Row[Any], data: bytes, texts: Mapping[str, str]) -> Message:
        if row.text_start is not None:
            text = Slice(row.text_start, row.charset).cut(data)
        else:
            text = self._compressors[None].unpack(row.body).decode()
        to, cc = unpack_addresses(row.recipients)
        return Message(
            message_id=row.message_id,
            author=Address(row.author_name, row.author_email),
            subject=row.subject,
            date=moment(row.date, row.zone),
            text=text,
            origin=Origin.ARCHIVED if row.quoted_in is None else Origin.QUOTED,
            in_reply_to=tuple(texts[n] for n in row.in_reply_to.split()),
            references=tuple(texts[n] for n in row.references.split()),
            to=to,
            cc=cc,
            lists=tuple(row.lists.split()),
            url=row.url,
            blocks=unpack_blocks(row.blocks),
            parent=row.parent_id,
            thread=row.thread_id,
            discussion=row.discussion,
        )

    def _compressor(self, dictionary_id: int | None) -> Compressor:
        if dictionary_id not in self._compressors:
            data = self._connection.scalar(select(dictionary.c.data).where(dictionary.c.id == dictionary_id))
            self._compressors[dictionary_id] = Compressor(data)
        return self._compressors[dictionary_id]


def moment(seconds: int | None, zone: int | None) -> datetime | None:
    """A date from its columns: seconds since the epoch and minutes east of UTC."""
    if seconds is None:
        return None
    return datetime.fromtimestamp(seconds, timezone(timedelta(minutes=zone)) if zone else UTC)


def count_messages(connection: Connection, origin: Origin = Origin.ARCHIVED) -> int:
    """How many messages of an origin there are."""
    archived = message.c.quoted_in.is_(None)
    wanted = archived if origin is Origin.ARCHIVED else ~archived
    return connection.scalar(select(func.count()).where(wanted)) or 0


def source_position(connection: Connection, source_name: str) -> str:
    """Where reading a source goes on; empty for a source that is new."""
    return connection.scalar(select(source.c.position).where(source.c.name == source_name)) or ""


def count_seen(connection: Connection, source_name: str) -> int:
    """How many mails of a source the archive has, from it or from another."""
    held = select(func.count()).select_from(raw).join(source).where(source.c.name == source_name)
    seen = select(func.count()).select_from(sighting).join(source).where(source.c.name == source_name)
    return (connection.scalar(held) or 0) + (connection.scalar(seen) or 0)


def discussions_of_sources(connection: Connection, names: Sequence[str]) -> list[str]:
    """The discussions that mails of these sources belong to, oldest first."""
    seen = (
        select(raw.c.message_id)
        .outerjoin(sighting, sighting.c.raw_id == raw.c.id)
        .join(source, or_(source.c.id == raw.c.source_id, source.c.id == sighting.c.source_id))
        .where(source.c.name.in_(names))
    )
    statement = (
        select(discussion.c.id)
        .join(thread, thread.c.discussion == discussion.c.id)
        .join(name, name.c.thread == thread.c.id)
        .join(message, message.c.name == name.c.id)
        .where(message.c.id.in_(seen))
        .group_by(discussion.c.id)
        .order_by(discussion.c.started, discussion.c.id)
    )
    return list(connection.scalars(statement))


def defects(connection: Connection, message_ids: Iterable[str] | None = None) -> list[Defect]:
    """The defects on record: all of them, or those of some messages."""
    statement: Select[Any] = select(defect).order_by(defect.c.id)
    if message_ids is not None:
        wanted = list(message_ids)
        return [
            d
            for at in range(0, len(wanted), _CHUNK)
            for d in _defects(connection, statement.where(defect.c.message_id.in_(wanted[at : at + _CHUNK])))
        ]
    return _defects(connection, statement)


def _defects(connection: Connection, statement: Select[Any]) -> list[Defect]:
    return [
        Defect(row.source, row.kind, row.detail, row.offset, row.message_id)
        for row in connection.execute(statement)
    ]
