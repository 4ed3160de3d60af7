"""The text of a mail out of its MIME parts: what its writer wrote, and what hangs on it that is text too."""

import binascii
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from html import unescape

from ingest.charsets import decode, decode_base64, decode_words
from ingest.flowed import unflow
from ingest.headers import Header, read_header
from ingest.markup import read_markup

# Real mail nests five deep and has some dozen parts.
_DEEPEST = 20
_MOST_PARTS = 1000
_LONGEST_MARKUP = 1 << 20
_LONGEST_ATTACHED = 1 << 20

_PARAMETER = re.compile(r';\s*([\w.*-]{1,40})\s*=\s*(?:"((?:[^"\\]|\\.){0,500})"|([^\s;"]{0,500}))')
_TYPE = re.compile(r"\s*([\w.+-]{1,60})/([\w.+-]{1,100})")
_DIFF = re.compile(r"^(?:diff --git |Index: |--- [^\s]{1,300}(?:\s[^\n]{0,200})?\n\+\+\+ )", re.M)
_FOOTER = re.compile(r"\s*_{10,}\n.{1,200}mailing list\n", re.S)
_TAG = re.compile(r"<[^<>]{0,2000}>")
# The part that is the text of a mail, best first.
_WANTED = ("text/plain", "text/html", "text/")
_PLAIN_ENCODINGS = {"", "7bit", "8bit", "binary"}


@dataclass(slots=True)
class Part:
    """One MIME part: its header and the bytes behind it, still encoded."""

    header: Header
    data: bytes
    type: str = "text/plain"
    parameters: Mapping[str, str] = field(default_factory=dict)

    @property
    def attached(self) -> bool:
        """Whether the writer hung it on the mail instead of showing it."""
        return self.header.get("content-disposition").lower().startswith("attachment")

    @property
    def named(self) -> bool:
        """Whether it is a file."""
        return "name" in self.parameters or "filename" in self.header.get("content-disposition").lower()


@dataclass(slots=True)
class Body:
    """The text of a mail, lines ended by a line feed alone, and the defects (kind, detail) of its parts."""

    text: str = ""
    defects: list[tuple[str, str]] = field(default_factory=list)


def read_body(header: Header, data: bytes) -> Body:
    """The text of a mail with that header and those bytes behind it.

    Its first shown text/plain part, else text/html as text, else any text; then further shown text of
    multipart/mixed, the diffs of attached patches, and attached mails as quotes.
    """
    body = Body()
    whole = _part(header, data)
    if whole.type == "text/plain" and not whole.attached:
        body.text = _text(whole, body)
        return body
    parts = list(_leaves(whole, body))
    shown = [part for part in parts if not part.attached]
    main = next((part for wanted in _WANTED for part in shown if part.type.startswith(wanted)), None)
    pieces = [_text(main, body)] if main else []
    pieces += [_aside(part, main, body) for part in parts if part is not main]
    if not any(pieces) and not body.defects and any(part.data.strip() for part in parts if part is not main):
        kinds = ", ".join(sorted({part.type for part in parts})[:5])
        body.defects.append(("no text", f"nothing to read in {kinds:.100}"))
    body.text = "\n".join(piece for piece in pieces if piece)
    return body


@lru_cache(maxsize=512)
def read_content_type(value: str) -> tuple[str, Mapping[str, str]]:
    """`type/subtype` in lower case and the parameters; text/plain where it can't be read."""
    found = _TYPE.match(value[:4000])
    if not found or value.startswith("application/pgp;"):
        return "text/plain", {}  # RFC 822 had no types, and old PGP mail is text under a type of its own
    parameters: dict[str, str] = {}
    for name, quoted, plain in _PARAMETER.findall(value[:4000], found.end()):
        parameters.setdefault(name.lower(), re.sub(r"\\(.)", r"\1", quoted) if quoted else plain)
    return f"{found[1]}/{found[2]}".lower(), parameters


def _part(header: Header, data: bytes, default: str = "text/plain") -> Part:
    value = header.get("content-type")
    kind, parameters = read_content_type(value) if value else (default, {})
    return Part(header, data, kind, parameters)


def _leaves(whole: Part, body: Body) -> Iterator[Part]:
    """The parts that are no multipart, in order."""
    waiting = [(whole, 0)]
    count = 0
    while waiting:
        part, depth = waiting.pop()
        if not part.type.startswith("multipart/"):
            yield part
            continue
        boundary = part.parameters.get("boundary", "")
        pieces = _divide(part.data, boundary) if depth < _DEEPEST else []
        count += len(pieces)
        if depth >= _DEEPEST or count > _MOST_PARTS:
            body.defects.append(
                ("too many parts", f"parts beyond {_DEEPEST} levels or {_MOST_PARTS} are not read")
            )
            return
        if not pieces:
            body.defects.append(("broken multipart", "its boundary isn't in the body, which is read as text"))
            yield Part(Header(b"", 0), part.data)
            continue
        default = "message/rfc822" if part.type == "multipart/digest" else "text/plain"
        for piece in reversed(pieces):
            header, begin = _part_header(piece)
            waiting.append((_part(header, piece[begin:], default), depth + 1))


