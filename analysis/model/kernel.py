"""The walk of decision tries as machine code.

Nothing here depends on a model, so the compiled form is kept on disk and serves every model from then on.
All arrays are flat. A state is `width` words of 64 bits. A trie node is five numbers, see the constants; its
children lie side by side, and 0 stands for one that isn't known yet.

All functions that call each other stand in this one file: numba looks no further when it decides
whether what it kept is still good.
"""

from collections.abc import Callable
from importlib import import_module
from typing import Any, TypeVar, cast

import numpy as np

numba: Any = import_module("numba")

Words = Any
"""A numpy array; which type and length is said where it is made, in compiled.py."""

F = TypeVar("F", bound=Callable[..., Any])

# trie nodes: which word of the state, how to cut the field from it, where the children are and how many
WORD, SHIFT, MASK, CHILDREN, SPAN = range(5)
NODE = 8  # a power of two, so that no node straddles two cache lines
TIP = -1  # in WORD: the walk ends; CHILDREN is then the first edge, SPAN the number of edges

# books that walk() reads and leaves up to date
FOUND, EXPANDED, TRANSITIONS, ENDS, TASK, NEED = range(6)

# why walk() came back
COMPLETE, LIMIT, MISSING, ROOM, PAUSE = range(5)

BATCH = 64
"""States expanded before their successors are looked up, so that the memory they need is on its way."""

_TAG = np.uint64(0xFFFFFFFF00000000)
_NUMBER = np.uint64(0x00000000FFFFFFFF)
_ONE = np.uint64(1)
_SEED = np.uint64(0x9E3779B97F4A7C15)
_MIX = np.uint64(0xD6E8FEB86659FD93)
_FOLD = np.uint64(32)


def compiled(function: F) -> F:
    """A function as machine code, kept on disk where a folder for it can be written."""
    try:
        return cast(F, numba.njit(cache=True, nogil=True)(function))
    except RuntimeError:  # neither beside this file nor in the user's cache
        return cast(F, numba.njit(nogil=True)(function))


@compiled
def walk(
    words: Words,
    parent: Words,
    table: Words,
    nodes: Words,
    children: Words,
    roots: Words,
    keep: Words,
    put: Words,
    ends: Words,
    first: Words,
    target: Words,
    taken: Words,
    found: Words,
    hashes: Words,
    source: Words,
    label: Words,
    books: Words,
    width: int,
    keeping: bool,
    limit: int,
    pause: int,
) -> int:
    """Expand states in order until something is needed; returns why.

    `table` finds a state's number by its hash: the upper half of a slot repeats the hash, the lower half is
    the number plus one. `found`, `hashes`, `source` and `label` are scratch for the successors of a batch.
    """
    count, head = books[FOUND], books[EXPANDED]
    transitions, ended = books[TRANSITIONS], books[ENDS]
    tasks, room = len(roots), len(hashes)
    slots = np.uint64(len(table) - 1)
    leaves = np.empty(tasks, np.int64)
    status = COMPLETE
    sink = np.uint64(0)
    while head < count:
        if head >= pause:
            status = PAUSE
            break
        if (
            count + room > len(parent)
            or (count + room) * 8 > len(table) * 5
            or ended + BATCH > len(ends)
            or (keeping and (transitions + room > len(target) or head + BATCH + 1 >= len(first)))
        ):
            status = ROOM
            books[NEED] = 0
            break
        # what every task does in each state of the batch
        k = 0
        end = min(count, head + BATCH)
        while head < end:
            base = head * width
            fan = 0
            for task in range(tasks):
                node = np.int64(roots[task])
                while node:
                    at = node * NODE
                    word = nodes[at + WORD]
                    if word == TIP:
                        break
                    code = np.int64(words[base + word] >> np.uint64(nodes[at + SHIFT])) & nodes[at + MASK]
                    known = code < nodes[at + SPAN]
                    node = np.int64(children[nodes[at + CHILDREN] + code] if known else 0)
                if not node:
                    status = MISSING
                    books[TASK] = task
                    break
                leaves[task] = node * NODE
                fan += nodes[node * NODE + SPAN]
            if status != COMPLETE:
                break
            if k + fan > room:
                if k == 0:
                    status = ROOM
                    books[NEED] = fan
                break
            for task in range(tasks):
                at = leaves[task]
                begin = nodes[at + CHILDREN]
                for edge in range(begin, begin + nodes[at + SPAN]):
                    h = _SEED
                    for w in range(width):
                        word_ = (words[base + w] & keep[edge * width + w]) | put[edge * width + w]
                        found[k * width + w] = word_
                        h = (h ^ word_) * _MIX
                        h ^= h >> _FOLD
                    h *= _MIX
                    h ^= h >> _FOLD
                    hashes[k] = h
                    source[k] = head
                    label[k] = edge
                    k += 1
            if fan == 0:
                ends[ended] = head
                ended += 1
            head += 1
            if keeping:
                first[head] = transitions + k
        # ask for the memory of the whole batch before any of it is used
        for j in range(k):
            sink ^= table[hashes[j] & slots]
        for j in range(k):
            slot = table[hashes[j] & slots]
            if slot != 0 and (slot ^ hashes[j]) & _TAG == 0:
                sink ^= words[np.int64((slot & _NUMBER) - _ONE) * width]
        # number the successors
        for j in range(k):
            if j and count > limit and source[j] != source[j - 1]:
                k = j
                break
            h = hashes[j]
            tag = h & _TAG
            q = h & slots
            number = np.int64(-1)
            while True:
                slot = table[q]
                if slot == 0:
                    break
                if slot & _TAG == tag:
                    number = np.int64(slot & _NUMBER) - 1
                    for w in range(width):
                        if words[number * width + w] != found[j * width + w]:
                            number = np.int64(-1)
                            break
                    if number >= 0:
                        break
                q = (q + _ONE) & slots
            if number < 0:
                number = count
                count += 1
                table[q] = tag | np.uint64(count)
                parent[number] = source[j]
                for w in range(width):
                    words[number * width + w] = found[j * width + w]
            if keeping:
                target[transitions + j] = number
                taken[transitions + j] = label[j]
        transitions += k
        if k and count > limit:
            # as if states were expanded one by one: those after the one that went over it were not
            head = source[k - 1] + 1
            while ended and ends[ended - 1] >= head:
                ended -= 1
            status = LIMIT
        if status != COMPLETE:
            break
    books[FOUND], books[EXPANDED], books[TRANSITIONS], books[ENDS] = count, head, transitions, ended
    hashes[0] = sink  # keeps the early reads from being optimised away
    return status


@compiled
def index(words: Words, table: Words, begin: int, end: int, width: int) -> None:
    """Enter states into an index that doesn't have them."""
    slots = np.uint64(len(table) - 1)
    for number in range(begin, end):
        h = _SEED
        for w in range(width):
            h = (h ^ words[number * width + w]) * _MIX
            h ^= h >> _FOLD
        h *= _MIX
        h ^= h >> _FOLD
        q = h & slots
        while table[q] != 0:
            q = (q + _ONE) & slots
        table[q] = (h & _TAG) | np.uint64(number + 1)
