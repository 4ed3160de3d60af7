"""What is derived from all mail together: threads, discussions, quotes resolved and mails read back."""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import Connection, bindparam, delete, func, insert, select, update

from archive.identity import fold
from archive.mail import Discussion, Message, Origin
from archive.mailreader import MailReader
from archive.mailwriter import message_row, write_blocks
from archive.schema import discussion, message


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
    connection: Connection, made: Discussion, reasons: Sequence[str] = (), *, blocks_changed: bool = True
) -> None:
    """Store a discussion and the places of its messages, in place of what the archive knew of them.

    Discussions that lose all their messages to this one are removed, with their findings.
    """
    ids = [m.message_id for m in made.messages]
    archived = [m for m in made.messages if m.origin is Origin.ARCHIVED]
    dates = [int(m.date.timestamp()) for m in archived if m.date is not None]
    earlier = _discussions_of(connection, ids) - {made.id}
    values = {
        "title": made.title,
        "threads": json.dumps(made.threads),
        "reasons": json.dumps(list(reasons)),
        "started": min(dates, default=None),
        "ended": max(dates, default=None),
        "messages": len(archived),
    }
    changed = connection.execute(update(discussion).where(discussion.c.id == made.id).values(values))
    if not changed.rowcount:
        connection.execute(insert(discussion).values(id=made.id, **values))
    _place(connection, archived, made.id)
    _replace_quoted(connection, [m for m in made.messages if m.origin is Origin.QUOTED], made.id)
    if blocks_changed:
        write_blocks(connection, archived)
    for other in earlier:
        left = connection.scalar(
            select(func.count()).where(
                message.c.discussion == other, message.c.origin == Origin.ARCHIVED.value
            )
        )
        if not left:
            connection.execute(delete(message).where(message.c.discussion == other))
            connection.execute(delete(discussion).where(discussion.c.id == other))


def _discussions_of(connection: Connection, ids: Sequence[str]) -> set[str]:
    found: set[str] = set()
    for at in range(0, len(ids), 500):
        part = select(message.c.discussion).where(
            message.c.message_id.in_(ids[at : at + 500]), message.c.discussion.is_not(None)
        )
        found.update(connection.scalars(part.distinct()))
    return found


def _place(connection: Connection, messages: Iterable[Message], into: str) -> None:
    rows = [
        {"key": m.message_id, "parent_id": m.parent, "thread_id": m.thread, "into": into} for m in messages
    ]
    if rows:
        statement = update(message).where(message.c.message_id == bindparam("key"))
        connection.execute(
            statement.values(
                parent=bindparam("parent_id"), thread=bindparam("thread_id"), discussion=bindparam("into")
            ),
            rows,
        )


def _replace_quoted(connection: Connection, quoted: Sequence[Message], into: str) -> None:
    quoted_ids = [m.message_id for m in quoted]
    for at in range(0, len(quoted_ids), 500):
        connection.execute(delete(message).where(message.c.message_id.in_(quoted_ids[at : at + 500])))
    connection.execute(
        delete(message).where(message.c.discussion == into, message.c.origin == Origin.QUOTED.value)
    )
    next_id = (connection.scalar(select(func.max(message.c.id))) or 0) + 1
    rows = [message_row(next_id + n, m) | {"discussion": into} for n, m in enumerate(quoted)]
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
    row = connection.execute(select(discussion).where(discussion.c.id == discussion_id)).one_or_none()
    if row is None:
        raise KeyError(discussion_id)
    messages = MailReader(connection).messages(message.c.discussion == discussion_id)
    return Discussion(row.id, row.title, tuple(json.loads(row.threads)), in_reading_order(messages))


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
