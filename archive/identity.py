"""Stable ids: the same words in the same message have the same id in every archive and every run."""

import hashlib
import re

_LENGTH = 12
_WHITE = re.compile(r"\s+")


def fold(text: str) -> str:
    """Runs of white space become single blanks; none at the ends."""
    return _WHITE.sub(" ", text).strip()


def _digest(*parts: object) -> str:
    return hashlib.sha256("\0".join(map(str, parts)).encode("utf-8", "surrogateescape")).hexdigest()[:_LENGTH]


def discussion_id(root: str) -> str:
    """The id of a discussion, from the Message-ID of its oldest root: `d` and 12 hex digits."""
    return "d" + _digest("discussion", root)


def finding_id(letter: str, message_id: str, start: int, end: int, *more: object) -> str:
    """The id of a finding: a letter (s, p, a or c) and 12 hex digits made of its kind and place."""
    return letter + _digest(letter, message_id, start, end, *more)


def quoted_message_id(author: str, text: str) -> str:
    """A Message-ID for a mail that survives only as a quote, from its author and words."""
    return f"quoted.{_digest('quoted', author, fold(text))}@moot.invalid"


def derived_message_id(data: bytes) -> str:
    """A Message-ID for a mail that came without one, from its bytes."""
    return f"derived.{hashlib.sha256(data).hexdigest()[: 2 * _LENGTH]}@moot.invalid"
