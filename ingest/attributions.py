"""Attribution lines: who is quoted, and when that was written, in the words of many mailers."""

import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, timezone

from archive.mail import Address

# How mailers of several languages end the line that introduces a quote.
_VERBS = (
    r"wrote|writes|said|says|schrieb|a écrit|écrivit|escribió|escreveu|ha scritto|scrisse|napisał\(a\)|"
    r"napisał|napisała|pisze|schreef|skrev|kirjoitti|написал|написала|пишет|yazdı|写道|さんは書きました|のメッセージ"
)
_VERB = re.compile(rf"(?:\b(?:{_VERBS})\b|写道|さんは書きました)", re.IGNORECASE)
_ENDING = re.compile(
    rf"(?:{_VERBS})(?: the following| in message \S{{1,200}}| on [^:]{{1,60}}| \([^()]{{1,80}}\))?"
    r"\s?(?:[:：]-?|\.{3})\s*$",
    re.IGNORECASE,
)
_EMAIL = re.compile(r"[\w.+=%-]{1,80}(?:@| at |_at_|\(at\))[\w-]{1,60}(?:\.[\w-]{1,60}){0,6}", re.UNICODE)
_PLAIN_EMAIL = re.compile(r"[\w.+=%-]{1,80}@[\w.-]{1,120}")
_MONTHS = {
    name: number
    for number, names in enumerate(
        (
            "jan janv janvier januar january ene gen",
            "feb fév février februar february fevr",
            "mar mär mars märz march mrz",
            "apr avr avril april abr",
            "may mai mayo maj mei",
            "jun juin juni june",
            "jul juil juillet juli july lug",
            "aug août august ago aoû",
            "sep sept septembre september set",
            "oct okt octobre oktober october out",
            "nov novembre november",
            "dec dez déc décembre dezember december dic",
        ),
        start=1,
    )
    for name in names.split()
}
_YEAR = re.compile(r"\b(?:19|20)\d\d\b")
_ISO = re.compile(r"\b((?:19|20)\d\d)[-/.年] ?(\d{1,2})[-/.月] ?(\d{1,2})")
_DAY_FIRST = re.compile(r"\b(\d{1,2})[./-](\d{1,2})[./-]((?:19|20)\d\d|\d\d)\b")
_DAY_MONTH = re.compile(
    r"\b(\d{1,2})(?:st|nd|rd|th|\.)?[ -]([^\W\d_]{3,10})\.?,?[ -](?:de )?((?:19|20)?\d\d)\b"
)
_MONTH_DAY = re.compile(r"\b([^\W\d_]{3,10})\.? (\d{1,2})(?:st|nd|rd|th)?,? ((?:19|20)\d\d)\b")
_MONTH_DAY_TIME = re.compile(
    r"\b([^\W\d_]{3}) (\d{1,2}),? \d\d?:\d\d(?::\d\d)? (?:[A-Z]{2,4} )?((?:19|20)\d\d)\b"
)
_CLOCK = re.compile(r"\b(\d{1,2})[:h](\d\d)(?:[:.](\d\d))?(?: ?([AaPp])\.?[Mm]\b)?")
_ZONE = re.compile(r"(?:^|[ (])(?:GMT|UTC)?([+-])(\d\d):?(\d\d)\b")
_OPENING = re.compile(
    r"(?:On|Am|Le|El|Il|Op|Em|At|In|W dniu|Den|Dne|Il giorno|Quoting|Quote from|Selon|Citando|Zitat von|\*|\["
    r"|Around|Once upon a time|Thus spake|Also sprach|在|于"
    r"|(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun)[a-z]*,?)(?:[ ,]|$)"
)
_WEEKDAY = re.compile(
    r"^(?:(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun)[a-z]*"
    r"|(?:Mo|Di|Mi|Do|Fr|Sa|So|lun|mar|mer|jeu|ven|sam|dim)\.?)\b,? ?",
    re.IGNORECASE,
)
# Archives that mask addresses print x's for the domain, or dots within either part.
_MASKED = re.compile(r"@x{3,}|\.\.\.|@\.|@$")
_SHOWN_FROM = re.compile(
    r"\b(?:From|Von|De|发件人) ?[:：]\*? {0,4}(.{1,200}?)"
    r"(?= \*?(?:Sent|Date|To|Subject|Cc|Gesendet|Datum|An|Envoyé|Reply-To|Message-I[Dd]|发送时间)"
    r"\*? ?[:：]|$)"
)
_BEFORE_NAME = re.compile(
    r"\d[\d:.+/-]*(?:[AaPp][Mm]\b)?"
    r"|\b(?:AM|PM|[A-Z]{3,4}T|GMT|UTC|Uhr|um|schrieb|à|the|that)\b(?=[ ,]|$)"
)


