"""One mail as a web archive shows it, saved to a file: no headers, perhaps HTML, perhaps no line ends."""

import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timedelta

from archive.identity import derived_message_id
from archive.mail import Address, BlockKind, Defect, Message, ParsedMail, RawMail
from ingest.attributions import Attribution, ends_attribution, read_attribution, read_date
from ingest.blocks import read_blocks
from ingest.markup import read_markup
from ingest.mojibake import mend
from ingest.quoting import MARKS
from ingest.shownheaders import ShownHeaders, read_shown_headers, reveal, strip_chrome
from ingest.unflattening import is_flattened, unflatten

# What is looked at to say whether some bytes are a page, and what is read of one.
_GLANCE = 256 * 1024
_LONGEST = 8 * 1024 * 1024
# A list's footer begins no further from the end.
_FOOT = 2000

_HTML = re.compile(rb"<(?:!doctype html|html|head|body|pre|div|table|p|br)[\s>/]", re.IGNORECASE)
_ARCHIVER = re.compile(
    r"MHonArc|public-inbox|[Hh]ypermail|[Pp]ipermail|Mail Archive|mail-archive|mailing list archive"
    r"|marc\.info"
    r"|spinics|lkml\.org|lore\.kernel\.org|Download (?:RAW )?(?:message|mbox)"
    r"|\[(?:prev|next) in (?:list|thread)\]"
)
_FOOTER = re.compile(
    r"To unsubscribe(?: from this list)?[,:] (?:send|visit|e-?mail)"
    r"|in\s+the body (?:of a message )?to \S{1,60}@"
    r"|_{20,}\s{1,4}\S[^\n]{0,80}[Mm]ailing [Ll]ist\s|unsubscribe\S{0,3} (?:send|visit|e-?mail)[^\n]{0,80}@"
)
_WROTE = re.compile(
    r"[^\n]{0,200}(?:wrote|writes|schrieb|a écrit|escribió|ha scritto|写道) ?[:：](?=\s|$)", re.IGNORECASE
)
_ENDING = re.compile(r"\s(?:--|_{10,})\s+(?=\S)")
_LIST_END = re.compile(r"unsubscribe|@|https?://|www\.|mailing list", re.IGNORECASE)
_CLOSING = re.compile(
    r"(?:Thanks|Thank you|Thx|Cheers|Regards|Best regards|Kind regards|Best wishes|Best|Greetings|Ciao|"
    r"Sincerely|Yours|Thanks,? again|Many thanks|Love|Peace)[,.!]?",
    re.IGNORECASE,
)
_NAME = re.compile(r"[A-Z][\w'’-]{1,20}(?: (?:[A-Z]\.|[A-Z][\w'’-]{1,20}|van|de|von|der)){0,3}\.?$")
_TOKEN = re.compile(r"\b[a-z]\w{2,60}(?:_\w{1,60})+\b(?:\(\))?")


def looks_like_page(data: bytes) -> bool:
    """Whether bytes that are no RFC 5322 mail show one: words, and something that only mail has.

    An attribution, shown headers or a list's footer is enough; `>` at line starts alone is not, for shells,
    doctests and Markdown use it too.
    """
    glance = data[:_GLANCE]
    if not glance.strip() or _is_binary(glance):
        return False
    text, _, _ = _read_text(glance)
    if not any(c.isalpha() for c in text):
        return False
    attributed = any(_introduces_quote(text, m) for m in _WROTE.finditer(text))
    quoted = len(MARKS.findall(text)) >= 2 and sum(MARKS.match(x) is not None for x in text.split("\n")) >= 2
    shown = bool(read_shown_headers(text))
    footer = _FOOTER.search(text, max(0, len(text) - _FOOT)) is not None
    archived = _ARCHIVER.search(text) is not None
    if _is_code(text) and not (shown or attributed):
        return False
    return (
        attributed
        or (shown and (quoted or archived or footer or _is_prose(text)))
        or (footer and (quoted or archived or _is_prose(text)))
    )


