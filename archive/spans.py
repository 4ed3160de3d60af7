"""The newest of many: runs of message ids with the latest date in each, so that few rows need a look."""

from collections.abc import Iterable, Iterator

from sqlalchemy import Connection

WIDTH = 256


def widen_spans(connection: Connection, dates: Iterable[tuple[int, int | None]]) -> None:
    """Take new messages, each with id and date, into account."""
    newest: dict[int, int] = {}
    for message_id, date in dates:
        if date is not None:
            key = message_id // WIDTH
            newest[key] = max(newest.get(key, date), date)
    if newest:
        connection.exec_driver_sql(
            "INSERT INTO span(id, newest) VALUES (?, ?) "
            "ON CONFLICT(id) DO UPDATE SET newest = max(newest, excluded.newest)",
            list(newest.items()),
        )


def newest_spans(connection: Connection) -> Iterator[tuple[int, int, int]]:
    """First id, last id and latest date of each run, the newest first."""
    rows = connection.exec_driver_sql("SELECT id, newest FROM span ORDER BY newest DESC, id DESC")
    for key, newest in rows:
        yield key * WIDTH, key * WIDTH + WIDTH - 1, newest
