"""Locks that the text says are held or taken on a call path.

Three kinds of text say so. Lockdep does it exactly: its lists of held locks (`#0: (&lock){..}, at: f+0x1`)
and the heads of its chains (`-> #1 (&lock){..}:`), where the lock is taken by the innermost frame that is no
lock primitive itself. A call tree does it in the line or the remark below a function (`mutex_lock(&x->m)`,
`takes extent_mutex`). Prose does it around a path, and rarely says where ("with i_mutex held").
"""

import re
from collections.abc import Iterator
from functools import lru_cache

from archive.findings import HeldLock

WIDEST = 200_000

_CLASS = r"\(\s?(?:&|\*)?([\w>.:*/ -]{2,80}?)(?:#\d+)?(?:/\d+)?\)\s?\{[^}\n]{0,20}\}(?:-\{\d:\d\})?"
_PLACE = r"(?:,?\s{0,4}at:\s{1,4}(?:\[<\w{0,20}>\]\s{0,4})?)([A-Za-z_]\w{1,80})"
_LISTED = re.compile(rf"{_CLASS}{_PLACE}")
_HEAD = re.compile(rf"-> #\d{{1,3}}\s{{0,4}}{_CLASS}:")
_PRIMITIVE = re.compile(
    r"_{0,3}(?:raw_)?(?:mutex_lock|mutex_trylock|spin_lock|read_lock|write_lock|down_read|down_write|down\b|"
    r"rwsem_down|percpu_down|percpu_rwsem|rt_mutex|ww_mutex|lock_acquire|fs_reclaim_acquire|inode_lock|"
    r"filemap_invalidate_lock|mmap_read_lock|mmap_write_lock|lock_page|lock_buffer|bit_spin_lock|lock_sock)"
)
_NAME = (
    r"(?:->|&)?(?:\w{1,40}(?:->|\.)){0,4}"
    r"(\w{0,60}(?:_lock|_mutex|_sem|_rwsem|mutex|rwsem|_seqlock|_spinlock|iolock|mmaplock|ilock|_umount)|"
    r"[A-Z]{1,8}_?LOCK(?:_[A-Z]{1,9})?|AG[IF]|s_umount|fs_reclaim)\b(?!\()"
)
_HELD = re.compile(
    rf"\b(?:hold(?:s|ing)?|held|tak(?:e|es|en|ing)|grab(?:s|bed|bing)?|acquir(?:e|es|ed|ing)|under|wants?|"
    rf"with|lock(?:s|ing)?|needs?|own(?:s|ing)?)\s(?:the\s|its\s|an?\s|only\s|both\s|of\s){{0,2}}{_NAME}"
)
_AFTER = re.compile(rf"{_NAME}\s(?:is\s|are\s|being\s|already\s|both\s){{0,2}}(?:held|taken|locked)")
_CALL = re.compile(
    r"\b(?:mutex_lock|spin_lock|read_lock|write_lock|down_read|down_write|down|percpu_down_read|"
    r"percpu_down_write)(?:_\w{1,20})?\(\s?&?(?:\w{1,40}(?:\(\w{0,40}\))?(?:->|\.)){0,4}([a-z_]\w{1,60})[),]"
)
_SENTENCE = re.compile(r"[.;!?]\s|\n\s*\n")


def bare_lock(lock: str) -> str:
    """A lock's own name: `&sb->s_type->i_mutex_key#8` gives `i_mutex`, since lockdep adds the `_key`."""
    last = re.split(r"->|\.|::", lock.strip())[-1].strip("&*:() ")
    return re.sub(r"_key\Z", "", last) or lock.strip()


def _taker(names: tuple[str, ...]) -> str | None:
    return next((n for n in reversed(names) if not _PRIMITIVE.match(n)), None)


@lru_cache(maxsize=2)
def _listed(text: str) -> tuple[tuple[str, str], ...]:
    """All (lock, function) of lockdep's lists in a text, read once for all paths of a message."""
    return tuple((m.group(1), m.group(2)) for m in _LISTED.finditer(text[:WIDEST]))


def _reported(text: str, start: int, names: tuple[str, ...]) -> Iterator[tuple[str, str | None]]:
    yield from ((lock, where) for lock, where in _listed(text) if where in names)
    above = text[max(0, start - 200) : start]
    heads = list(_HEAD.finditer(above))
    # The head belongs to a path only when nothing but white space and a time stamp stands between.
    if heads and len(above) - heads[-1].end() < 60:
        yield heads[-1].group(1), _taker(names)


def _stepwise(text: str, names: tuple[str, ...]) -> Iterator[tuple[str, str | None]]:
    known = re.compile(rf"(?<!\w)({'|'.join(map(re.escape, names))})(?!\w)")
    caller: str | None = None
    for line in text.splitlines():
        found = known.findall(line)
        caller = found[-1] if found else caller
        for pattern in (_CALL, _HELD, _AFTER):
            yield from ((m.group(1), caller) for m in pattern.finditer(line))


def _told(text: str, names: tuple[str, ...]) -> Iterator[tuple[str, str | None]]:
    known = re.compile(rf"(?<!\w)({'|'.join(map(re.escape, names))})(?!\w)")
    at = 0
    for stop in [*_SENTENCE.finditer(text), None]:
        sentence = text[at : stop.start() if stop else len(text)]
        at = stop.end() if stop else at
        for pattern in (_HELD, _AFTER, _CALL):
            for match in pattern.finditer(sentence):
                before = known.findall(sentence, 0, match.start())
                after = known.findall(sentence, match.end())
                yield match.group(1), (before[-1] if before else after[0] if after else None)


def find_locks(text: str, start: int, end: int, names: tuple[str, ...]) -> tuple[HeldLock, ...]:
    """The locks of a path that stands at `start:end` of a text, each once a function that holds it."""
    found: dict[str, list[str | None]] = {}
    layout = text.count("\n", start, end) > 1
    sources = [_reported(text, start, names)]
    if layout:
        sources.append(_stepwise(text[start : min(end + 80, start + 4000)], names))
    sources.append(_told(text[max(0, start - 300) : start] if layout else _around(text, start, end), names))
    for source in sources:
        for lock, where in source:
            places = found.setdefault(bare_lock(lock), [])
            if where is not None and where not in places:
                places.append(where)
    return tuple(HeldLock(lock, where) for lock, places in found.items() for where in places or [None])


def _around(text: str, start: int, end: int) -> str:
    """The sentence of a path in prose, as far as 300 characters to either side."""
    before, after = text[max(0, start - 300) : start], text[end : end + 300]
    stops = list(_SENTENCE.finditer(before))
    following = _SENTENCE.search(after)
    opening = before[stops[-1].end() :] if stops else before
    return opening + text[start:end] + (after[: following.start()] if following else after)
