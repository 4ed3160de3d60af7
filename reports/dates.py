"""Dates as pages show them: as the sender's clock had them, in English, the same on every machine."""

from collections.abc import Iterable
from datetime import UTC, datetime

_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
UNDATED = "undated"


def day(date: datetime | None) -> str:
    """`4 Nov 2024`, or `undated`."""
    return UNDATED if date is None else f"{date.day} {_MONTHS[date.month - 1]} {date.year}"


def moment(date: datetime | None) -> str:
    """`4 Nov 2024, 09:12 +0100`, or `undated`; minutes are as fine as it gets."""
    return UNDATED if date is None else f"{day(date)}, {date:%H:%M} {date:%z}".rstrip()


def iso(date: datetime | None) -> str:
    """The date for a `datetime` attribute, empty where there is none."""
    return "" if date is None else date.isoformat(timespec="minutes")


def span(dates: Iterable[datetime | None]) -> str:
    """`4 – 9 Nov 2024`, `28 Dec 2024 – 3 Jan 2025`, one day, or `undated`."""
    known = sorted((d for d in dates if d is not None), key=instant)
    if not known:
        return UNDATED
    first, last = known[0], known[-1]
    if first.date() == last.date():
        return day(first)
    if (first.year, first.month) == (last.year, last.month):
        return f"{first.day} – {day(last)}"
    if first.year == last.year:
        return f"{first.day} {_MONTHS[first.month - 1]} – {day(last)}"
    return f"{day(first)} – {day(last)}"


def instant(date: datetime) -> float:
    """Seconds since 1970, for sorting; a date without a zone counts as UTC."""
    return (date if date.tzinfo else date.replace(tzinfo=UTC)).timestamp()