def parse_page(raw: RawMail) -> ParsedMail:
    """Read one saved page into a message, with a defect for everything that had to be guessed.

    The message id comes from the page where it shows one, else from the bytes. Never raises.
    """
    data = raw.data[:_LONGEST]
    text, headers, notes = _read_text(data)
    body, flattened = _restore_lines(text)
    if not body.strip():
        return ParsedMail(raw, None, (Defect(raw.source, "empty page", "no words on the page", raw.offset),))
    if flattened:
        notes.append(
            ("line ends restored", f"{flattened} flattened lines were broken up at their quote marks")
        )
    ids = headers.ids("message-id")
    message_id = ids[0] if ids else derived_message_id(raw.data)
    message = Message(
        message_id=message_id,
        author=headers.author(),
        subject=_clean_subject(headers.values.get("subject", "")),
        date=read_date(headers.values.get("date", "") or headers.values.get("sent", "")),
        text=body,
        in_reply_to=headers.ids("in-reply-to"),
        references=headers.ids("references"),
        blocks=read_blocks(body),
    )
    message = _infer_missing(message, notes)
    if len(raw.data) > _LONGEST:
        notes.append(("page cut short", f"only the first {_LONGEST} bytes were read"))
    defects = (Defect(raw.source, kind, detail, raw.offset, message_id) for kind, detail in notes)
    return ParsedMail(raw, message, tuple(defects))


def _is_binary(data: bytes) -> bool:
    control = sum(data.count(c) for c in range(32) if c not in b"\t\n\r\f\x1b")
    return b"\0" in data or control * 50 > len(data)


def _read_text(data: bytes) -> tuple[str, ShownHeaders, list[tuple[str, str]]]:
    """The mail's text out of a page, the headers that stood above it, and notes on what was mended."""
    notes: list[tuple[str, str]] = []
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        if error.start >= len(data) - 3:
            text = data.decode("utf-8", "ignore")
        else:
            text = data.decode("cp1252", "replace")
            notes.append(("charset guessed", "not UTF-8, read as Windows-1252"))
    text = text.replace("\r\n", "\n").replace("\r", "\n").replace("\0", "\N{REPLACEMENT CHARACTER}")
    title = ""
    page = ""
    if _HTML.search(data[:_GLANCE]) and ("</" in text or "<br" in text.lower()):
        title, page, pre = read_markup(text)
        text = pre if len(pre) * 3 > len(page) else page
    elif re.search(r"(?:^|\s)&gt;", text):
        text = text.replace("&gt;", ">").replace("&lt;", "<").replace("&quot;", '"').replace("&amp;", "&")
    text, mended = mend(text)
    if mended:
        notes.append(("mojibake mended", f"{mended} characters were read in the wrong charset"))
    headers = read_shown_headers(text)
    body = headers.body if headers else strip_chrome(text)
    if not headers and page and page is not text:
        around = read_shown_headers(page)
        if around:
            headers = ShownHeaders(around.values, body)
    if title and "subject" not in headers.values:
        headers.values["subject"] = title
    return body, headers, notes


def _restore_lines(text: str) -> tuple[str, int]:
    """The text with the line ends that flattening took, and how many lines had to be broken up."""
    count = 0
    lines = []
    for line in text.split("\n"):
        if is_flattened(line):
            count += 1
            line = unflatten(line)
        lines.append(line)
    if count or (len(lines) <= 2 and len(text) > 200):
        lines = _restore_ending("\n".join(lines)).split("\n")
    body = "\n".join(
        line.replace("\xa0", " ").rstrip(" \t") if line.strip() != "--" else line for line in lines
    )
    return body.strip("\n") + "\n", count


def _restore_ending(text: str) -> str:
    """Put sign-off, signature and list footer of a flattened mail on lines of their own."""
    start = text.rfind("\n") + 1
    last = text[start:]
    if MARKS.match(last):
        return text
    for m in _ENDING.finditer(last):
        before, after = last[: m.start()].rstrip(), last[m.end() :]
        if (
            len(after) < 1200
            and _LIST_END.search(after)
            and (before[-1:] in ".!?)" or _NAME.search(before[-60:]))
        ):
            mark = m.group().strip()
            own, signature = _split_sign_off(before), f"{mark + ' ' if mark == '--' else mark}\n{after}"
            return text[:start] + own + "\n\n" + signature
    return text[:start] + _split_sign_off(last)


def _split_sign_off(own: str) -> str:
    """The words with a closing formula and a name at their end on lines of their own."""
    words = own.rstrip().split(" ")
    for count in (4, 3, 2, 1):
        if len(words) <= count:
            continue
        head, tail = " ".join(words[:-count]), " ".join(words[-count:])
        name = _CLOSING.sub("", tail, count=1).strip()
        closing = tail[: len(tail) - len(name)].strip() if _CLOSING.match(tail) else ""
        if not head.rstrip().endswith((".", "!", "?", ")", ":", ",")) or (name and not _NAME.match(name)):
            continue
        if closing or (name and count <= 3):
            return head.rstrip() + "\n\n" + "\n".join(part for part in (closing, name) if part)
    return own


