"""Full-text search over what the archive holds: messages or threads, by date or by relevance."""

import heapq
import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection
from sqlalchemy.exc import DBAPIError

from archive.matching import Condition, condition
from archive.query import QueryError, read_query
from archive.schema import FULL_TEXT_COLUMNS
from archive.spans import newest_spans

__all__ = ["Hit", "QueryError", "ThreadHit", "count", "search", "search_threads"]

# So few hits are sorted as they are; of more, only the newest are looked at.
_FEW = 256
# A word that stands in more mails than this hardly tells them apart: only those that came last are weighed.
_MOST_RANKED = 8192
# A word in a subject says more about a mail than one in its body, and that more than what it only quotes.
_WEIGHTS = {"subject": 4.0, "sender": 2.0, "quoted": 0.3, "context": 0.5}
_RANK = ", ".join(str(_WEIGHTS.get(column, 1.0)) for column in FULL_TEXT_COLUMNS)
_HIT = (
    "SELECT n.text, m.subject, m.author_name, m.author_email, m.date, t.discussion, m.id, n.thread "
    "FROM message m JOIN name n ON n.id = m.name LEFT JOIN thread t ON t.id = n.thread "
)


@dataclass(frozen=True, slots=True)
class Hit:
    """A message that fulfils a query; `date` in seconds since the epoch.

    `discussion` is None as long as threads were not brought together since the message came.
    """

    message_id: str
    subject: str
    author: str
    date: int | None
    discussion: str | None


@dataclass(frozen=True, slots=True)
class ThreadHit:
    """A thread with messages that fulfil a query: root id, subject, extent, and the best such message."""

    root: str
    subject: str
    author: str
    started: int | None
    ended: int | None
    messages: int
    hit: str
    discussion: str | None


def search(
    connection: Connection,
    query: str,
    *,
    limit: int = 200,
    offset: int = 0,
    relevance: bool = False,
    now: float | None = None,
) -> list[Hit]:
    """Messages that fulfil a query, newest or most relevant first.

    Relative dates count from `now`, in seconds since the epoch, by default the present.

    Raises:
        QueryError: the query can't be read; the text says what and where.
    """
    wanted = _condition(query, now)
    try:
        found = _find(connection, wanted, limit + offset, relevance)[offset:]
        return [Hit(row[0], row[1], row[2] or row[3], row[4], row[5]) for row in _rows(connection, found)]
    except DBAPIError as error:
        raise QueryError(f"{query}: can't be searched for as it is; simplify it") from error


def search_threads(
    connection: Connection,
    query: str,
    *,
    limit: int = 200,
    offset: int = 0,
    relevance: bool = False,
    now: float | None = None,
) -> list[ThreadHit]:
    """Threads with messages that fulfil a query, by the newest or most relevant of these; as `search`."""
    wanted = _condition(query, now)
    try:
        return _threads(connection, wanted, limit, offset, relevance)
    except DBAPIError as error:
        raise QueryError(f"{query}: can't be searched for as it is; simplify it") from error


def count(connection: Connection, query: str, *, now: float | None = None) -> int:
    """How many messages fulfil a query; as `search`."""
    wanted = _condition(query, now)
    if wanted.sql or wanted.match is None:
        sql, values = _from(wanted)
        return int(connection.exec_driver_sql(f"SELECT count(*) {sql}", values).scalar_one())
    counted = "SELECT count(*) FROM message_text WHERE message_text MATCH ?"
    return int(connection.exec_driver_sql(counted, (wanted.match,)).scalar_one())


def _condition(query: str, now: float | None) -> Condition:
    return condition(read_query(query, time.time() if now is None else now))


def _from(wanted: Condition) -> tuple[str, tuple[object, ...]]:
    """FROM and WHERE of a condition."""
    tables = ["message m", "name n ON n.id = m.name"]
    conditions = [wanted.sql] if wanted.sql else []
    values: list[object] = list(wanted.values)
    if wanted.match is not None:
        tables = ["message_text", "message m ON m.id = message_text.rowid", "name n ON n.id = m.name"]
        conditions.insert(0, "message_text MATCH ?")
        values.insert(0, wanted.match)
    conditions.append("m.quoted_in IS NULL")
    return f"FROM {' CROSS JOIN '.join(tables)} WHERE {' AND '.join(conditions)}", tuple(values)


def _find(connection: Connection, wanted: Condition, most: int, relevance: bool) -> list[int]:
    """The rows of at most so many messages, best first."""
    if relevance and wanted.match is not None:
        return _most_relevant(connection, wanted, most)
    if wanted.match is not None and not wanted.sql:
        return _newest(connection, wanted.match, most)
    sql, values = _from(wanted)
    ordered = f"SELECT m.id {sql} ORDER BY m.date DESC, m.id DESC LIMIT ?"
    return [row[0] for row in connection.exec_driver_sql(ordered, (*values, most))]


