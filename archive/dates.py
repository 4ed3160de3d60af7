"""Dates as people type them into a search: `2011-01..`, `2011-01-20..2011-02`, `last.month..`."""

import re
from datetime import UTC, datetime, timedelta

_DAY = timedelta(days=1)
_PLAIN = re.compile(r"(\d{4})(?:-?(\d{2})(?:-?(\d{2})(?:[T ]?(\d{2}):?(\d{2})(?::?(\d{2}))?)?)?)?Z?")
_AGO = re.compile(r"(?:(\d{1,6})|last)\.?(second|minute|hour|day|week|month|year)s?(?:\.ago)?")
_LENGTHS = {
    "second": timedelta(seconds=1),
    "minute": timedelta(minutes=1),
    "hour": timedelta(hours=1),
    "day": _DAY,
    "week": 7 * _DAY,
    # As git counts them.
    "month": 30 * _DAY,
    "year": 365 * _DAY,
}
_HELP = "give 2011, 2011-01, 2011-01-20, 3.days.ago, last.month, today, or a range A..B, A.., ..B"


class DateError(ValueError):
    """What can't be read as a date, and what could."""


def read_range(text: str, now: float) -> tuple[int | None, int | None]:
    """First second and end (not within) of a date or range, None where it is open; dates are UTC.

    Both ends of a range are within it as a whole: `2011-01..2011-02` are two months. `now` is in seconds
    since the epoch. Raises `DateError`.
    """
    first, dots, last = text.partition("..")
    if not dots:
        begin, end = _period(text, now)
        return _seconds(begin), _seconds(end)
    if not first and not last:
        raise DateError(f"a range without an end; {_HELP}")
    begin_at = _seconds(_period(first, now)[0]) if first else None
    end_at = _seconds(_period(last, now)[1]) if last else None
    if begin_at is not None and end_at is not None and end_at <= begin_at:
        raise DateError("the range ends before it begins; put the earlier date first")
    return begin_at, end_at


def _seconds(moment: datetime) -> int:
    return int(moment.timestamp())


def _period(text: str, now: float) -> tuple[datetime, datetime]:
    """The time that one date stands for: a year, a month, a day or a second."""
    try:
        current = datetime.fromtimestamp(now, UTC).replace(microsecond=0)
        today = current.replace(hour=0, minute=0, second=0)
        if text == "today":
            return today, today + _DAY
        if text == "yesterday":
            return today - _DAY, today
        if text == "now":
            return current, current + timedelta(seconds=1)
        if text.isdecimal() and len(text) in (9, 10):
            moment = datetime.fromtimestamp(int(text), UTC)
            return moment, moment + timedelta(seconds=1)
        if found := _AGO.fullmatch(text):
            moment = current - int(found[1] or 1) * _LENGTHS[found[2]]
            return moment, moment + timedelta(seconds=1)
        if found := _PLAIN.fullmatch(text):
            return _plain(*(int(part) if part else None for part in found.groups()))
    except (ValueError, OverflowError) as error:
        raise DateError(f"no such date; {_HELP}") from error
    raise DateError(f"no date; {_HELP}")


def _plain(
    year: int | None,
    month: int | None,
    day: int | None,
    hour: int | None,
    minute: int | None,
    second: int | None,
) -> tuple[datetime, datetime]:
    begin = datetime(year or 0, month or 1, day or 1, hour or 0, minute or 0, second or 0, tzinfo=UTC)
    if second is not None:
        return begin, begin + timedelta(seconds=1)
    if minute is not None:
        return begin, begin + timedelta(minutes=1)
    if day is not None:
        return begin, begin + _DAY
    if month is not None:
        return begin, begin.replace(year=begin.year + month // 12, month=month % 12 + 1)
    return begin, begin.replace(year=begin.year + 1)