MOST_LINES = 4
"""An attribution is never taken to span more lines than this."""

LONGEST = 320
"""Nor more characters: beyond it the words are prose that happens to end in a colon."""


@dataclass(frozen=True, slots=True)
class Attribution:
    """Whose words follow and when they were written, as far as the line says."""

    author: Address
    date: datetime | None = None


def ends_attribution(line: str) -> bool:
    """Whether a line (without quote marks) could be the last one of an attribution."""
    line = line.rstrip()
    if not line or line[-1] not in ":：-.":
        return False
    return _ENDING.search(line) is not None or (
        line[-1] in ":："
        and len(line) < LONGEST
        and (_EMAIL.search(line) is not None or bool(_has_date(line)))
    )


def _has_date(line: str) -> bool:
    return bool(_YEAR.search(line) and (_CLOCK.search(line) or _ISO.search(line) or _DAY_FIRST.search(line)))


def is_attribution(text: str, *, before_quote: bool) -> bool:
    """Whether one to four joined lines introduce a quote.

    `before_quote` says that a quote follows at once: then a bare `Name wrote:` is enough; without a quote
    behind it the line must also carry a date or an address, for people end sentences with "he wrote:".
    """
    text = text.strip()
    if not text or len(text) > LONGEST:
        return False
    verb = _ENDING.search(text)
    dated, addressed = _has_date(text), _EMAIL.search(text) is not None
    if verb is not None:
        if dated or addressed:
            return bool(_OPENING.match(text)) or before_quote
        return before_quote and (bool(_OPENING.match(text)) or _is_name(text[: verb.start()]))
    if not before_quote or text[-1] not in ":：":
        return False
    opened = _OPENING.match(text) is not None
    if opened and (dated or addressed):
        return True
    rest = _EMAIL.sub("", text)
    # `2011/1/24 Name <address>:` and `Name <address> :`
    words = len(re.findall(r"[^\W\d_]{2,}", rest))
    return (dated or addressed) and words <= 6


def _is_name(text: str) -> bool:
    words = text.strip(" ,*_").split()
    return 1 <= len(words) <= 5 and all(
        w[:1].isupper() or w in ("de", "van", "von", "der", "den") for w in words
    )


def begins_attribution(line: str) -> bool:
    """Whether a line (without quote marks) opens an attribution as most mailers write it."""
    return _OPENING.match(line) is not None


def read_attribution(text: str) -> Attribution:
    """Author and date of an attribution; white space is free, either may be missing.

    A date without a zone is taken as UTC: it only serves to bring mails into order.
    """
    text = " ".join(text.split())
    shown = _SHOWN_FROM.search(text)
    return Attribution(_read_shown(shown[1]) if shown else _read_author(text), read_date(text))


