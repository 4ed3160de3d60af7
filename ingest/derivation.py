"""What follows from all mail together: threads, discussions, resolved quotes, mails read back from quotes.

Nothing here is lost when it is thrown away: it is computed anew for every discussion that new mail touches.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from archive.database import Database
from archive.discussions import common_title, in_reading_order, save_discussion
from archive.identity import discussion_id
from archive.mail import Discussion, Message, Origin
from archive.mailreader import MailReader
from archive.schema import message as message_table
from ingest.discussions import group
from ingest.threading import link, threads
from ingest.unquoting import read_back


@dataclass(frozen=True, slots=True)
class Derived:
    """A discussion, and why its threads are one matter."""

    discussion: Discussion
    reasons: tuple[str, ...]


def derive(database: Database, fresh: Sequence[str]) -> list[str]:
    """Bring threads and discussions up to date after new mail; returns the ids of those that changed."""
    with database.reading() as connection:
        archived = message_table.c.origin == Origin.ARCHIVED.value
        messages = list(MailReader(connection).messages(archived))
    touched = set(fresh)
    changed: list[str] = []
    for derived in discuss(messages, touched):
        with database.writing() as connection:
            save_discussion(connection, derived.discussion, derived.reasons)
        changed.append(derived.discussion.id)
    return changed


def discuss(messages: Sequence[Message], touched: Iterable[str] | None = None) -> list[Derived]:
    """The discussions among archived messages, or only those that hold a touched one; oldest first.

    Pure: the same messages in any order give the same discussions.
    """
    plain = [replace(m, parent=None, thread=None, discussion=None) for m in messages]
    parents = link(plain)
    roots = threads(plain, parents)
    wanted = None if touched is None else set(touched)
    by_root: dict[str, list[Message]] = {}
    for message in plain:
        by_root.setdefault(roots[message.message_id], []).append(message)
    found: list[Derived] = []
    for matter in group(plain, roots):
        members = [m for root in matter.roots for m in by_root.get(root, ())]
        if wanted is not None and wanted.isdisjoint(m.message_id for m in members):
            continue
        discussion = _assemble(members, parents, roots, matter.title)
        found.append(Derived(discussion, tuple(matter.reasons)))
    return sorted(found, key=lambda d: (d.discussion.messages[0].message_id, d.discussion.id))


def _assemble(
    members: Sequence[Message],
    parents: Mapping[str, str | None],
    roots: Mapping[str, str],
    title: str,
) -> Discussion:
    resolved = read_back(members, parents)
    there = {m.message_id: m for m in resolved}
    placed = [replace(m, thread=_root(m, there, roots)) for m in resolved]
    ordered = in_reading_order(placed)
    tops = list(dict.fromkeys(m.thread for m in ordered if m.thread is not None))
    key = discussion_id(_oldest(members))
    subjects = {m.message_id: m.subject for m in ordered}
    named = title or common_title(subjects, [*tops, *subjects])
    return Discussion(key, named, tuple(tops), tuple(replace(m, discussion=key) for m in ordered))


def _root(message: Message, there: Mapping[str, Message], roots: Mapping[str, str]) -> str:
    """The topmost message at hand above a message; for an archived one at least the root of its thread."""
    seen = {message.message_id}
    at = message
    while at.parent is not None and at.parent in there and at.parent not in seen:
        seen.add(at.parent)
        at = there[at.parent]
    return at.message_id if at.origin is Origin.QUOTED else roots.get(at.message_id, at.message_id)


def _oldest(members: Sequence[Message]) -> str:
    """The message that gives a discussion its id: the oldest, so that later mail doesn't change it."""
    return min(
        members, key=lambda m: (m.date is None, m.date.timestamp() if m.date else 0.0, m.message_id)
    ).message_id
