"""Headers that a web page shows as text: labels and values, on lines, in columns, or run together."""

import re
from dataclasses import dataclass, field

from archive.mail import Address
from ingest.attributions import ends_attribution

_LABELS = (
    "From",
    "To",
    "Cc",
    "CC",
    "Subject",
    "Date",
    "Sent",
    "Message-ID",
    "Message-Id",
    "Message-id",
    "In-Reply-To",
    "In-reply-to",
    "References",
    "Reply-To",
    "Reply-to",
    "Sender",
    "Author",
    "List-ID",
    "List-Id",
    "List-id",
    "List",
    "Lists",
    "Newsgroups",
    "Organization",
    "User-Agent",
    "User-agent",
    "Mail-Followup-To",
    "Content-Type",
    "MIME-Version",
    "X-Mailer",
    "Delivered-To",
    "Title",
    "Posted",
)
_ANY = "|".join(sorted(_LABELS, key=len, reverse=True))
_LINE = re.compile(
    rf"[ \t*_]{{0,8}}({_ANY})[*_ ]{{0,3}}(?::[*_]{{0,2}}[ \t]{{0,20}}|\t[ \t]{{0,20}})(.{{0,2000}})$"
)
_RUN_ON = re.compile(rf"(?:^|(?<=\s))({_ANY}): ")
_CHROME = re.compile(
    r"\s{0,8}(?:\[?(?:prev|next|Prev|Next|previous|thread|Thread|Date|Author|Index|Home|Archives?|Lists?"
    r"|Download|"
    r"parent|permalink|raw|reply|Reply|Top|Message|not found|mbox|flat|nested|hide|show|Follow-Ups"
    r"|Other format)\b"
    r"[^\n]{0,60}\]"
    r"|(?:Next|Prev(?:ious)?|Thread|Date|Messages sorted by|Next in thread|Previous by|Next by|In reply to|"
    r"Previous message|Next message|Maybe in reply to|Reply)\b ?(?:message|by|by thread|by date"
    r"|in thread)?:? ?"
    r"[^\n]{0,120}$)"
)

# Archives hide addresses from harvesters in these ways.
_HIDDEN = (
    (re.compile(r" \(\) "), "@"),
    (re.compile(r" ! "), "."),
    (re.compile(r"(?<=\w)(?: at |\(at\)| \(at\) |_at_|\[at\]| \[at\] )(?=\w)"), "@"),
    (re.compile(r"(?<=\w)(?: dot | \(dot\) | \[dot\] |\[dot\]|\(dot\))(?=\w)"), "."),
)
_ADDRESS = re.compile(
    r"([^<>,;\"()]{0,80}|\"[^\"]{0,80}\")\s{0,3}[<(]([^<>()\s]{3,120}@[^<>()\s]{1,120})[>)]"
)
_BARE_ADDRESS = re.compile(r"[\w.+=%-]{1,80}@[\w.-]{1,120}")
_ID = re.compile(r"<?([^\s<>]{1,250}@[^\s<>]{1,250})>?")

# Headers stand at the top; further down the words are mail.
_TOP = 3000


@dataclass(slots=True)
class ShownHeaders:
    """Values by lower-case label, first one wins, and the text without them."""

    values: dict[str, str] = field(default_factory=dict)
    body: str = ""

    def __bool__(self) -> bool:
        """Whether enough is there to take the labels for headers."""
        return len({"from", "date", "subject", "message-id"} & self.values.keys()) >= 2

    def author(self) -> Address:
        """Who the page says has written the mail."""
        return read_address(self.values.get("from") or self.values.get("author") or "")

    def ids(self, label: str) -> tuple[str, ...]:
        """The Message-IDs in a header, bare."""
        value = reveal(self.values.get(label, ""))
        return tuple(dict.fromkeys(m[1] for m in _ID.finditer(value)))


def reveal(text: str) -> str:
    """Addresses and ids as they were before the archive hid them from harvesters."""
    for pattern, plain in _HIDDEN:
        text = pattern.sub(plain, text)
    return text


def read_address(value: str) -> Address:
    """The first person that a header value names."""
    value = reveal(" ".join(value.split()))
    if m := _ADDRESS.search(value):
        return Address(m[1].strip(" \"'"), m[2])
    if m := _BARE_ADDRESS.search(value):
        name = value.replace(m.group(), "").strip(" \"'<>()[]&;")
        return Address(name, m.group())
    return Address(re.sub(r"<[^<>]{0,80}>?", "", value).strip(" \"'"))