def _part_header(piece: bytes) -> tuple[Header, int]:
    """As `read_header`, but a part may begin with the blank line behind an empty header."""
    for end in (b"\n", b"\r\n"):
        if piece.startswith(end):
            return Header(b"", 0), len(end)
    return read_header(piece)


def _divide(data: bytes, boundary: str) -> list[bytes]:
    """The pieces between boundary lines; what stands before the first and behind the last is no part."""
    if not boundary:
        return []
    line = re.compile(
        rb"(?:^|\r?\n)--"
        + re.escape(boundary.encode("utf-8", "surrogateescape"))
        + rb"(--)?[ \t]*(?=\r?\n|\Z)"
    )
    pieces: list[bytes] = []
    begin = None
    for mark in line.finditer(data):
        if begin is not None:
            pieces.append(data[begin : mark.start()])
        begin = mark.end()
        if mark[1]:
            begin = None
            break
        if len(pieces) > _MOST_PARTS:
            break
        begin += 2 if data.startswith(b"\r\n", begin) else 1
    if begin is not None:
        pieces.append(data[begin:])
    return pieces


def _text(part: Part, body: Body) -> str:
    data = _decoded(part, body)
    text, wrong = decode(data, part.parameters.get("charset"))
    if wrong:
        body.defects.append(("charset", wrong))
    if "\r" in text:
        text = text.replace("\r\n", "\n").replace("\r", "\n")
    if part.type == "text/html":
        return _plain(text[:_LONGEST_MARKUP], body)
    if part.parameters.get("format", "").lower() == "flowed":
        return unflow(text, part.parameters.get("delsp", "").lower() == "yes")
    return text


def _plain(markup: str, body: Body) -> str:
    try:
        return read_markup(markup)[1]
    except (AssertionError, ValueError) as error:
        # The parser of the standard library gives up on some broken declarations.
        body.defects.append(("markup", f"read without its structure: {error}"[:200]))
        return unescape(_TAG.sub(" ", markup))


def _decoded(part: Part, body: Body) -> bytes:
    encoding = part.header.get("content-transfer-encoding").lower().partition(";")[0].strip()
    if encoding in _PLAIN_ENCODINGS:
        return part.data
    if encoding == "quoted-printable":
        return binascii.a2b_qp(part.data)
    if encoding == "base64":
        decoded = decode_base64(part.data)
        if decoded is None:
            body.defects.append(("encoding", "base64 that can't be decoded is left as it is"))
            return part.data
        return decoded
    if encoding in ("x-uuencode", "uuencode", "uue", "x-uue"):
        body.defects.append(("encoding", "uuencoded text is left as it is"))
    elif encoding.replace("-", "").replace("_", "") not in ("7bit", "8bit", "7bits", "8bits", "utf8", "none"):
        body.defects.append(("encoding", f"unknown transfer encoding {encoding!r:.60}"))
    return part.data


def _aside(part: Part, main: Part | None, body: Body) -> str:
    """What of a part beside the main one belongs to the text."""
    if part.type == "message/rfc822":
        return _quoted(part, body)
    if part.type == "application/ms-tnef":
        body.defects.append(("tnef", "a winmail.dat is attached and not opened"))
        return ""
    if len(part.data) > _LONGEST_ATTACHED or not part.type.startswith("text/"):
        return ""
    if part.attached or part.named:
        text = _text(part, Body()) if part.type != "text/html" else ""
        diff = _DIFF.search(text)
        return text[diff.start() :] if diff else ""
    if part.type == "text/plain" and main is not None and main.type == "text/plain":
        text = _text(part, body)
        return "" if _FOOTER.match(text) else text
    return ""


def _quoted(part: Part, body: Body) -> str:
    """An attached mail as its reader would quote it."""
    header, begin = read_header(part.data[:_LONGEST_ATTACHED])
    inner = _part(header, part.data[begin:_LONGEST_ATTACHED])
    if inner.type != "text/plain":
        inner = next((p for p in _leaves(inner, Body()) if p.type == "text/plain"), inner)
    if inner.type != "text/plain":
        return ""
    text = _text(inner, Body()).strip("\n")
    if not text:
        return ""
    lead = decode_words(f"On {header.get('date')}, {header.get('from')} wrote:")
    lines = [f"> {line}" if line else ">" for line in text.split("\n")]
    return "\n".join([" ".join(lead.split()), *lines, ""])
