"""The annotated threads as messages, for benchmarks that start from blocks; stdlib mail reading only."""

import email.policy
import mailbox
import os
import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from email.message import EmailMessage
from email.parser import BytesParser
from email.utils import parseaddr, parsedate_to_datetime
from pathlib import Path

from archive.mail import Address, Message
from ingest.blocks import read_blocks

_ID = re.compile(r"<([^<>\s]+)>")


def find_shared() -> Path:
    """The shared folder: MOOT_SHARED, or beside the repository."""
    return Path(os.environ.get("MOOT_SHARED", Path(__file__).resolve().parent.parent.parent / "shared"))


def read_threads(folder: Path) -> Iterator[tuple[str, list[Message]]]:
    """Name and messages of every mbox in a folder, with parents by References among the messages at hand."""
    parse = BytesParser(policy=email.policy.default).parse
    for path in sorted(folder.glob("*.mbox")):
        box = mailbox.mbox(path, factory=lambda file: parse(file), create=False)  # type: ignore[arg-type]
        messages = [_read(mail) for mail in box]  # type: ignore[arg-type]
        ids = {m.message_id for m in messages}
        yield path.stem, [replace(m, parent=_parent(m, ids)) for m in messages]


def _read(mail: EmailMessage) -> Message:
    part = mail.get_body(preferencelist=("plain", "html")) or mail
    try:
        text = part.get_content()
    except (LookupError, ValueError, KeyError, AttributeError):
        payload = part.get_payload(decode=True)
        text = payload.decode("utf-8", "replace") if isinstance(payload, bytes) else str(payload)
    name, address = parseaddr(str(mail["from"]))
    try:
        date = parsedate_to_datetime(str(mail["date"]))
    except ValueError:
        date = None
    if isinstance(date, datetime) and date.tzinfo is None:
        date = date.replace(tzinfo=UTC)
    return Message(
        message_id=re.sub(r"[<>\s]", "", str(mail["message-id"])),
        author=Address(name, address),
        subject=str(mail["subject"]),
        date=date,
        text=text,
        in_reply_to=tuple(_ID.findall(str(mail["in-reply-to"] or ""))),
        references=tuple(_ID.findall(str(mail["references"] or ""))),
        blocks=read_blocks(text),
    )


def _parent(message: Message, at_hand: set[str]) -> str | None:
    named = (*message.in_reply_to[:1], *reversed(message.references))
    return next((i for i in named if i in at_hand and i != message.message_id), None)