def read_addresses(value: str) -> tuple[Address, ...]:
    """Everyone whom a header value names with an address."""
    return tuple(Address(m[1].strip(" \",;'"), m[2]) for m in _ADDRESS.finditer(reveal(value)))


def read_shown_headers(text: str) -> ShownHeaders:
    """Find the headers shown at the top of a page's text; falsy where there are none."""
    lines = read_header_lines(text)
    return lines if lines else _read_run_on(text)


def read_header_lines(text: str) -> ShownHeaders:
    """Headers one a line (or label and value in two columns), folded lines joined."""
    found = ShownHeaders()
    lines = text.split("\n")
    at = seen = 0
    begun = False
    label = ""
    for i, line in enumerate(lines):
        seen += len(line)
        if (seen > _TOP and not begun) or i > 200:
            break
        m = _LINE.match(line)
        if m:
            label = m[1].lower()
            if label == "subject" and "subject" in found.values and found:
                break
            value = m[2].strip()
            if value:
                found.values.setdefault(label, value)
            begun, at = True, i + 1
        elif begun and line[:1] in (" ", "\t") and line.strip() and label:
            found.values[label] = f"{found.values.get(label, '')} {line.strip()}".strip()
            at = i + 1
        elif begun and label and label not in found.values and line.strip():
            found.values[label] = line.strip()  # the value in the cell below its label
            at = i + 1
        elif _CHROME.match(line):
            at = i + 1 if begun else at
        elif (begun and line.strip()) or line.lstrip().startswith(">") or ends_attribution(line):
            break
        elif found and "from" in found.values and "date" in found.values and not line.strip():
            at = i + 1
    found.body = "\n".join(_without_chrome(lines[at:]))
    return found


def _read_run_on(text: str) -> ShownHeaders:
    """Headers that a flattened page shows one after another on the same line."""
    found = ShownHeaders()
    top = text[:_TOP]
    quote = re.search(r"(?:^|\s)>\s|\bwrote:", top)
    labels = list(_RUN_ON.finditer(top, 0, quote.start() if quote else len(top)))
    if not labels or labels[0].start() > 400:
        return ShownHeaders(body=text)
    for m, after in zip(labels, [*labels[1:], None], strict=True):
        name = m[1].lower()
        if name in found.values:
            break
        if after is not None:
            found.values[name] = top[m.end() : after.start()].strip()
            continue
        value, length = _last_value(name, text[m.end() : m.end() + 400])
        found.values[name] = value
        found.body = text[m.end() + length :].lstrip()
    return found if found else ShownHeaders(body=text)


_CLOCK_END = re.compile(
    r"\d\d:\d\d(?::\d\d)?(?: ?[+-]\d{4})?(?: ?\([A-Z]{2,5}\))?(?: ?[A-Z]{3,4}\b)?(?: \d{4}\b)?"
)


def _last_value(name: str, text: str) -> tuple[str, int]:
    """Where the value of the last header ends when nothing marks it: by what such a value looks like."""
    end = 0
    if name in ("date", "sent", "posted"):
        m = _CLOCK_END.search(text)
        end = m.end() if m else 0
    elif name in ("message-id", "in-reply-to", "references"):
        for m in re.finditer(r"<?[^\s<>]+@[^\s<>]+>?\s*", text):
            if m.start() > end:
                break
            end = m.end()
    elif name in ("from", "to", "cc", "author", "sender", "reply-to"):
        for m in re.finditer(r"[^<>@\s]{0,60}(?: [^<>@\s]{1,40}){0,6} ?<?[^\s<>@]+@[^\s<>,]+>?,?\s*", text):
            if m.start() > end:
                break
            end = m.end()
    if not end:
        m = re.search(r"\s(?=(?:On|Hi|Hello|Dear|Am|Le)\b[ ,])|(?<=[.?!])\s|\s>", text)
        end = m.start() if m else min(len(text), 80)
    return text[:end].strip(), end


def _without_chrome(lines: list[str]) -> list[str]:
    """The lines without the navigation that archives put above and below a mail."""
    first, last = 0, len(lines)
    while first < last and (
        not lines[first].strip() or _CHROME.match(lines[first]) or _is_rule(lines[first])
    ):
        first += 1
    while last > first and (not lines[last - 1].strip() or _CHROME.match(lines[last - 1])):
        last -= 1
    return lines[first:last]


def _is_rule(line: str) -> bool:
    return len(line.strip()) > 4 and not line.strip().strip("-_=*")


def strip_chrome(text: str) -> str:
    """The text without an archive's navigation at its top and bottom."""
    return "\n".join(_without_chrome(text.split("\n")))
