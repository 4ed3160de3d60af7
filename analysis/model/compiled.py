"""The compiled engine: the tries as arrays, and the conversation between kernel and Python.

The kernel walks until it meets a branch without a child for what it sees. Python then runs that one step,
the tries grow by a path, and the kernel goes on where it was.
"""

from collections.abc import Sequence
from typing import Any, overload

import numpy as np

from analysis.model import kernel
from analysis.model.exploration import Graph
from analysis.model.layout import WORD, Layout
from analysis.model.tries import Tip, Tries

MOST_STATES = (1 << 32) - 2
"""Numbers of states have 32 bits; a larger limit on states than this is taken for this one."""

Array = Any
"""A numpy array that grows."""

_DIGIT = 8
_PAUSE = 1 << 16
_ROOM = 2048


def grown(array: Any, needed: int) -> Any:
    """An array with room for so many entries, in place where the allocator can do that."""
    if needed > len(array):
        array.resize(max(needed, len(array) + len(array) // 2), refcheck=False)
    return array


class PackedStates(Sequence[int]):
    """States in an array of words, read as the integers that the tries know."""

    def __init__(self, words: Any, layout: Layout) -> None:
        self._words = words.reshape(-1, layout.words)
        self._layout = layout

    def __len__(self) -> int:
        return len(self._words)

    @overload
    def __getitem__(self, at: int) -> int: ...

    @overload
    def __getitem__(self, at: slice) -> list[int]: ...

    def __getitem__(self, at: int | slice) -> int | list[int]:
        if isinstance(at, slice):
            return [int.from_bytes(row.tobytes(), "little") for row in self._words[at]]
        return int.from_bytes(self._words[at].tobytes(), "little")

    def codes(self, at: int) -> Sequence[int]:
        """The code of one field in every state."""
        shift = self._layout.shifts[at]
        word = self._words[:, shift // WORD] >> np.uint64(shift % WORD)
        codes: Sequence[int] = word & np.uint64(self._layout.masks[at])
        return codes


class TrieArrays:
    """The tries as the kernel reads them; see kernel.py for what the numbers of a node mean.

    A cell wider than a byte is asked for byte by byte, so that no node has more than 256 children however
    wide the declaration. Points of control are numbered without gaps and are asked for at once.
    """

    def __init__(self, tries: Tries) -> None:
        self._layout = tries.layout
        self._used, self._children = 1, 1  # 0 stands for what isn't there
        self._edges = 0
        self.most = 0
        self.nodes = np.zeros(256 * kernel.NODE, np.int32)
        self.children = np.zeros(4096, np.int32)
        self.roots = np.zeros(len(tries.machine.program.tasks), np.int32)
        self.keep = np.zeros(256 * self._layout.words, np.uint64)
        self.put = np.zeros(256 * self._layout.words, np.uint64)
        for tip in tries.tips:
            self.add(tip)

    def add(self, tip: Tip) -> None:
        """Add the path of a tip, and its edges. Tips come in their order, so edges keep their numbers."""
        node = self._node(self.roots, tip.leaf.task)
        for at, code in tip.reads:
            for shift, mask, digit in self._digits(at, code):
                self._branch(node, shift, mask, digit)
                place = int(self.nodes[node * kernel.NODE + kernel.CHILDREN]) + digit
                node = self._node(self.children, place)
        at = node * kernel.NODE
        self.nodes[at + kernel.WORD] = kernel.TIP
        self.nodes[at + kernel.CHILDREN] = self._edges
        self.nodes[at + kernel.SPAN] = len(tip.edges)
        self._add_edges(tip)
        self.most = max(self.most, len(tip.edges))

    def _node(self, table: Any, place: int) -> int:
        """The node that an entry of a table names, made if there is none."""
        if not table[place]:
            self.nodes = grown(self.nodes, (self._used + 1) * kernel.NODE)
            table[place] = self._used
            self._used += 1
        return int(table[place])

    def _branch(self, node: int, shift: int, mask: int, code: int) -> None:
        """Make a node ask for a field and have room for a child for `code`."""
        at = node * kernel.NODE
        span = int(self.nodes[at + kernel.SPAN])
        self.nodes[at + kernel.WORD] = shift // WORD
        self.nodes[at + kernel.SHIFT] = shift % WORD
        self.nodes[at + kernel.MASK] = mask
        if code < span:
            return
        wider = min(mask + 1, max(4, 2 * span, code + 1))
        self.children = grown(self.children, self._children + wider)
        old = int(self.nodes[at + kernel.CHILDREN])
        self.children[self._children : self._children + span] = self.children[old : old + span]
        self.nodes[at + kernel.CHILDREN], self.nodes[at + kernel.SPAN] = self._children, wider
        self._children += wider

    def _digits(self, at: int, code: int) -> list[tuple[int, int, int]]:
        """(shift, mask, value) of the parts by which a field is asked for."""
        shift, width, mask = self._layout.shifts[at], self._layout.widths[at], self._layout.masks[at]
        if width <= _DIGIT or at >= self._layout.cells:
            return [(shift, mask, code)]
        # aligned to the state, not to the field: a digit must not straddle two words either
        parts = []
        begin = shift
        while begin < shift + width:
            end = min(shift + width, (begin // _DIGIT + 1) * _DIGIT)
            part = (1 << (end - begin)) - 1
            parts.append((begin, part, (code >> (begin - shift)) & part))
            begin = end
        return parts

    def _add_edges(self, tip: Tip) -> None:
        width = self._layout.words
        needed = (self._edges + len(tip.edges)) * width
        self.keep, self.put = grown(self.keep, needed), grown(self.put, needed)
        all_ones = (1 << (WORD * width)) - 1
        for edge in tip.edges:
            here = slice(self._edges * width, (self._edges + 1) * width)
            self.keep[here] = as_words(edge.keep & all_ones, width)
            self.put[here] = as_words(edge.put, width)
            self._edges += 1


def as_words(state: int, width: int) -> Any:
    """A packed state as an array of words."""
    return np.frombuffer(state.to_bytes(8 * width, "little"), np.uint64)


class Books:
    """All that the kernel keeps of a search, begun from what the engine in Python has found so far."""

    def __init__(
        self,
        tries: Tries,
        states: Sequence[int],
        parent: Sequence[int],
        ends: Sequence[int],
        expanded: int,
        transitions: int,
        kept: Graph | None,
    ) -> None:
        self._tries = tries
        self._arrays = TrieArrays(tries)
        self._width = width = tries.layout.words
        packed = b"".join(state.to_bytes(8 * width, "little") for state in states)
        self.words: Array = np.frombuffer(packed, np.uint64).copy()
        self.parent: Array = np.array(parent, np.uint32)
        self.ends: Array = np.array(ends, np.uint32)
        self.first: Array = np.array(kept.first if kept else [0], np.int64)
        self.target: Array = np.array(kept.target if kept else [], np.uint32)
        self.taken: Array = np.array(kept.edge if kept else [], np.uint32)
        self.table: Array = np.zeros(1, np.uint64)
        self._keeping = kept is not None
        self._counts = np.array([len(states), expanded, transitions, len(ends), 0, 0], np.int64)
        self._room = _ROOM
        self._make_room()

    @property
    def found(self) -> int:
        """How many states there are."""
        return int(self._counts[kernel.FOUND])

    @property
    def expanded(self) -> int:
        """How many of them have been followed."""
        return int(self._counts[kernel.EXPANDED])

    @property
    def transitions(self) -> int:
        """How many transitions that took."""
        return int(self._counts[kernel.TRANSITIONS])

    @property
    def memory(self) -> int:
        """Bytes of everything that grows with the number of states."""
        flat = (self.words, self.parent, self.table, self.ends)
        kept = (self.first, self.target, self.taken) if self._keeping else ()
        return sum(a.nbytes for a in (*flat, *kept))

    def advance(self, limit: int) -> int:
        """Go on for a while; returns kernel.COMPLETE, LIMIT or PAUSE."""
        pause = self.expanded + _PAUSE
        while True:
            arrays = self._arrays
            status = kernel.walk(
                self.words,
                self.parent,
                self.table,
                arrays.nodes,
                arrays.children,
                arrays.roots,
                arrays.keep,
                arrays.put,
                self.ends,
                self.first,
                self.target,
                self.taken,
                self._scratch_words,
                self._hashes,
                self._source,
                self._label,
                self._counts,
                self._width,
                self._keeping,
                min(limit, MOST_STATES),
                pause,
            )
            if status == kernel.MISSING:
                self._discover(int(self._counts[kernel.TASK]))
            elif status == kernel.ROOM:
                self._room = max(self._room, 2 * int(self._counts[kernel.NEED]))
                self._make_room()
            else:
                return int(status)

    def states(self) -> PackedStates:
        """The states, which this object must not be used to extend any more."""
        self.words.resize(self.found * self._width, refcheck=False)
        self.parent.resize(self.found, refcheck=False)
        self.ends.resize(int(self._counts[kernel.ENDS]), refcheck=False)
        return PackedStates(self.words, self._tries.layout)

    def kept(self) -> Graph | None:
        """All transitions, if they were asked for."""
        if not self._keeping:
            return None
        first: Any = self.first[: self.expanded + 1]
        target: Any = self.target[: self.transitions]
        taken: Any = self.taken[: self.transitions]
        return Graph(first, target, taken)

    def _discover(self, task: int) -> None:
        """Run the step that a task would take in the state at hand, for which its trie has no path yet."""
        here = self.expanded * self._width
        state = int.from_bytes(self.words[here : here + self._width].tobytes(), "little")
        known = len(self._tries.tips)
        tip = self._tries.walk(task, state, self.expanded)
        if len(self._tries.tips) == known:
            raise RuntimeError("the tries and their arrays differ")
        self._arrays.add(tip)

    def _make_room(self) -> None:
        """Let everything hold what one batch may add, and more."""
        found, room = self.found, self._room
        self.words = grown(self.words, (found + room) * self._width)
        self.parent = grown(self.parent, len(self.words) // self._width)
        self.ends = grown(self.ends, int(self._counts[kernel.ENDS]) + kernel.BATCH)
        if self._keeping:
            self.first = grown(self.first, self.expanded + kernel.BATCH + 2)
            self.target = grown(self.target, self.transitions + room)
            self.taken = grown(self.taken, len(self.target))
        slots = len(self.table)
        while (found + room) * 8 > slots * 5:
            slots = max(1 << 16, 2 * slots)
        if slots > len(self.table):
            self.table = np.zeros(slots, np.uint64)
            kernel.index(self.words, self.table, 0, found, self._width)
        self._scratch_words = np.empty(room * self._width, np.uint64)
        self._hashes = np.empty(room, np.uint64)
        self._source = np.empty(room, np.int64)
        self._label = np.empty(room, np.int64)
