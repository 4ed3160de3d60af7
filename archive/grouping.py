"""Which threads wait to be brought together into discussions, and which discussions for their quotes."""

import json
from collections.abc import Sequence

from sqlalchemy import Connection, delete, insert, select, update

from archive.discussions import DiscussionSummary
from archive.mail import Message
from archive.mailreader import MailReader
from archive.naming import chunks
from archive.schema import discussion, message, name, thread


def has_open_threads(connection: Connection) -> bool:
    """Whether mail came since threads were last brought together."""
    return connection.scalar(select(thread.c.id).where(thread.c.discussion.is_(None)).limit(1)) is not None


def load_all(connection: Connection) -> tuple[list[Message], dict[str, str], dict[str, str | None]]:
    """Archived messages, the root of each, and the discussion that each root is known to be in."""
    root = name.alias("root")
    archived = message.c.quoted_in.is_(None)
    statement = (
        select(name.c.text, root.c.text.label("root"), thread.c.discussion)
        .join(message, message.c.name == name.c.id)
        .join(root, root.c.id == name.c.thread)
        .join(thread, thread.c.id == name.c.thread)
        .where(archived)
    )
    roots: dict[str, str] = {}
    homes: dict[str, str | None] = {}
    for row in connection.execute(statement):
        roots[row.text] = row.root
        homes[row.root] = row.discussion
    return list(MailReader(connection).messages(archived)), roots, homes


def save_group(connection: Connection, made: DiscussionSummary) -> None:
    """Store threads that are one discussion; its quotes are to be resolved again."""
    values = {
        "title": made.title,
        "threads": json.dumps(made.threads),
        "reasons": json.dumps(made.reasons),
        "started": made.started,
        "ended": made.ended,
        "messages": made.messages,
        "resolved": False,
    }
    changed = connection.execute(update(discussion).where(discussion.c.id == made.id).values(values))
    if not changed.rowcount:
        connection.execute(insert(discussion).values(id=made.id, **values))
    for part in chunks(made.threads):
        these = thread.c.id.in_(select(name.c.id).where(name.c.text.in_(part)))
        connection.execute(update(thread).where(these).values(discussion=made.id))


def remove_empty_discussions(connection: Connection) -> None:
    """Remove discussions without threads, with what was read back into them and found in them."""
    held = select(thread.c.discussion).where(thread.c.discussion.is_not(None))
    gone = list(connection.scalars(select(discussion.c.id).where(discussion.c.id.not_in(held))))
    for part in chunks(gone):
        connection.execute(delete(message).where(message.c.quoted_in.in_(part)))
        connection.execute(delete(discussion).where(discussion.c.id.in_(part)))


def unresolved(connection: Connection, ids: Sequence[str]) -> list[str]:
    """Those of some discussions whose quotes are to be resolved."""
    found: list[str] = []
    for part in chunks(ids):
        wanted = discussion.c.id.in_(part) & ~discussion.c.resolved
        found.extend(connection.scalars(select(discussion.c.id).where(wanted)))
    return found
