"""The pass that finds what a body quotes: marked lines, attributions, forwarded and top-posted mail."""

import re

from archive.mail import BlockKind
from ingest.attributions import MOST_LINES, begins_attribution, ends_attribution, is_attribution
from ingest.quoting import INITIALS, measure, strip_marks
from ingest.sheet import Sheet

QUOTE, ATTRIBUTION, TRAILER = BlockKind.QUOTE, BlockKind.ATTRIBUTION, BlockKind.TRAILER

# A mailer that breaks long quoted lines leaves the rest of one, at most this long, without marks...
_LONGEST_REMNANT = 30
# ...after a line that was filled up.
_SHORTEST_FILLED = 55

_MARKER = re.compile(
    r"\s{0,4}(?:-{2,20} ?(?:Original Message|Original message|Original Appointment|Ursprüngliche Nachricht|"
    r"Message d'origine|Mensaje original|Messaggio originale|Forwarded [Mm]essage|Reply [Mm]essage|"
    r"Begin forwarded message|Weitergeleitete Nachricht|Message transféré|邮件原件|原始邮件)"
    r"(?: from [^\n]{1,120})? ?:? ?-{0,20}"
    r"|Begin forwarded message:|-{4,} ?Forwarded by [^\n]{1,120})\s*$"
)
_END_MARKER = re.compile(r"-{2,20} ?End (?:of )?[Ff]orwarded [Mm]essage")
_END_OF_QUOTE = re.compile(r"-{2,5} ?end quoted text ?-{2,5}\s*$")
_HEADER = re.compile(
    r"[*_]{0,2}(From|Von|De|Da|Sent|Gesendet|Envoyé|Enviado|Date|Datum|To|An|À|Para|Cc|CC|Kopie|Subject"
    r"|Betreff|Objet|"
    r"Asunto|Oggetto|Reply-To|Message-I[Dd]|In-Reply-To|References|Importance|Newsgroups|Organization"
    r"|发件人|发送时间|收件人|抄送|主题)"
    r"[*_]{0,2} ?[:：]"
)
_SENDERS = {"From", "Von", "De", "Da", "发件人"}
_TIMES = {"Sent", "Gesendet", "Envoyé", "Enviado", "Date", "Datum", "发送时间"}
_MAILED = re.compile(r"From [0-9a-f]{7,40} Mon Sep 17 00:00:00 2001")
_GNUS = re.compile(r">{5} \"[^\"]{1,60}\" == ")


def mark_quotes(sheet: Sheet) -> None:
    """Mark quoted lines with their depth, the lines that introduce them, and mail that is quoted unmarked."""
    text = sheet.text
    if ">" in text:
        _mark_prefixed(sheet)
    if _may_hold_headers(text):
        _mark_unmarked_mail(sheet)


def _mark_prefixed(sheet: Sheet) -> None:
    lines, kinds, depths = sheet.lines, sheet.kinds, sheet.depths
    turns: list[int] = []
    above = 0
    for i, line in enumerate(lines):
        if line.find(">", 0, 2) < 0:
            if line:
                above = 0
            continue
        if kinds[i] is not None:
            above = 0
            continue
        if line[0] == ">" and line[1:2] == " " and line[2:3] not in "> \t":
            depth = 1
        else:
            depth = measure(line)[0]
            if not depth:
                above = 0
                continue
            if depth >= 5 and _GNUS.match(line):
                kinds[i] = ATTRIBUTION
                above = 0
                continue
        kinds[i] = QUOTE
        depths[i] = depth
        if depth > above:
            turns.append(i)
        above = depth
    if turns:
        _join_remnants(sheet)
        for i in turns:
            _mark_attribution(sheet, i)
    else:
        _mark_initials(sheet)
    if "end quoted text" in sheet.text:
        for i, line in enumerate(lines):
            if kinds[i] is None and _END_OF_QUOTE.match(line):
                kinds[i] = ATTRIBUTION
    if "wrote:" in sheet.text:
        _mark_lone_attributions(sheet)


def _join_remnants(sheet: Sheet) -> None:
    """Give the unmarked rest of a quoted line that a mailer broke back to the quote."""
    lines, kinds, depths = sheet.lines, sheet.kinds, sheet.depths
    for i in range(1, len(lines) - 1):
        if kinds[i] is not None or kinds[i - 1] is not QUOTE or kinds[i + 1] is not QUOTE:
            continue
        line = lines[i]
        if not line or len(line) > _LONGEST_REMNANT or line[0].isspace() or depths[i + 1] < depths[i - 1]:
            continue
        before = strip_marks(lines[i - 1])
        if depths[i + 1] > depths[i - 1] or not strip_marks(lines[i + 1]).strip():
            # Nothing but an attribution is broken just before a deeper level; and at the end of a quoted
            # paragraph a remnant looks like a short answer: only an unfinished sentence tells them apart.
            if not line.rstrip().endswith(("wrote:", "writes:")):
                continue
        elif len(lines[i - 1]) < _SHORTEST_FILLED or before.rstrip()[-1:] in ".!?:" or line[:1].isupper():
            continue
        kinds[i], depths[i] = QUOTE, depths[i - 1]


