"""What is derived from all mail together: threads, discussions, quotes resolved and mails read back."""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import ColumnElement, Connection, bindparam, delete, func, insert, select, update

from archive.identity import fold
from archive.mail import Discussion, Message, Origin
from archive.mailreader import MailReader
from archive.mailwriter import write_blocks
from archive.naming import Names, chunks
from archive.preparation import COLUMNS, prepare_message
from archive.schema import discussion, message, name, thread


@dataclass(frozen=True, slots=True)
class DiscussionSummary:
    """A discussion without its messages; dates in seconds since the epoch."""

    id: str
    title: str
    threads: tuple[str, ...]
    reasons: tuple[str, ...]
    started: int | None
    ended: int | None
    messages: int


def save_discussion(
    connection: Connection,
    made: Discussion,
    reasons: Sequence[str] = (),
    *,
    resolved: bool = True,
) -> None:
    """Store a discussion and the places of its messages, in place of what the archive knew of them.

    Discussions that lose all their threads to this one are removed, with their findings. `resolved` says that
    blocks hold the sources of quotes, and that what is read back from quotes is among the messages.
    """
    archived = [m for m in made.messages if m.origin is Origin.ARCHIVED]
    dates = [int(m.date.timestamp()) for m in archived if m.date is not None]
    values = {
        "title": made.title,
        "threads": json.dumps(made.threads),
        "reasons": json.dumps(list(reasons)),
        "started": min(dates, default=None),
        "ended": max(dates, default=None),
        "messages": len(archived),
        "resolved": resolved,
    }
    changed = connection.execute(update(discussion).where(discussion.c.id == made.id).values(values))
    if not changed.rowcount:
        connection.execute(insert(discussion).values(id=made.id, **values))
    earlier = _take_threads(connection, [m.message_id for m in archived], made.id)
    if resolved:
        store_resolved(connection, [made])
    remove_empty(connection, earlier - {made.id})


def store_resolved(connection: Connection, made: Sequence[Discussion]) -> None:
    """Store what the quotes of discussions gave: sources, parents, and the mails read back from them."""
    archived = [m for one in made for m in one.messages if m.origin is Origin.ARCHIVED]
    quoted = [(m, one.id) for one in made for m in one.messages if m.origin is Origin.QUOTED]
    for part in chunks([one.id for one in made]):
        connection.execute(delete(message).where(message.c.quoted_in.in_(part)))
    numbers = _number(connection, made)
    for part in chunks([numbers[m.message_id] for m, _ in quoted]):
        # Read back into another discussion before; an archived one never stands here.
        connection.execute(delete(message).where(message.c.name.in_(part), message.c.quoted_in.is_not(None)))
    _insert_quoted(connection, quoted, numbers)
    _place(connection, archived, numbers)
    write_blocks(connection, archived)
    statement = update(discussion).where(discussion.c.id == bindparam("key"))
    connection.execute(
        statement.values(resolved=True, threads=bindparam("roots")),
        [{"key": one.id, "roots": json.dumps(one.threads)} for one in made],
    )


def remove_empty(connection: Connection, ids: Iterable[str]) -> None:
    """Remove those of some discussions that have no thread any more, with their findings."""
    for other in sorted(ids):
        if not connection.scalar(select(func.count()).where(thread.c.discussion == other)):
            connection.execute(delete(message).where(message.c.quoted_in == other))
            connection.execute(delete(discussion).where(discussion.c.id == other))


def _take_threads(connection: Connection, ids: Sequence[str], into: str) -> set[str]:
    """Let the threads of these messages belong to a discussion; returns where they belonged before."""
    earlier: set[str] = set()
    for part in chunks(ids):
        wanted = thread.c.id.in_(select(name.c.thread).where(name.c.text.in_(part)))
        known = select(thread.c.discussion).where(wanted, thread.c.discussion.is_not(None))
        earlier.update(connection.scalars(known.distinct()))
        connection.execute(update(thread).where(wanted).values(discussion=into))
    return earlier


def _number(connection: Connection, made: Sequence[Discussion]) -> dict[str, int]:
    """The numbers of all ids in discussions; new ones join the thread of their first archived message."""
    spoken = [(one, _spoken_of(one)) for one in made]
    names = Names(connection, (text for _, texts in spoken for text in texts))
    for one, texts in spoken:
        archived = (m.message_id for m in one.messages if m.origin is Origin.ARCHIVED)
        names.adopt(texts, names.thread_of(next(archived, "")))
    return names.numbers


def _spoken_of(made: Discussion) -> list[str]:
    ids = {m.message_id for m in made.messages} | set(made.threads)
    for m in made.messages:
        ids.update(text for text in (m.parent, m.thread) if text is not None)
        if m.origin is Origin.QUOTED:
            ids.update((*m.references, *m.in_reply_to))
    return sorted(ids)


