"""The line that begins a mail in an mbox: what is one, what only looks like one, and which mbox this is.

Four formats share the name (https://www.loc.gov/preservation/digital/formats/fdd/fdd000383.shtml):
mboxo writes a body line `From ` as `>From `, mboxrd also adds a `>` to `>From `, `>>From ` and so on,
mboxcl2 changes nothing and gives the length of each body in a Content-Length field.
"""

import re

KINDS = ("mboxo", "mboxrd", "mboxcl2")

_MONTH = rb"(?:Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec)"
_ZONE = rb"(?: {1,2}(?:[A-Z]{1,5}|[+-]\d{4})){0,2}"
_CLOCK = rb"\d{1,2}:\d\d(?::\d\d)?"
# `Thu Jan  1 00:00:00 1970` with a zone before or after the year, or the order of a Date field.
_DATE = (
    rb"(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun),? {1,2}"
    rb"(?:" + _MONTH + rb" {1,2}\d{1,2} {1,2}" + _CLOCK + _ZONE + rb" {1,2}\d{4}"
    rb"|\d{1,2} {1,2}" + _MONTH + rb" {1,2}\d{4} {1,2}" + _CLOCK + rb")"
)
# An address, `-`, MAILER-DAEMON, a quoted local part, or Mailman's `user at host`.
_WHO = rb'(?P<who>[^\s"]{1,320}|"[^"\n]{1,64}"@\S{1,255})(?: at [^\s@]{1,255})?'
_ENVELOPE = re.compile(rb"From " + _WHO + rb" {1,3}" + _DATE + rb"(?: [^\n]{0,80})?\r?\n")
_FIELD = re.compile(rb"[!-9;-~]{1,120}[ \t]*:|>From ")
# git format-patch writes a commit where an address belongs; such lines also stand in bodies, unescaped.
_COMMIT = re.compile(rb"[0-9a-f]{40}(?:[0-9a-f]{24})?")
_LENGTH = re.compile(rb"^Content-Length:[ \t]*(\d{1,12})[ \t]*\r?$", re.I | re.M)
_ESCAPED = re.compile(rb"^(>>+)From ", re.M)
_ESCAPED_RD = re.compile(rb"^>(>*From )", re.M)
_ESCAPED_O = re.compile(rb"^>(From )", re.M)

# Room for an envelope line and the start of the field behind it.
REACH = 1 << 10


def separator_end(buffer: bytes, at: int, commits: bool = False) -> int:
    """Where the line that begins a mail at `at` ends, or 0 where there is none.

    `commits` accepts the lines of git format-patch, which begin a mail only in an mbox that it wrote.
    A mail must follow: a line that looks like an envelope but has no header field behind it is text.
    """
    envelope = _ENVELOPE.match(buffer, at)
    if not envelope or not _FIELD.match(buffer, envelope.end()):
        return 0
    if not commits and _COMMIT.fullmatch(envelope["who"]):
        return 0
    return envelope.end()


def begins_mbox(head: bytes) -> bool:
    """Whether the first line that isn't blank begins a mail of an mbox."""
    return bool(separator_end(head, first_line(head), commits=True))


def holds_commits(head: bytes) -> bool:
    """Whether the mbox was written by git format-patch, so that commits may stand for addresses."""
    envelope = _ENVELOPE.match(head, first_line(head))
    return bool(envelope and _COMMIT.fullmatch(envelope["who"]))


def first_line(head: bytes) -> int:
    """Where the first line begins that isn't blank, past a byte order mark."""
    at = 3 if head.startswith(b"\xef\xbb\xbf") else 0
    return len(head) - len(head[at:].lstrip(b"\r\n")) if head.startswith((b"\r", b"\n"), at) else at


def kind_of(head: bytes) -> str:
    """`mboxrd`, `mboxcl2` or `mboxo` by the beginning of an mbox; mboxo where nothing tells.

    public-inbox and b4 sign their mboxrd with `mboxrd@z`. Elsewhere a line `>>From ` beside lines that
    are not quoted as deep can only be an escaped `>From `.
    """
    start = first_line(head)
    envelope = _ENVELOPE.match(head, start)
    if envelope and envelope["who"] == b"mboxrd@z":
        return "mboxrd"
    end = claimed_end(head, envelope.end()) if envelope else 0
    if end and following(head, end) >= 0:
        return "mboxcl2"
    for escaped in _ESCAPED.finditer(head):
        before = head[head.rfind(b"\n", 0, max(escaped.start() - 1, 0)) + 1 : escaped.start()]
        behind = head.find(b"\n", escaped.end()) + 1
        if not before.startswith(escaped[1]) and not head.startswith(escaped[1], behind):
            return "mboxrd"
    return "mboxo"


def claimed_end(buffer: bytes, start: int) -> int:
    """Where the mail at `start` ends if its Content-Length is right, 0 where it has none."""
    body = _body(buffer, start)
    length = _LENGTH.search(buffer, start, body) if body else None
    return body + int(length[1]) if length else 0


def following(buffer: bytes, end: int) -> int:
    """Where the separator begins that stands behind a mail ending at `end`, the buffer's end, or -1."""
    at = end
    while at < end + 4 and buffer[at : at + 1] in (b"\r", b"\n"):
        at += 1
    if at >= len(buffer):
        return len(buffer) if end <= len(buffer) else -1
    return at if separator_end(buffer, at, commits=True) else -1


def unescape(data: bytes, kind: str) -> bytes:
    """The mail as it was before it was put into an mbox of that kind; its header is left alone."""
    if kind == "mboxrd":
        pattern = _ESCAPED_RD
    elif kind == "mboxo":
        pattern = _ESCAPED_O
    else:
        return data
    body = _body(data, 0)
    return data[:body] + pattern.sub(rb"\1", data[body:])


def _body(buffer: bytes, start: int) -> int:
    """Where the body of the mail at `start` begins, 0 when it isn't in the buffer."""
    lf = buffer.find(b"\n\n", start)
    crlf = buffer.find(b"\n\r\n", start, lf if lf >= 0 else len(buffer))
    if crlf >= 0:
        return crlf + 3
    return lf + 2 if lf >= 0 else 0