def _mark_initials(sheet: Sheet) -> None:
    lines, kinds = sheet.lines, sheet.kinds
    hits = [
        i for i, line in enumerate(lines) if kinds[i] is None and ">" in line[:7] and INITIALS.match(line)
    ]
    if len(hits) < 2:
        return
    for i in hits:
        kinds[i] = QUOTE
        sheet.depths[i] = 1


def _mark_attribution(sheet: Sheet, turn: int) -> None:
    """Mark the lines before `turn`, where the quoting grows deeper, if they say whose words follow."""
    lines, kinds, depths = sheet.lines, sheet.kinds, sheet.depths
    last = turn - 1
    while last >= 0 and turn - last <= 3 and not strip_marks(lines[last]).strip():
        last -= 1
    if last < 0 or kinds[last] not in (None, QUOTE):
        return
    depth = depths[last]
    if depth >= depths[turn] or not ends_attribution(strip_marks(lines[last])):
        return
    first = _attribution_start(sheet, last, before_quote=True)
    if first is not None:
        sheet.mark(first, last + 1, ATTRIBUTION)


def _attribution_start(sheet: Sheet, last: int, *, before_quote: bool) -> int | None:
    lines, kinds, depths = sheet.lines, sheet.kinds, sheet.depths
    words = strip_marks(lines[last]).strip()
    if begins_attribution(words) and is_attribution(words, before_quote=before_quote):
        return last
    joined = words
    for first in range(last - 1, max(last - MOST_LINES, -1), -1):
        if kinds[first] is not kinds[last] or depths[first] != depths[last]:
            break
        above = strip_marks(lines[first]).strip()
        if not above:
            break
        joined = f"{above} {joined}"
        if begins_attribution(above) and is_attribution(joined, before_quote=before_quote):
            return first
    return last if is_attribution(words, before_quote=before_quote) else None


def _mark_lone_attributions(sheet: Sheet) -> None:
    """Mark attributions behind which the quote was cut away."""
    lines, kinds = sheet.lines, sheet.kinds
    for i, line in enumerate(lines):
        if line.endswith("wrote:") and kinds[i] in (None, QUOTE):
            first = _attribution_start(sheet, i, before_quote=False)
            if first is not None:
                sheet.mark(first, i + 1, ATTRIBUTION)


def _may_hold_headers(text: str) -> bool:
    return (
        "orward" in text
        or "riginal" in text
        or "\nSent:" in text
        or "\nFrom:" in text
        or "*From:" in text
        or (
            "Gesendet" in text
            or "Nachricht" in text
            or "Envoy" in text
            or "Enviado" in text
            or "发件人" in text
        )
    )


def _mark_unmarked_mail(sheet: Sheet) -> None:
    """Mark mail that is quoted below a block of headers, as Outlook and forwarding do, without any mark."""
    lines, kinds = sheet.lines, sheet.kinds
    n = len(lines)
    i = 0
    while i < n:
        if kinds[i] is not None:
            i += 1
            continue
        marked = _MARKER.match(lines[i]) is not None if lines[i][:1] in "-B \t" and lines[i] else False
        at = sheet.next_full(i + 1) if marked else i
        end, names = _read_headers(sheet, at)
        if not _introduces_mail(sheet, i, names, marked=marked):
            i += 1
            continue
        first = _rule_above(sheet, i)
        sheet.mark(first, max(end, at if marked else end), ATTRIBUTION)
        i = _mark_below(sheet, max(end, i + 1))


def _read_headers(sheet: Sheet, at: int) -> tuple[int, set[str]]:
    """Where the block of header lines that starts at `at` ends, and the names in it."""
    lines, kinds = sheet.lines, sheet.kinds
    names: set[str] = set()
    end = at
    while end < len(lines) and kinds[end] is None:
        line = lines[end]
        header = _HEADER.match(line)
        if header:
            names.add(header[1])
        elif not names or not line.strip() or (line[0] not in " \t" and "@" not in line):
            break
        end += 1
    return end, names


def _introduces_mail(sheet: Sheet, i: int, names: set[str], *, marked: bool) -> bool:
    if marked:
        return True
    if len(names) < 3 or not names & _SENDERS or not names & _TIMES:
        return False
    above = sheet.previous_full(i - 1)
    if above < 0 or _MAILED.match(sheet.lines[above].lstrip(">")):
        return False  # a patch that names its author in the body
    below = sheet.lines[i : i + 8]
    return not any(line.startswith("Subject: [") and "PATCH" in line for line in below) or "Sent" in names


def _rule_above(sheet: Sheet, i: int) -> int:
    above = sheet.previous_full(i - 1)
    if (
        above >= 0
        and sheet.kinds[above] is None
        and len(sheet.lines[above]) >= 10
        and not sheet.lines[above].strip("_-* ")
    ):
        return above
    return i


def _mark_below(sheet: Sheet, start: int) -> int:
    """Quote everything from `start` to the end of the forwarded mail, unless it carries marks of its own."""
    lines, kinds, depths = sheet.lines, sheet.kinds, sheet.depths
    n = len(lines)
    first = sheet.next_full(start)
    if first < n and depths[first]:
        return start
    for i in range(start, n):
        if _END_MARKER.match(lines[i]):
            kinds[i] = ATTRIBUTION
            return i + 1
        if kinds[i] is not ATTRIBUTION:
            kinds[i] = QUOTE
        depths[i] += 1
    return n