def _place(connection: Connection, messages: Iterable[Message], numbers: Mapping[str, int]) -> None:
    rows = [
        {
            "key": numbers[m.message_id],
            "above": numbers[m.parent] if m.parent is not None else None,
            "root": numbers[m.thread or m.message_id],
        }
        for m in messages
    ]
    if rows:
        statement = update(message).where(message.c.name == bindparam("key"))
        connection.execute(statement.values(parent=bindparam("above"), thread=bindparam("root")), rows)


def _insert_quoted(
    connection: Connection, quoted: Sequence[tuple[Message, str]], numbers: Mapping[str, int]
) -> None:
    next_id = (connection.scalar(select(func.max(message.c.id))) or 0) + 1
    rows = []
    # A mail that two discussions quote is kept once: an id has one message.
    once = {mail.message_id: (mail, into) for mail, into in quoted}
    for row_id, (mail, into) in enumerate(once.values(), start=next_id):
        record = prepare_message(mail)
        rows.append(
            {
                **dict(zip(COLUMNS, record.values, strict=True)),
                "id": row_id,
                "name": numbers[mail.message_id],
                "in_reply_to": " ".join(str(numbers[text]) for text in record.in_reply_to),
                "references": " ".join(str(numbers[text]) for text in record.references),
                "lists": " ".join(record.lists),
                "parent": numbers[mail.parent] if mail.parent is not None else None,
                "thread": numbers[mail.thread or mail.message_id],
                "quoted_in": into,
            }
        )
    if rows:
        connection.execute(insert(message), rows)


def list_discussions(connection: Connection, ids: Iterable[str] | None = None) -> list[DiscussionSummary]:
    """The discussions of these ids, or all, oldest first."""
    statement = select(discussion).order_by(discussion.c.started, discussion.c.id)
    if ids is not None:
        statement = statement.where(discussion.c.id.in_(list(ids)))
    return [
        DiscussionSummary(
            row.id,
            row.title,
            tuple(json.loads(row.threads)),
            tuple(json.loads(row.reasons)),
            row.started,
            row.ended,
            row.messages,
        )
        for row in connection.execute(statement)
    ]


def load_discussion(connection: Connection, discussion_id: str) -> Discussion:
    """A discussion with its messages; raises `KeyError` where there is none of that id."""
    found = load_discussions(connection, [discussion_id])
    if not found:
        raise KeyError(discussion_id)
    return found[0]


def load_discussions(connection: Connection, ids: Sequence[str]) -> list[Discussion]:
    """Those of some discussions that are there, with their messages."""
    found: list[Discussion] = []
    for part in chunks(ids):
        members: dict[str | None, list[Message]] = {}
        for mail in MailReader(connection).messages(_of_discussions(part)):
            members.setdefault(mail.discussion, []).append(mail)
        rows = connection.execute(select(discussion).where(discussion.c.id.in_(part)))
        found.extend(
            Discussion(
                row.id, row.title, tuple(json.loads(row.threads)), in_reading_order(members.get(row.id, ()))
            )
            for row in rows
        )
    return found


def _of_discussions(ids: Sequence[object]) -> ColumnElement[bool]:
    archived = (
        select(message.c.id)
        .join(name, name.c.id == message.c.name)
        .join(thread, thread.c.id == name.c.thread)
        .where(thread.c.discussion.in_(ids), message.c.quoted_in.is_(None))
    )
    quoted = select(message.c.id).where(message.c.quoted_in.in_(ids))
    return message.c.id.in_(archived.union_all(quoted))


def in_reading_order(messages: Iterable[Message]) -> tuple[Message, ...]:
    """By date, but never a reply before the mail it answers; without a date, right after the parent."""
    there = {m.message_id: m for m in messages}
    when: dict[str, tuple[float, int, str]] = {}

    def key(message_id: str) -> tuple[float, int, str]:
        # Walked upwards with a loop: threads can be deeper than the recursion limit, and hostile.
        path: dict[str, None] = {}
        at: str | None = message_id
        while at is not None and at in there and at not in when and at not in path:
            path[at] = None
            at = there[at].parent
        above = when.get(at, (float("-inf"), -1, "")) if at is not None else (float("-inf"), -1, "")
        for step in reversed(path):
            mail = there[step]
            own = mail.date.timestamp() if mail.date is not None else above[0]
            above = (max(own, above[0]), above[1] + 1, step)
            when[step] = above
        return when[message_id]

    return tuple(sorted(there.values(), key=lambda m: key(m.message_id)))


def common_title(subjects: Mapping[str, str], roots: Sequence[str]) -> str:
    """The subject of the oldest root, folded; `(no subject)` where it has none."""
    return next((fold(subjects[r]) for r in roots if fold(subjects.get(r, ""))), "(no subject)")