def read_date(text: str) -> datetime | None:
    """The date that a text names, aware, or None; without a clock time it is midnight, without a zone UTC."""
    day = _read_day(text)
    if day is None:
        return None
    year, month, date = day
    hour = minute = second = 0
    clock = _CLOCK.search(text)
    if clock:
        hour, minute, second = int(clock[1]), int(clock[2]), int(clock[3] or 0)
        if clock[4]:
            hour = hour % 12 + (12 if clock[4] in "pP" else 0)
    zone = UTC
    shift = _ZONE.search(text)
    if shift:
        minutes = int(shift[2]) * 60 + int(shift[3])
        if minutes <= 14 * 60:
            zone = timezone(timedelta(minutes=minutes if shift[1] == "+" else -minutes)) if minutes else UTC
    try:
        return datetime(year, month, date, hour, minute, second, tzinfo=zone)
    except ValueError:
        return None


def _read_day(text: str) -> tuple[int, int, int] | None:
    if m := _ISO.search(text):
        return int(m[1]), int(m[2]), int(m[3])
    for m in _DAY_MONTH.finditer(text):
        if month := _month(m[2]):
            return _full_year(m[3]), month, int(m[1])
    for pattern in (_MONTH_DAY, _MONTH_DAY_TIME):
        for m in pattern.finditer(text):
            if month := _month(m[1]):
                return int(m[3]), month, int(m[2])
    if m := _DAY_FIRST.search(text):
        first, second, year = int(m[1]), int(m[2]), _full_year(m[3])
        # 3/27/17 can only be American; what is in doubt is read day first.
        return (year, first, second) if second > 12 else (year, second, first)
    return None


def _month(name: str) -> int | None:
    name = name.lower().rstrip(".")
    return _MONTHS.get(name) or _MONTHS.get(name[:3])


def _full_year(digits: str) -> int:
    return int(digits) if len(digits) == 4 else 2000 + int(digits) if int(digits) < 70 else 1900 + int(digits)


def _read_author(text: str) -> Address:
    found = _PLAIN_EMAIL.search(text)
    email = found.group().rstrip(".") if found else ""
    if email:
        bracket = text.find("<" + email)
        if bracket < 0:
            bracket = max(text.find("[mailto:" + email), text.find("(" + email))
        name = _name_before(text[: bracket if bracket >= 0 else text.find(email)])
        return Address(name, "" if _MASKED.search(email) else email)
    verb = list(_VERB.finditer(text))
    if verb:
        last = verb[-1]
        name = _name_before(text[: last.start()])
        if not name or _MONTHS.get(name.lower()):
            after = re.search(r"(?:schrieb|escribió|skrev|schreef) ([^:<>]{2,60})", text)
            name = after[1].strip() if after else ""
        return Address(name)
    return Address(_name_before(text.rstrip(": ")))


def _read_shown(value: str) -> Address:
    """The author in the `From:` line of a header block that a mailer put above what it quotes."""
    found = _PLAIN_EMAIL.search(value)
    name = re.sub(r"[<\[(].*", "", value).strip(" \"'*")
    return Address(
        "" if "@" in name else name, found.group() if found and not _MASKED.search(found.group()) else ""
    )


def _name_before(text: str) -> str:
    """The run of name words that ends a text: what stands between a date and an address or verb."""
    text = re.sub(r"<[^<>]{0,120}>?|\([^()]{0,80}\)|[\"“”]", " ", text).strip(" ,*:–-\t[")
    # Dates, times and zones end where the name begins; so does a comma, unless the name is `Last, First`.
    cut = 0
    for m in _BEFORE_NAME.finditer(text):
        cut = m.end()
    tail = text[cut:].strip(" ,;:–-+*])")
    parts = [p.strip() for p in tail.split(",")]
    name = parts[-1] if parts else ""
    if len(parts) == 2 and all(_is_name(p) for p in parts) and len(parts[0].split()) == 1:
        name = f"{parts[1]} {parts[0]}"
    name = _WEEKDAY.sub("", name) if not cut else name
    name = re.sub(
        r"^(?:On|Am|Le|El|Il|At|Quoting|Quote from|von|by|from|From|schrieb|Zitat)\b[ ,]*", "", name
    )
    return name.strip(" .,*_'") if len(name) <= 60 else ""
