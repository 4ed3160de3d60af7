"""One raw mail into a message: never raises, never drops; what is wrong with it is told beside it."""

import re
from datetime import datetime

from archive.identity import derived_message_id
from archive.mail import Address, Defect, Message, ParsedMail, RawMail
from ingest.bodies import Body, read_body
from ingest.charsets import decode_words
from ingest.dates import read_date
from ingest.headers import LONGEST, Header, read_header
from ingest.identifiers import read_link, read_list_ids, read_message_id, read_references
from ingest.mojibake import mend
from ingest.people import read_addresses, unmunge

# A header that has none of these is no mail's.
_TELLING = ("from", "message-id", "date", "subject", "received", "return-path", "to")
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f]+")
_LONGEST_SUBJECT = 2000


def parse(raw: RawMail) -> ParsedMail:
    """The message that the bytes are, or None where they are no mail, and the defects of either."""
    notes: list[tuple[str, str]] = []
    try:
        message = _read(raw, notes)
    except Exception as error:
        # A fault of ours must not stop a run or lose bytes: they are set aside with the reason.
        message = None
        notes.append(("not parsed", f"{type(error).__name__}: {error}"))
    name = message.message_id if message else None
    return ParsedMail(
        raw, message, tuple(Defect(raw.source, kind, detail, raw.offset, name) for kind, detail in notes)
    )


def _read(raw: RawMail, notes: list[tuple[str, str]]) -> Message | None:
    data = raw.data
    if b"\n" not in data and b"\r" in data:
        data = data.replace(b"\r", b"\n")
    header, begin = read_header(data)
    if not any(name in header for name in _TELLING):
        notes.append(("no mail", "no header field that mail has"))
        return None
    if header.length > LONGEST:
        notes.append(("header too long", f"of {header.length} bytes of header {LONGEST} were read"))
    if header.broken:
        notes.append(("broken header", f"{header.broken} header lines are no fields"))
    message_id = _message_id(raw.data, header, notes)
    author, lists = _author(header, notes)
    to, cc = _people(header, "to"), _people(header, "cc")
    known = (author.email, *(a.email for a in to), *(a.email for a in cc))
    references, refused = read_references(header.all("references"), message_id, known)
    in_reply_to, more = read_references(header.all("in-reply-to"), message_id, known)
    if refused + more:
        notes.append(("references", f"{refused + more} references are no other mail's id"))
    message = Message(
        message_id=message_id,
        author=author,
        subject=_subject(header),
        date=_date(header, notes),
        text=_text(header, data[begin:], notes),
        in_reply_to=in_reply_to,
        references=references,
        to=to,
        cc=cc,
        lists=lists,
        url=read_link(header.get("archived-at")) if "archived-at" in header else None,
    )
    if header.charset_guessed:
        notes.append(("8-bit header", "a header field has bytes beyond ASCII and no charset"))
    return message


def _message_id(data: bytes, header: Header, notes: list[tuple[str, str]]) -> str:
    for value in header.all("message-id"):
        name = read_message_id(value)
        if name:
            return name
    notes.append(("no message id", "the mail has no usable Message-ID; one was derived from its bytes"))
    return derived_message_id(data)


def _author(header: Header, notes: list[tuple[str, str]]) -> tuple[Address, tuple[str, ...]]:
    value = header.get("from")
    found = read_addresses(value) if value else ()
    if not found:
        notes.append(("no author", "the mail has no usable From"))
        found = read_addresses(header.get("sender"))
    lists = read_list_ids(
        tuple(header.all("list-id")), tuple(header.all("x-mailing-list") or header.all("list-post"))
    )
    author = found[0] if found else Address()
    return unmunge(author, header.get("x-original-from"), header.get("reply-to"), lists), lists


def _people(header: Header, name: str) -> tuple[Address, ...]:
    values = header.all(name)
    if len(values) == 1:
        return read_addresses(values[0])
    return tuple(address for value in values for address in read_addresses(value))


def _subject(header: Header) -> str:
    text = decode_words(header.get("subject")[:_LONGEST_SUBJECT])
    return " ".join((text if text.isprintable() else _CONTROL.sub(" ", text)).split())


def _date(header: Header, notes: list[tuple[str, str]]) -> datetime | None:
    date, wrong = read_date(header.get("date"))
    if wrong is None:
        return date
    for value in header.all("received"):
        received, fault = read_date(value.rpartition(";")[2].strip())
        if received and not fault:
            notes.append(("date", f"{wrong}; taken from Received"))
            return received
    notes.append(("date", wrong))
    return date


def _text(header: Header, data: bytes, notes: list[tuple[str, str]]) -> str:
    body: Body = read_body(header, data)
    notes += body.defects
    text = body.text
    if "\0" in text:
        notes.append(("nul", f"{text.count(chr(0))} NUL characters were removed"))
        text = text.replace("\0", "")
    if not text.isascii() and ("Â" in text or "Ã" in text or "â" in text):
        text, mended = mend(text)
        if mended:
            notes.append(("mojibake", f"{mended} characters read in a wrong charset were mended"))
    return text
