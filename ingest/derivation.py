"""What follows from all mail together: threads, discussions, resolved quotes, mails read back from quotes.

Threads are made as mail arrives. Discussions and quotes are brought up to date when they are asked for, and
only where mail came since: nothing here is lost when it is thrown away.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from archive.database import Database
from archive.discussions import (
    DiscussionSummary,
    common_title,
    in_reading_order,
    load_discussions,
    store_resolved,
)
from archive.grouping import (
    has_open_threads,
    load_all,
    remove_empty_discussions,
    save_group,
    unresolved,
)
from archive.identity import discussion_id
from archive.mail import Discussion, Message, Origin
from archive.naming import Link
from ingest.discussions import Matter, group
from ingest.threading import link, threads
from ingest.unquoting import read_back

Progress = Callable[[int, int | None, str], None]
_DISCUSSIONS = 50  # in one transaction


@dataclass(frozen=True, slots=True)
class Derived:
    """A discussion, and why its threads are one matter."""

    discussion: Discussion
    reasons: tuple[str, ...]


def place(links: Sequence[Link]) -> tuple[Mapping[str, str | None], Mapping[str, str]]:
    """The parent and the thread root of each message (an `archive.naming.Place`)."""
    parents = link(links)
    return parents, threads(links, parents)


def bring_up_to_date(
    database: Database, discussions: Sequence[str] | None = None, progress: Progress | None = None
) -> None:
    """Bring the threads of new mail together into discussions, and resolve the quotes of those named.

    Every reader of discussions calls this first; it is quick where nothing came since. Without `discussions`
    no quotes are resolved.
    """
    settle(database, progress)
    if discussions:
        resolve(database, discussions, progress)


def settle(database: Database, progress: Progress | None = None) -> None:
    """Bring threads that mail came to together into discussions, with those that they are one matter with."""
    with database.reading() as connection:
        if not has_open_threads(connection):
            return
        messages, roots, homes = load_all(connection)
    if progress is not None:
        progress(0, None, "discussions")
    members: dict[str, list[Message]] = {}
    for message in messages:
        members.setdefault(roots[message.message_id], []).append(message)
    matters = group([_plain(m) for m in messages], roots)
    sizes = Counter(homes.values())
    with database.writing() as connection:
        for matter in matters:
            home, *others = {homes[root] for root in matter.roots}
            # What is as it was keeps its quotes.
            if others or home is None or sizes[home] != len(matter.roots):
                save_group(connection, _sum_up(matter, [m for root in matter.roots for m in members[root]]))
        remove_empty_discussions(connection)


def resolve(database: Database, discussions: Sequence[str], progress: Progress | None = None) -> None:
    """Resolve the quotes of those discussions that mail came to since they were, and read back lost mail."""
    with database.reading() as connection:
        wanted = unresolved(connection, discussions)
    for at in range(0, len(wanted), _DISCUSSIONS):
        if progress is not None:
            progress(at, len(wanted), "quotes")
        with database.writing() as connection:
            known = load_discussions(connection, wanted[at : at + _DISCUSSIONS])
            store_resolved(connection, [_resolved(discussion) for discussion in known])


def _resolved(known: Discussion) -> Discussion:
    """A discussion with its quotes resolved anew."""
    plain = [_plain(m) for m in known.messages if m.origin is Origin.ARCHIVED]
    return _assemble(plain, *_placed(plain), known.title)


def discuss(messages: Sequence[Message], touched: Iterable[str] | None = None) -> list[Derived]:
    """The discussions among archived messages, or only those that hold a touched one; oldest first.

    Pure: the same messages in any order give the same discussions.
    """
    plain = [_plain(m) for m in messages]
    parents, roots = _placed(plain)
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


def _plain(message: Message) -> Message:
    """A message as it came; what quotes gave before is left out, or it would pass for what the mail says."""
    blocks = tuple(replace(b, source=None) if b.source is not None else b for b in message.blocks)
    return replace(message, blocks=blocks, parent=None, thread=None, discussion=None)


def _placed(messages: Sequence[Message]) -> tuple[dict[str, str | None], dict[str, str]]:
    parents = link(messages)
    return parents, threads(messages, parents)


def _sum_up(matter: Matter, members: Sequence[Message]) -> DiscussionSummary:
    """A discussion before its quotes are resolved."""
    dates = [int(m.date.timestamp()) for m in members if m.date is not None]
    return DiscussionSummary(
        discussion_id(_oldest(members)),
        matter.title or _title(in_reading_order(members)),
        tuple(matter.roots),
        tuple(matter.reasons),
        min(dates, default=None),
        max(dates, default=None),
        len(members),
    )


def _assemble(
    members: Sequence[Message],
    parents: Mapping[str, str | None],
    roots: Mapping[str, str],
    title: str,
) -> Discussion:
    resolved = read_back(sorted(members, key=_age), parents)
    there = {m.message_id: m for m in resolved}
    placed = [replace(m, thread=_root(m, there, roots)) for m in resolved]
    ordered = in_reading_order(placed)
    tops = list(dict.fromkeys(m.thread for m in ordered if m.thread is not None))
    key = discussion_id(_oldest(members))
    return Discussion(
        key, title or _title(ordered), tuple(tops), tuple(replace(m, discussion=key) for m in ordered)
    )


def _title(ordered: Sequence[Message]) -> str:
    return common_title({m.message_id: m.subject for m in ordered}, [m.message_id for m in ordered])


def _root(message: Message, there: Mapping[str, Message], roots: Mapping[str, str]) -> str:
    """The topmost message at hand above a message; for an archived one at least the root of its thread."""
    seen = {message.message_id}
    at = message
    while at.parent is not None and at.parent in there and at.parent not in seen:
        seen.add(at.parent)
        at = there[at.parent]
    return at.message_id if at.origin is Origin.QUOTED else roots.get(at.message_id, at.message_id)


def _oldest(members: Iterable[Message]) -> str:
    """The message that gives a discussion its id: the oldest, so that later mail doesn't change it."""
    return min(members, key=_age).message_id


def _age(message: Message) -> tuple[bool, float, str]:
    """Oldest first, undated last."""
    date = message.date
    return date is None, date.timestamp() if date else 0.0, message.message_id
