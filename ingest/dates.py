"""The Date of a mail: aware, or told why there is none."""

import re
from datetime import UTC, datetime, timedelta, timezone, tzinfo
from email.utils import parsedate_tz
from functools import lru_cache

_MONTHS = {
    name: number
    for number, name in enumerate(
        ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"), 1
    )
}
_USUAL = re.compile(
    r"(?:[A-Za-z]{3}, {1,3})?(\d{1,2}) ([A-Z][a-z]{2}) ((?:19|20)\d\d) (\d{1,2}):(\d\d):(\d\d) ([+-]\d{4})"
)
# The farthest zones are +1400 and -1200.
_FARTHEST = 14 * 60
_FIRST, _LAST = 1970, 2100
_LONGEST = 200


def read_date(value: str) -> tuple[datetime | None, str | None]:
    """The date of a header value, and what is wrong with it (None where nothing is).

    A date whose zone can't be is taken as UTC, since the day is still right within two.
    """
    usual = _USUAL.match(value)
    if usual:
        day, month, year, hour, minute, second, shift = usual.groups()
        zone = _zone(shift)
        if zone and (number := _MONTHS.get(month.lower())):
            try:
                return datetime(
                    int(year), number, int(day), int(hour), int(minute), min(int(second), 59), tzinfo=zone
                ), None
            except ValueError:
                pass
    return _read_unusual(value)


def _read_unusual(value: str) -> tuple[datetime | None, str | None]:
    if not value:
        return None, "no date"
    try:
        parts = parsedate_tz(value[:_LONGEST])
    except (ValueError, TypeError, IndexError, OverflowError):
        parts = None
    if parts is None:
        return None, f"date {value!r:.60} can't be read"
    year, month, day, hour, minute, second = parts[:6]
    if not _FIRST <= year <= _LAST:
        return None, f"year {year} is out of range"
    shift = parts[9] or 0
    wrong = None
    if abs(shift) > _FARTHEST * 60:
        shift, wrong = 0, f"time zone of {value!r:.60} is out of range"
    try:
        zone = timezone(timedelta(seconds=shift)) if shift else UTC
        return datetime(year, month, day, hour, minute, min(second, 59), tzinfo=zone), wrong
    except (ValueError, OverflowError):
        return None, f"date {value!r:.60} doesn't exist"


@lru_cache(maxsize=128)
def _zone(shift: str) -> tzinfo | None:
    minutes = int(shift[1:3]) * 60 + int(shift[3:])
    if minutes > _FARTHEST or int(shift[3:]) > 59:
        return None
    if not minutes:
        return UTC
    return timezone(timedelta(minutes=-minutes if shift[0] == "-" else minutes))
