"""Bytes to text, whatever charset they claim; what had to be guessed is told."""

import base64
import binascii
import codecs
import re
from functools import lru_cache

# Names found in mail that Python doesn't know, and such whose superset is what senders mean.
_MEANT = {
    "ascii": "us-ascii",
    "ansi_x3.4-1968": "us-ascii",
    "gb2312": "gb18030",
    "gbk": "gb18030",
    "x-gbk": "gb18030",
    "ks_c_5601-1987": "cp949",
    "euc-kr": "cp949",
    "iso-8859-8-i": "iso-8859-8",
    "utf-8-mac": "utf-8",
    "cp-850": "cp850",
    "x-sjis": "cp932",
    "shift_jis": "cp932",
    "windows-31j": "cp932",
}
# Codecs of Python that are no charsets of mail.
_NOT_CHARSETS = {
    "idna",
    "mbcs",
    "oem",
    "palmos",
    "punycode",
    "raw-unicode-escape",
    "raw_unicode_escape",
    "undefined",
    "unicode-escape",
    "unicode_escape",
}
# Charsets of 7-bit bytes that don't mean ASCII, and wide ones.
_NOT_ASCII = re.compile(
    r"utf-?_?(?:7|16|32)|iso-?2022|hz|cp0?37|ebcdic|cp(?:273|424|500|875|1026|1140)", re.I
)
_SINGLE_BYTE = ("iso8859-1", "cp1252", "iso8859-15")

_WORD = re.compile(r"=\?([^?\s]{1,60})\?([bBqQ])\?([^?\n]{0,4000})\?=")
_WORDS_GAP = re.compile(r"(\?=)[ \t]+(?==\?[^?\s]{1,60}\?[bBqQ]\?)")
_HIGH_BYTES = re.compile(rb"[\x80-\xff]+")
_SEVERAL_BYTES = re.compile(rb"[\xc2-\xf4][\x80-\xbf]{1,3}")
_SURROGATES = re.compile("[\ud800-\udfff]")


def decode(data: bytes, charset: str | None) -> tuple[str, str | None]:
    """The text, and what was wrong with the charset (None where nothing was).

    A claim that the bytes contradict gives way to UTF-8 where they are valid UTF-8, else to Windows-1252.
    """
    name = _codec(charset or "us-ascii")
    if data.isascii() and (name is None or not _NOT_ASCII.match(name)):
        text = data.decode("ascii")
        return text, None if name else f"unknown charset {charset!r:.60}"
    if name is None:
        return _guess(data), f"unknown charset {charset!r:.60}"
    if name in _SINGLE_BYTE:
        try:
            return data.decode("utf-8"), f"claims {charset} and is UTF-8"
        except UnicodeDecodeError:
            return data.decode("cp1252" if name == "iso8859-1" else name, "replace"), None
    try:
        text = data.decode(name)
    except (UnicodeError, ValueError):
        if name in ("ascii", "utf-8"):
            return _guess(data), f"claims {charset} and isn't" if charset else "8-bit text without a charset"
        text = data.decode(name, "replace")
    else:
        # UTF-7 can spell halves of characters, which no file can hold.
        if name == "utf-8" or not _SURROGATES.search(text):
            return text, None
    return _SURROGATES.sub("\ufffd", text), f"bytes that {charset} has no character for"


def decode_field(data: bytes) -> str:
    """The text of an 8-bit header value: UTF-8, else Latin-1."""
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError:
        return data.decode("latin-1")


def decode_words(text: str) -> str:
    """A header value with its RFC 2047 encoded words read; a broken one stays as it is."""
    if "=?" not in text:
        return text
    pieces: list[str] = []
    pending, charset, at = b"", "", 0
    text = _WORDS_GAP.sub(r"\1", text)
    for word in _WORD.finditer(text):
        content = _word_bytes(word[2], word[3])
        between = text[at : word.start()]
        if between or content is None or word[1] != charset:
            pieces.append(_decode_word(pending, charset))
            pending = b""
        pieces.append(between)
        if content is None:
            pieces.append(word[0])
        else:
            pending += content
        charset = word[1]
        at = word.end()
    pieces += (_decode_word(pending, charset), text[at:])
    return "".join(pieces)


def _decode_word(data: bytes, charset: str) -> str:
    # RFC 2231 allows a language behind a star.
    return decode(data, charset.partition("*")[0])[0] if data else ""


def _word_bytes(encoding: str, content: str) -> bytes | None:
    data = content.encode("utf-8", "replace")
    if encoding in "qQ":
        return binascii.a2b_qp(data, header=True)
    return decode_base64(data)


def decode_base64(data: bytes) -> bytes | None:
    """Base64 with stray bytes and missing padding forgiven; None where nothing can be made of it."""
    try:
        return base64.b64decode(data + b"==")
    except binascii.Error:
        pass
    clean = re.sub(rb"[^A-Za-z0-9+/]", b"", data)
    if len(clean) % 4 == 1:
        clean = clean[:-1]
    try:
        return base64.b64decode(clean + b"==")
    except binascii.Error:
        return None


def _guess(data: bytes) -> str:
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError:
        pass
    # A few bad bytes in UTF-8 (a cut character) are no reason to misread the others.
    several = len(_SEVERAL_BYTES.findall(data))
    return data.decode("utf-8" if 2 * several >= len(_HIGH_BYTES.findall(data)) else "cp1252", "replace")


@lru_cache(maxsize=512)
def _codec(charset: str) -> str | None:
    name = charset.strip(" \t'\"").lower()
    name = _MEANT.get(name, name)
    if not name.isascii() or len(name) > 40 or name in _NOT_CHARSETS or "\0" in name:
        return None
    try:
        found = codecs.lookup(name)
        return found.name if getattr(found, "_is_text_encoding", True) else None
    except (LookupError, ValueError):
        return None