def _most_relevant(connection: Connection, wanted: Condition, most: int) -> list[int]:
    if wanted.sql:
        sql, values = _from(wanted)
    else:
        sql, values = "FROM message_text WHERE message_text MATCH ?", (wanted.match,)
        last = connection.exec_driver_sql(
            f"SELECT rowid {sql} ORDER BY rowid DESC LIMIT 1 OFFSET ?",
            (wanted.match, max(_MOST_RANKED, most) - 1),
        ).first()
        if last is not None:
            sql, values = f"{sql} AND rowid >= ?", (wanted.match, last[0])
    ordered = (
        f"SELECT message_text.rowid {sql} "
        f"ORDER BY bm25(message_text, {_RANK}), message_text.rowid DESC LIMIT ?"
    )
    return [row[0] for row in connection.exec_driver_sql(ordered, (*values, most))]


def _newest(connection: Connection, match: str, most: int) -> list[int]:
    """The newest messages whose text matches, without a look at all of them where they are many."""
    some = "SELECT rowid FROM message_text WHERE message_text MATCH ? LIMIT ?"
    bound = _FEW + most
    few = connection.exec_driver_sql(
        f"SELECT m.id FROM message m WHERE m.id IN ({some}) ORDER BY m.date DESC, m.id DESC",  # noqa: S608
        (match, bound),
    ).all()
    if len(few) < bound:
        return [row[0] for row in few[:most]]
    within = (
        "SELECT m.date, m.id FROM message_text CROSS JOIN message m ON m.id = message_text.rowid "
        "WHERE message_text MATCH ? AND message_text.rowid BETWEEN ? AND ? AND m.date IS NOT NULL"
    )
    best: list[tuple[int, int]] = []
    for first, last, newest in newest_spans(connection):
        if len(best) == most and newest < best[0][0]:
            break
        for date, row_id in connection.exec_driver_sql(within, (match, first, last)):
            if len(best) < most:
                heapq.heappush(best, (date, row_id))
            else:
                heapq.heappushpop(best, (date, row_id))
    found = [row_id for _, row_id in sorted(best, reverse=True)]
    if len(found) < most:
        undated = (
            "SELECT rowid FROM message_text WHERE message_text MATCH ? "
            "AND rowid IN (SELECT id FROM message WHERE date IS NULL) ORDER BY rowid DESC LIMIT ?"
        )
        found.extend(row[0] for row in connection.exec_driver_sql(undated, (match, most - len(found))))
    return found


def _rows(connection: Connection, ids: Sequence[int]) -> list[Sequence[Any]]:
    """What is shown of messages, in the order of their ids."""
    found: dict[object, Sequence[Any]] = {}
    for at in range(0, len(ids), 500):
        part = tuple(ids[at : at + 500])
        marks = ",".join("?" * len(part))
        for row in connection.exec_driver_sql(f"{_HIT}WHERE m.id IN ({marks})", part):
            found[row[6]] = row
    return [found[row_id] for row_id in ids]


def _threads(
    connection: Connection, wanted: Condition, limit: int, offset: int, relevance: bool
) -> list[ThreadHit]:
    """Threads in the order of their best messages, which are looked at until there are enough threads."""
    most = 4 * (limit + offset)
    best: dict[object, Sequence[Any]] = {}
    while True:
        found = _find(connection, wanted, most, relevance)
        best = {}
        for row in _rows(connection, found):
            best.setdefault(row[7], row)
        if len(best) >= limit + offset or len(found) < most:
            break
        most *= 4
    return _describe(connection, list(best.values())[offset : offset + limit])


def _describe(connection: Connection, chosen: Sequence[Sequence[Any]]) -> list[ThreadHit]:
    """Threads by the rows of their best messages."""
    extents: dict[int, Sequence[Any]] = {}
    openings: dict[int, Sequence[Any]] = {}
    for at in range(0, len(chosen), 500):
        part = tuple(row[7] for row in chosen[at : at + 500])
        marks = ",".join("?" * len(part))
        extent = (
            "SELECT n.thread, count(*), min(m.date), max(m.date) FROM name n JOIN message m ON m.name = n.id "  # noqa: S608
            f"WHERE n.thread IN ({marks}) AND m.quoted_in IS NULL GROUP BY n.thread"
        )
        opening = (
            "SELECT r.id, r.text, m.subject, m.author_name, m.author_email "  # noqa: S608
            f"FROM name r LEFT JOIN message m ON m.name = r.id WHERE r.id IN ({marks})"
        )
        extents.update((row[0], row) for row in connection.exec_driver_sql(extent, part))
        openings.update((row[0], row) for row in connection.exec_driver_sql(opening, part))
    found = []
    for best in chosen:
        _, messages, started, ended = extents[best[7]]
        _, root, subject, name, email = openings[best[7]]
        # A thread whose root isn't at hand goes by the message found.
        author = name or email or best[2] or best[3]
        subject = best[1] if subject is None else subject
        found.append(ThreadHit(root, subject, author, started, ended, messages, best[0], best[5]))
    return found
