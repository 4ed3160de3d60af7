"""Locks that the text says are held or taken on a call path.

Read from the words around the path ("with i_mutex held", "takes i_alloc_sem"), from lockdep's chain heads
(`-> #1 (&lock){+.+.}:`) and its lists of held locks (`#0: (&lock){..}, at: function+0x1`).
"""

import re
from collections.abc import Iterator

from archive.findings import HeldLock

_NAMED = (
    r"(?:->|&)?(?:\w{1,40}(?:->|\.)){0,4}"
    r"(\w{0,60}(?:_lock|_mutex|_sem|_rwsem|mutex|rwsem|_seqlock|_spinlock|iolock|mmaplock|ilock)|"
    r"[A-Z]{1,8}_?LOCK(?:_[A-Z]{1,9})?)\b"
)
_HEAD = re.compile(r"#\d{1,3} \(\s?(?:&|\*)?([\w>.:*/ -]{2,80}?)(?:#\d+)?(?:/\d+)?\)\s?\{")
_LISTED = re.compile(
    r"#\d{1,3}:\s+(?:\w{1,20}\s+)?\(\s?(?:&|\*)?([\w>.:*/ "
    r"-]{2,80}?)(?:#\d+)?(?:/\d+)?\)\s?\{[^}]{0,20}\},?\s+at:\s+(\w{2,80})"
)
_HELD = re.compile(
    rf"\b(?:hold(?:s|ing)?|held|tak(?:e|es|en|ing)|grab(?:s|bed|bing)?|acquir(?:e|es|ed|ing)|under|"
    rf"with|without|lock(?:s|ing)?|needs?|drop(?:s|ping)?|own(?:s|ing)?)\s(?:the\s|its\s|an?\s|"
    rf"only\s|both\s|of\s){{0,2}}{_NAMED}"
)
_AFTER = re.compile(rf"{_NAMED}\s(?:is\s|are\s|being\s|already\s|both\s){{0,2}}(?:held|taken|locked)")
_CALL = re.compile(
    r"\b(?:mutex|spin|read|write|down|up|inode)_?(?:lock|read|"
    r"write)?\w{0,12}\(\s?&?(?:\w{1,40}(?:->|\.))*(\w{2,60})[),]"
)
_WHERE = re.compile(r"(\w{2,80})\(\)")


def _last_name(lock: str) -> str:
    return re.split(r"->|\.|::", lock.strip())[-1].strip("&*:() ") or lock.strip()


def find_locks(text: str, names: tuple[str, ...]) -> tuple[HeldLock, ...]:
    """The locks that a text names, each once; `held_at` is the function that the text ties one to."""
    found: dict[str, str | None] = {}
    for lock, where in _mentions(text[:4000]):
        if lock not in found or found[lock] is None:
            found[lock] = where if where in names else None
    return tuple(HeldLock(lock, where) for lock, where in found.items())


def _mentions(text: str) -> Iterator[tuple[str, str | None]]:
    for match in _LISTED.finditer(text):
        yield _last_name(match.group(1)), match.group(2)
    for match in _HEAD.finditer(text):
        yield _last_name(match.group(1)), None
    for pattern in (_HELD, _AFTER, _CALL):
        for match in pattern.finditer(text):
            near = _WHERE.findall(text[max(0, match.start() - 80) : match.end() + 40])
            yield match.group(1), near[-1] if near else None
