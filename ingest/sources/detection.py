"""What some bytes are, by looking at them: an mbox, one mail, a page of a web archive, or none of these."""

import re

from ingest.page import looks_like_page
from ingest.sources.separators import begins_mbox, first_line, separator_end

_FIELD = re.compile(rb"[!-9;-~]{1,120}[ \t]*:")
# One of these in the first block of lines makes it a mail's header.
_TELLING = re.compile(
    rb"^(?:From|Subject|Message-ID|Received|Return-Path|Delivered-To|X-Original-To|MIME-Version)[ \t]*:",
    re.I | re.M,
)
_HEADER_REACH = 1 << 16


def form_of(head: bytes) -> str | None:
    """`mbox`, `mail` or `page` by the beginning of a file, None where it is no mail."""
    if begins_mbox(head):
        return "mbox"
    if begins_mail(head):
        return "mail"
    if looks_like_page(head):
        return "page"
    return "mbox" if _holds_separator(head) else None


def begins_mail(head: bytes) -> bool:
    """Whether the first block of lines is an RFC 5322 header with a field that mail has."""
    start = first_line(head)
    if head.startswith((b"From ", b">From "), start):
        start = head.find(b"\n", start) + 1
    if not _FIELD.match(head, start):
        return False
    end = min(
        (at for at in (head.find(b"\n\n", start), head.find(b"\n\r\n", start)) if at >= 0), default=None
    )
    block = head[start : min(end or len(head), start + _HEADER_REACH)]
    return b"\0" not in block[:512] and bool(_TELLING.search(block))


def _holds_separator(head: bytes) -> bool:
    """Whether a mail of an mbox begins somewhere: a mailbox cut off at its front."""
    at = head.find(b"\nFrom ")
    while at >= 0:
        if head[at - 1 : at] in (b"\n", b"\r") and separator_end(head, at + 1):
            return True
        at = head.find(b"\nFrom ", at + 1)
    return False
