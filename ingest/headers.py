"""The header of a mail: fields by name, unfolded, decoded only when somebody asks."""

import re

from ingest.charsets import decode_field

# The longest headers of real mail are under 40 kB; of more than this only the beginning is read.
LONGEST = 1 << 20
_MOST_NAMES = 4096
_FIELD = re.compile(rb"[!-9;-~]{1,200}[ \t]{0,20}:")
_BROKEN = re.compile(rb"^[\x21-\x39\x3b-\x7e]{1,200}[ \t]{0,20}:", re.M)

# Field names as they are written in the wild, to the one spelling that is asked for; None for a line that is
# no field. Mail repeats a few hundred spellings.
_names: dict[bytes, str | None] = {}


class Header:
    """The fields of one header block; names are asked for in lower case."""

    __slots__ = ("_fields", "broken", "charset_guessed", "length")

    def __init__(self, block: bytes, length: int) -> None:
        self.length = length
        self.broken = 0
        self.charset_guessed = False
        self._fields: dict[str, list[bytes]] = {}
        fields = self._fields
        if b"\r" in block:
            block = block.replace(b"\r\n", b"\n")
        for line in block.replace(b"\n ", b" ").replace(b"\n\t", b" ").split(b"\n"):
            name, _, value = line.partition(b":")
            key = _names.get(name, "")
            if key == "":
                key = _learn(name)
            if key is None:
                self.broken += bool(line)
            elif key in fields:
                fields[key].append(value)
            else:
                fields[key] = [value]

    def __contains__(self, name: str) -> bool:
        return name in self._fields

    def all(self, name: str) -> list[str]:
        """The values of a field, 8-bit bytes read as UTF-8 or Latin-1, encoded words left as they are."""
        return [self._text(value) for value in self._fields.get(name, ())]

    def get(self, name: str) -> str:
        """The first value of a field, stripped, or nothing."""
        values = self._fields.get(name)
        return self._text(values[0]) if values else ""

    def _text(self, value: bytes) -> str:
        try:
            return value.decode("ascii").strip()
        except UnicodeDecodeError:
            self.charset_guessed = True
            return decode_field(value).strip()


def _learn(name: bytes) -> str | None:
    if len(_names) >= _MOST_NAMES:
        _names.clear()
    key = name.rstrip().lower().decode("ascii", "replace") if _FIELD.fullmatch(name + b":") else None
    _names[name] = key
    return key


def read_header(data: bytes) -> tuple[Header, int]:
    """The header of a mail and where its body begins.

    An envelope line and blank lines before it are passed over. A line that is no field is passed over too
    (and counted) when more fields follow; otherwise the body begins there, without a blank line before it.
    """
    start = 3 if data.startswith(b"\xef\xbb\xbf") else 0
    if data.startswith((b"\n", b"\r"), start):
        start = len(data) - len(data[start:].lstrip(b"\r\n"))
    while data.startswith((b"From ", b">From "), start):
        start = data.find(b"\n", start) + 1 or len(data)
    end, body = _end(data, start)
    block = data[start : min(end, start + LONGEST)]
    header = Header(block, end - start)
    if header.broken:
        cut = _first_break(block)
        if cut is not None:
            return Header(block[:cut], cut), start + cut
    return header, body


def _end(data: bytes, start: int) -> tuple[int, int]:
    end = data.find(b"\n\n", start)
    crlf = data.find(b"\n\r\n", start, end if end >= 0 else len(data))
    if crlf >= 0:
        return crlf, crlf + 3
    if end >= 0:
        return end, end + 2
    return len(data), len(data)


def _first_break(block: bytes) -> int | None:
    """Where the body begins if a blank line is missing: at the first line behind which no field stands."""
    last = 0
    for field in _BROKEN.finditer(block):
        last = field.start()
    at = block.find(b"\n", last) + 1
    while at:
        if block[at : at + 1] not in (b" ", b"\t"):
            return at
        at = block.find(b"\n", at) + 1
    return None
