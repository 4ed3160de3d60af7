"""Message-IDs as numbers, and the threads that they make."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from sqlalchemy import Connection, Row, bindparam, delete, func, insert, select, update

from archive.schema import message, name, thread

_CHUNK = 500  # SQLite's bound on variables in one statement, with room


@dataclass(frozen=True, slots=True)
class Link:
    """The part of a message that threads are made of; ids are bare."""

    message_id: str
    date: datetime | None
    references: tuple[str, ...]
    in_reply_to: tuple[str, ...]


Place = Callable[[Sequence[Link]], tuple[Mapping[str, str | None], Mapping[str, str]]]
"""The parent and the root of each of some messages, which are all of their threads."""


def alone(links: Sequence[Link]) -> tuple[Mapping[str, str | None], Mapping[str, str]]:
    """Every message as a thread of its own: for mail whose threads don't matter."""
    return {}, {link.message_id: link.message_id for link in links}


class Names:
    """The numbers of the Message-IDs that a batch of mail speaks of."""

    def __init__(self, connection: Connection, texts: Iterable[str]) -> None:
        self._connection = connection
        self._threads: dict[str, int] = {}
        self.numbers: dict[str, int] = {}
        for part in chunks(list(dict.fromkeys(texts))):
            for row in connection.execute(select(name).where(name.c.text.in_(part))):
                self._know(row)
        self._next = (connection.scalar(select(func.max(name.c.id))) or 0) + 1

    def _know(self, row: Row[tuple[int, str, int]]) -> None:
        self.numbers[row.text] = row.id
        self._threads[row.text] = row.thread

    def thread_of(self, text: str) -> int | None:
        """The number of the thread that an id belongs to, or None where the archive never heard of it."""
        return self._threads.get(text)

    def adopt(self, texts: Iterable[str], home: int | None) -> None:
        """Give ids that are new a number and a thread to belong to; without one, their own."""
        for text in texts:
            if text not in self.numbers:
                self.numbers[text] = self._next
                values = {"id": self._next, "text": text, "thread": home or self._next}
                self._connection.execute(insert(name).values(values))
                self._next += 1

    def packed(self, texts: Iterable[str]) -> str:
        """Ids that were added, as a column holds them."""
        return " ".join([str(self.numbers[text]) for text in texts])

    def add(self, links: Sequence[Link], place: Place) -> tuple[dict[str, int], dict[str, int]]:
        """Give new messages a number and their places; returns their parents and roots as numbers.

        Messages that were there and whose thread they enter are placed anew as well.
        """
        touched = {self._threads[n] for link in links for n in spoken_of(link) if n in self._threads}
        there = self._members(touched)
        old = {row.text: row.own_thread for row in there}
        parents, roots = place([*self._links(there), *links])
        # What each name belongs to now: the thread of any message that speaks of it.
        homes: dict[str, str] = {}
        moved: dict[int, str] = {}
        for link in links:
            root = roots[link.message_id]
            for text in spoken_of(link):
                homes.setdefault(text, root)
                if text in self._threads:
                    moved[self._threads[text]] = root
        for text, was in old.items():
            moved[was] = roots[text]
        self._number_new(homes)
        new_homes = {was: self.numbers[root] for was, root in moved.items()}
        self._move_threads(new_homes, touched)
        self._move_names(homes, new_homes)
        self._open_threads({self.numbers[root] for root in roots.values()})
        self._move_messages(there, parents, roots)
        found = {}
        for link in links:
            parent = parents.get(link.message_id)
            if parent is not None:
                found[link.message_id] = self.numbers[parent]
        return found, {link.message_id: self.numbers[roots[link.message_id]] for link in links}

    def _members(self, threads: Iterable[int]) -> list[Row[tuple[object, ...]]]:
        """What places a message of these threads, without its words."""
        rows: list[Row[tuple[object, ...]]] = []
        for part in chunks(list(threads)):
            for row in self._connection.execute(select(name).where(name.c.thread.in_(part))):
                self._know(row)
            rows.extend(
                self._connection.execute(
                    select(
                        message.c.id,
                        name.c.text,
                        name.c.thread.label("own_thread"),
                        message.c.date,
                        message.c.references,
                        message.c.in_reply_to,
                        message.c.parent,
                        message.c.thread,
                    )
                    .join(name, name.c.id == message.c.name)
                    .where(name.c.thread.in_(part), message.c.quoted_in.is_(None))
                )
            )
        return rows

    def _links(self, rows: Sequence[Row[tuple[object, ...]]]) -> list[Link]:
        texts = {number: text for text, number in self.numbers.items()}
        return [
            Link(
                row.text,
                datetime.fromtimestamp(row.date, UTC) if row.date is not None else None,
                tuple(texts[int(number)] for number in row.references.split()),
                tuple(texts[int(number)] for number in row.in_reply_to.split()),
            )
            for row in rows
        ]

    def _number_new(self, homes: Mapping[str, str]) -> None:
        fresh = [text for text in homes if text not in self.numbers]
        for text in fresh:
            self.numbers[text] = self._next
            self._next += 1
        if fresh:
            self._connection.exec_driver_sql(
                "INSERT INTO name(id, text, thread) VALUES (?, ?, ?)",
                [(self.numbers[text], text, self.numbers[homes[text]]) for text in fresh],
            )

    def _move_threads(self, moved: Mapping[int, int], touched: Iterable[int]) -> None:
        """Names follow threads that became one or have another root; their discussions are open again."""
        for part in chunks(list(touched)):
            among = select(thread.c.discussion).where(thread.c.id.in_(part))
            self._connection.execute(
                update(thread).where(thread.c.discussion.in_(among)).values(discussion=None)
            )
        rows = [{"was": was, "now": now} for was, now in moved.items() if was != now]
        if rows:
            follow = update(name).where(name.c.thread == bindparam("was")).values(thread=bindparam("now"))
            self._connection.execute(follow, rows)
            self._connection.execute(delete(thread).where(thread.c.id == bindparam("was")), rows)

    def _move_names(self, homes: Mapping[str, str], moved: Mapping[int, int]) -> None:
        """Names that so far only mails read back from quotes spoke of go where real mail has them."""
        rows = []
        for text, root in homes.items():
            was = self._threads.get(text)
            if was is not None and moved.get(was, was) != self.numbers[root]:
                rows.append({"key": self.numbers[text], "now": self.numbers[root]})
        if rows:
            follow = update(name).where(name.c.id == bindparam("key")).values(thread=bindparam("now"))
            self._connection.execute(follow, rows)

    def _open_threads(self, roots: Iterable[int]) -> None:
        self._connection.execute(
            insert(thread).prefix_with("OR IGNORE"), [{"id": root} for root in sorted(roots)]
        )

    def _move_messages(
        self,
        there: Sequence[Row[tuple[object, ...]]],
        parents: Mapping[str, str | None],
        roots: Mapping[str, str],
    ) -> None:
        rows = []
        for row in there:
            parent = parents.get(row.text)
            number = self.numbers[parent] if parent is not None else None
            root = self.numbers[roots[row.text]]
            if (number, root) != (row.parent, row.thread):
                rows.append({"key": row.id, "parent_name": number, "root": root})
        if rows:
            statement = update(message).where(message.c.id == bindparam("key"))
            self._connection.execute(
                statement.values(parent=bindparam("parent_name"), thread=bindparam("root")), rows
            )


def spoken_of(link: Link) -> Iterable[str]:
    """The ids that a message carries: its own and those it refers to."""
    return dict.fromkeys((link.message_id, *link.references, *link.in_reply_to))


def chunks(items: Sequence[object]) -> Iterable[Sequence[object]]:
    """The items in runs that fit into one statement."""
    return (items[at : at + _CHUNK] for at in range(0, len(items), _CHUNK))
