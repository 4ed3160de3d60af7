"""Text that was read in the wrong charset is mended where only one reading makes sense."""

import re

# UTF-8 of two or three bytes whose bytes were read as Windows-1252 or Latin-1.
_TAIL = "\x80-\xbf€‚ƒ„…†‡ˆ‰Š‹ŒŽ‘’“”•–—˜™š›œžŸ"
_MISREAD = re.compile(f"[ÂÃÄÅÎÏÐÑ][{_TAIL}]|[âãä-é][{_TAIL}]{{2}}|ð[{_TAIL}]{{3}}")

# The first byte of a misread no-break space whose second byte was dropped or became a plain blank.
_LONE = re.compile(r"(?<![^\W_])Â(?=[ \t]|[^\W]|$|[(\[\"'<*>/&-])")
_SURE_LONE = re.compile(r"(?<![^\W_])Â(?=[ \t]|[A-Z_0-9(\[\"'<*>/&-]|$)")


def mend(text: str) -> tuple[str, int]:
    """The text with misread characters put right, and how many there were.

    A lone `Â` becomes a no-break space. It is a letter too (`Âge`), so before a lower-case letter it is only
    mended in a text that has several and no other letters beyond ASCII.
    """
    if text.isascii():
        return text, 0
    text, count = _MISREAD.subn(_reread, text)
    if "Â" not in text:
        return text, count
    others = {c for c in text if c.isalpha() and not c.isascii()} - {"Â"}
    lone = _LONE if not others and text.count("Â") > 1 else _SURE_LONE
    text, more = lone.subn("\xa0", text)
    return text, count + more


def _reread(found: re.Match[str]) -> str:
    wrong = found.group()
    try:
        return b"".join(_byte(c) for c in wrong).decode("utf-8")
    except UnicodeError:
        return wrong


def _byte(character: str) -> bytes:
    try:
        return character.encode("latin-1")
    except UnicodeEncodeError:
        return character.encode("cp1252")