def _introduces_quote(text: str, found: re.Match[str]) -> bool:
    """Whether words like `X wrote:` have a date or address before them and a quote behind them."""
    line = found.group().strip()
    after = text[found.end() : found.end() + 80].lstrip()
    return ends_attribution(line[-200:]) and (
        after.startswith(">") or re.search(r"@|\b\d{4}\b|xxxx", line[-200:]) is not None
    )


def _is_prose(text: str) -> bool:
    words = re.findall(r"\b[a-z]{2,12}\b", text[:20000])
    return (
        len(words) >= 20
        and len({"the", "and", "to", "is", "of", "that", "it", "in", "a", "der", "le"} & set(words)) >= 3
    )


def _is_code(text: str) -> bool:
    lines = [line.rstrip() for line in text[:40000].split("\n") if line.strip()]
    code = sum(
        line.endswith((";", "{", "}", "):", "*/")) or line.startswith(("#include", "import ", "def "))
        for line in lines
    )
    return code * 3 > len(lines)


def _clean_subject(subject: str) -> str:
    subject = " ".join(subject.split())
    return re.sub(r"\s*(?:[-|—«–] (?:LKML|Linux|MARC|Mailing|The Mail Archive|lore)\b.{0,80})$", "", subject)


def _infer_missing(message: Message, notes: list[tuple[str, str]]) -> Message:
    """Fill in author, date and subject from the words, each with a note that it was inferred."""
    quoted = list(read_attributions(message))
    if not message.author.name and not message.author.email:
        author, why = _infer_author(message, [a.author for a in quoted])
        message = replace(message, author=author)
        notes.append(
            ("author inferred", why) if author.name else ("no author", "nothing on the page names one")
        )
    if message.date is None:
        date = _after_newest(quoted)
        message = replace(message, date=date)
        if date is None:
            notes.append(("no date", "the page shows none and quotes no dated mail"))
        else:
            notes.append(("date inferred", f"after the newest mail it quotes, {date.isoformat()}"))
    if not message.subject:
        message = replace(message, subject=_infer_subject(message))
        notes.append(("no subject", "named after what is spoken of"))
    return message


def read_attributions(message: Message) -> Iterator[Attribution]:
    """What the attribution lines of a message say, outermost first."""
    for block in message.blocks:
        if block.kind is BlockKind.ATTRIBUTION:
            words = " ".join(line.lstrip("> \t") for line in message.text_of(block).split("\n"))
            yield read_attribution(reveal(words))


def _after_newest(quoted: list[Attribution]) -> datetime | None:
    dates = [a.date for a in quoted if a.date is not None]
    return max(dates) + timedelta(seconds=1) if dates else None


def _infer_author(message: Message, named: list[Address]) -> tuple[Address, str]:
    """Who signed the mail; the full name where a quoted attribution names someone who is called so."""
    signed = _signature_name(message)
    if not signed:
        return Address(), ""
    first = named[0] if named else None
    for who in named:
        if _same_name(signed, who.name) and (first is None or who.name != first.name or len(named) == 1):
            return who, f"signed {signed}, and {who.name} is quoted"
    return Address(signed), f"signed {signed}"


def _same_name(signed: str, full: str) -> bool:
    words = full.casefold().split()
    return bool(words) and all(word in words for word in signed.casefold().split())


def _signature_name(message: Message) -> str:
    """The name under the last own words, or in the first line of the signature."""
    own = [b for b in message.blocks if b.kind is BlockKind.OWN and message.text_of(b).strip()]
    if own:
        lines = [line.strip(" -,.\t") for line in message.text_of(own[-1]).strip().split("\n")]
        if len(lines) > 1 or len(own) > 1 or len(lines[-1]) < 30:
            name = lines[-1]
            if _NAME.match(name) and not _CLOSING.fullmatch(name):
                return name
    for block in message.blocks:
        if block.kind is BlockKind.SIGNATURE:
            lines = [x.strip() for x in message.text_of(block).split("\n") if x.strip(" -_")]
            if lines and _NAME.match(lines[0]) and len(lines[0].split()) in (2, 3):
                return lines[0]
    return ""


def _infer_subject(message: Message) -> str:
    """`(no subject)` and the identifiers that the mail speaks of most."""
    counts = Counter(m.group().removesuffix("()") for m in _TOKEN.finditer(message.text))
    names = [name for name, _ in sorted(counts.items(), key=lambda item: (-item[1], item[0]))[:2]]
    return " ".join(["(no subject)", *names])
