"""A parsed mail as the values of its rows: all the work that needs no database, so that it can be done apart.

A parser process prepares mail; the one writer only hands rows on. Everything here can be pickled.
"""

import hashlib
from typing import NamedTuple

from archive.fulltext import FullText, full_text
from archive.mail import BlockKind, Defect, Message, ParsedMail, RawMail
from archive.packing import Compressor, find_slice, pack_addresses, pack_blocks

COLUMNS = (
    *("author_name", "author_email", "subject", "date", "zone", "recipients"),
    *("url", "charset", "text_start", "body", "blocks"),
)
"""The columns of the message table that `PreparedMessage.values` are for."""

_plain = Compressor()


class PreparedMessage(NamedTuple):
    """A message ready to be stored; dates are seconds since the epoch."""

    message_id: str
    in_reply_to: tuple[str, ...]
    references: tuple[str, ...]
    lists: tuple[str, ...]
    date: int | None
    content: bytes
    values: tuple[object, ...]
    words: FullText


class PreparedMail(NamedTuple):
    """A raw mail ready to be stored: its bytes packed under a dictionary, and its message if it has one."""

    digest: bytes
    offset: int
    form: str
    dictionary_id: int | None
    data: bytes
    message: PreparedMessage | None
    defects: tuple[Defect, ...]


def prepare(mail: ParsedMail, compressor: Compressor, dictionary_id: int | None = None) -> PreparedMail:
    """The rows of a mail, its raw bytes packed by `compressor`."""
    raw = mail.raw
    return PreparedMail(
        raw_digest(raw.data),
        raw.offset,
        raw.form,
        dictionary_id,
        compressor.pack(raw.data),
        prepare_message(mail.message, raw) if mail.message is not None else None,
        mail.defects,
    )


def prepare_message(record: Message, raw: RawMail | None = None) -> PreparedMessage:
    """The rows of a message; without raw mail its text is stored with it."""
    text = storable(record.text)
    place = find_slice(raw.data, text) if raw is not None else None
    offset = record.date.utcoffset() if record.date else None
    date = int(record.date.timestamp()) if record.date else None
    values = (
        storable(record.author.name),
        storable(record.author.email),
        storable(record.subject),
        date,
        int(offset.total_seconds() // 60) if offset is not None else None,
        storable(pack_addresses(record.to, record.cc)),
        record.url,
        place.charset if place else None,
        place.start if place else None,
        None if place else _plain.pack(text.encode()),
        pack_blocks(record.blocks),
    )
    return PreparedMessage(
        storable(record.message_id),
        tuple(map(storable, record.in_reply_to)),
        tuple(map(storable, record.references)),
        tuple(map(storable, record.lists)),
        date,
        content_digest(record),
        values,
        full_text(record),
    )


def raw_digest(data: bytes) -> bytes:
    """The identity of raw bytes: 16 bytes of SHA-256."""
    return hashlib.sha256(data).digest()[:16]


def content_digest(mail: Message) -> bytes:
    """The identity of what a mail says, the same through every list's footer and headers: 16 bytes."""
    words = "".join([mail.text_of(b) for b in mail.blocks if b.kind is not BlockKind.SIGNATURE]) or mail.text
    said = f"{int(mail.date.timestamp()) if mail.date else ''}\0{' '.join(storable(words).split())}"
    return hashlib.sha256(said.encode()).digest()[:16]


def storable(text: str) -> str:
    """The text without lone surrogates, which no database takes."""
    return text if text.isascii() else text.encode("utf-8", "replace").decode("utf-8")
