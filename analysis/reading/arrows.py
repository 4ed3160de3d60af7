"""Call chains written with arrows: `a() -> b() -> c`, also wrapped over lines, also `a => b`.

A struct member (`mapping->flags`) has no blanks around its arrow and no call in front of it: no chain.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from analysis.reading.lines import Line

_CALL = r"(?:->|\.)?[A-Za-z_][\w.]{1,80}(?:(?:->|::)\w{1,60})?(?:\([^()\n]{0,60}\)|\[\])?"
_ARROW = (
    r"(?:\s{1,40}(?:--?>|==?>|~>|→)\s{1,40}|(?<=[)\]])\s{0,40}(?:--?\s?>|==?>|~>|→)(?:\s{1,40}|"
    r"(?=\w{1,60}\()))"
)
# Without blanks an arrow may reach into a struct, so every name must look like a function's: not
# `inode->i_lock`, where the member's prefix is short.
_TIGHT = re.compile(r"(?<![\w.>])[A-Za-z_]\w{2,60}(?:\(\))?(?:->[a-z_]\w{2,80}(?:\(\))?){1,12}(?![\w.(]|->)")
_MEMBER = re.compile(r"[a-z]?_[a-z]|[a-z]{2}_[a-z0-9]{1,40}\Z")
_LINK = re.compile(rf"({_CALL})(?:\s?\([^()\n]{{0,40}}\))?{_ARROW}(?={_CALL})")
_NAME = re.compile(_CALL)
_WORDS = frozenset(
    "the a an and or not is are was it this that to of in on if then else so but error return "
    "returns ok fail "
    "blocks v1 v2 v3 v4 v5 changes old new yes no true false before after success failure x y z we "
    "i you".split()
)


@dataclass(frozen=True, slots=True)
class Chain:
    """Functions that call one another, outermost first, as they stand at `start:end` of a message."""

    start: int
    end: int
    names: tuple[str, ...]


def bare_call(name: str) -> str:
    """A function's name alone: `->d_revalidate(dentry)` gives `d_revalidate`."""
    head = name.strip().split("(", 1)[0].removesuffix("[]")
    return re.split(r"->|::", head)[-1].strip(".*&") or head


_LOCK = re.compile(
    r"(?i)(?:\w*_)?(?:[ims]?lock|mutex|sem|rwsem|lck)\d?\Z|\w*LOCK\w*\Z|"
    r"(?:fs_reclaim|jbd2_handle|sb_internal|sb_writers|sb_pagefaults)\Z|\w{2,60}_(?:key|class)\Z"
)


def names_lock(name: str) -> bool:
    """Whether a name is one of a lock, or of what lockdep treats as one, by the way it is made."""
    return bool(_LOCK.match(name))


def _names_code(name: str) -> bool:
    return "_" in name or "(" in name or name.startswith("->")


def _paragraphs(lines: Sequence[Line]) -> Iterator[list[Line]]:
    group: list[Line] = []
    for line in lines:
        if group and (line.broken or not line.text.strip()):
            yield group
            group = []
        if line.text.strip() and len(line.text) < 500:
            group.append(line)
    if group:
        yield group


def find_arrows(lines: Sequence[Line]) -> Iterator[Chain]:
    """The arrow chains in some lines; each with at least one name that is plainly code's."""
    for group in _paragraphs(lines):
        text, places = "", []
        for line in group:
            if text:
                text += "\n"
            places.append((len(text), line.start))
            text += line.text
        spaced = list(_chains(text))
        tight = [t for t in _tight(text) if not any(a < t[1] and t[0] < b for a, b, _ in spaced)]
        for start, end, names in [*spaced, *tight]:
            yield Chain(_place(places, start), _place(places, end), names)


def _place(places: Sequence[tuple[int, int]], at: int) -> int:
    base = max((p for p in places if p[0] <= at), key=lambda p: p[0])
    return base[1] + at - base[0]


def _chains(text: str) -> Iterator[tuple[int, int, tuple[str, ...]]]:
    at = 0
    while found := _LINK.search(text, at):
        names, start = [found.group(1)], found.start(1)
        end = found.end()
        while following := _LINK.match(text, end):
            names.append(following.group(1))
            end = following.end()
        last = _NAME.match(text, end)
        if last:
            names.append(last.group())
            end = last.end()
        at = max(end, found.end())
        # A word of prose that goes on is no function: "finish(x) -> commits the rest".
        if not _names_code(names[-1]) and re.match(r"\s[a-z]", text[end : end + 2]):
            names.pop()
        bare = tuple(map(bare_call, names))
        code = sum(map(_names_code, names))
        if len(bare) > 1 and code * 2 >= len(names) and not _dubious(bare, any("(" in n for n in names)):
            yield start, end, bare


def _tight(text: str) -> Iterator[tuple[int, int, tuple[str, ...]]]:
    """The chains written without blanks: `do_one->do_two->do_three`."""
    for found in _TIGHT.finditer(text):
        names = tuple(bare_call(n) for n in found.group().split("->"))
        called = len(names) > 2 or (found.group().endswith("()") and names[0].strip("_").count("_") > 1)
        if called and all("_" in n.strip("_") for n in names) and not any(map(_MEMBER.match, names[1:])):
            yield *found.span(), names


def _dubious(names: tuple[str, ...], called: bool) -> bool:
    """Words of prose around an arrow, or an order of locks, which is no chain of calls."""
    order = any(map(names_lock, names)) or all(n.isupper() for n in names)
    words = any(n.casefold() in _WORDS or "." in n.strip(".") for n in names)
    return words or (order and not called)
