"""Graph algorithms over arrays, written so that numba can compile them and Python can run them as they are.

A graph is `first`, `target`, `edge` as in exploration.Graph. `inside[s]` is a mark of the part that a state
belongs to, 0 for none; only transitions k with `idle[edge[k]]` that stay inside one part are followed.
"""

from collections.abc import Callable
from functools import cache
from importlib.util import find_spec
from typing import Any, NamedTuple

import numpy as np

Array = Any
"""A numpy array of integers."""

DONE = (1 << 31) - 1
"""Stands for a state whose component is known; as many states as this can't be numbered here."""

_WORTH_COMPILING = 10_000
"""States from which on loading the compiled functions costs less than running the plain ones."""


class Algorithms(NamedTuple):
    """The functions of this module, plain or compiled."""

    components: Callable[..., int]
    cyclic: Callable[..., int]
    judge: Callable[..., tuple[int, int, int]]
    release: Callable[..., None]


def worth_compiling(states: int) -> bool:
    """Whether functions over a graph of so many states should be compiled, and can be."""
    return states >= _WORTH_COMPILING and find_spec("numba") is not None


def algorithms(states: int) -> Algorithms:
    """The functions that suit a graph of so many states."""
    if worth_compiling(states):
        return _compiled()
    return Algorithms(components, cyclic, judge, release)


@cache
def _compiled() -> Algorithms:
    from analysis.model.kernel import compiled

    return Algorithms(compiled(components), compiled(cyclic), compiled(judge), compiled(release))


def components(
    first: Array,
    target: Array,
    edge: Array,
    idle: Array,
    inside: Array,
    states: Array,
    members: Array,
    bounds: Array,
    order: Array,
) -> int:
    """Strongly connected components of some states; returns how many.

    Component c is `members[bounds[c] : bounds[c + 1]]`; one that can be reached from another comes before it.
    Tarjan's algorithm without recursion. `order` is scratch, DONE for every state before and after.
    """
    # order[s] is when s was met, then when the earliest state was met that it leads to and that still waits
    waiting = np.empty(len(states), np.int32)
    path = np.empty(len(states), np.int32)
    met = np.empty(len(states), np.int32)
    place = np.empty(len(states), np.int64)
    for state in states:
        order[state] = 0
    waits, filled, count, clock = 0, 0, 0, 0
    bounds[0] = 0
    for root in states:
        if order[root] != 0:
            continue
        entered = np.int64(root)
        deep = 0
        while True:
            if entered >= 0:
                clock += 1
                order[entered] = clock
                path[deep], met[deep], place[deep] = entered, clock, first[entered]
                waiting[waits] = entered
                deep, waits = deep + 1, waits + 1
            state = path[deep - 1]
            k, end, low, part = place[deep - 1], first[state + 1], order[state], inside[state]
            entered = np.int64(-1)
            while k < end:
                following = target[k]
                seen = order[following]
                if seen != DONE and idle[edge[k]]:
                    if seen != 0:
                        low = min(low, seen)
                    elif inside[following] == part:
                        entered = np.int64(following)
                        break
                k += 1
            order[state], place[deep - 1] = low, k
            if entered >= 0:
                continue
            deep -= 1
            if low == met[deep]:
                member = -1
                while member != state:
                    waits -= 1
                    member = waiting[waits]
                    order[member] = DONE
                    members[filled] = member
                    filled += 1
                count += 1
                bounds[count] = filled
            if deep == 0:
                break
    return count


def cyclic(
    first: Array,
    target: Array,
    edge: Array,
    idle: Array,
    states: Array,
    members: Array,
    bounds: Array,
    count: int,
    order: Array,
    sorted_members: Array,
    sorted_bounds: Array,
) -> int:
    """The components that have a cycle, each with its states in the order of `states`; returns how many.

    Walking them in that order later is several times as fast as in the order in which they were found.
    """
    kept, filled = 0, 0
    sorted_bounds[0] = 0
    for c in range(count):
        begin, end = bounds[c], bounds[c + 1]
        loops = end > begin + 1
        if not loops:
            alone = members[begin]
            for k in range(first[alone], first[alone + 1]):
                if target[k] == alone and idle[edge[k]]:
                    loops = True
        if loops:
            filled += end - begin
            kept += 1
            sorted_bounds[kept] = filled
        for m in range(begin, end):
            order[members[m]] = kept if loops else 0
    place = sorted_bounds[: kept + 1].copy()
    for state in states:
        c = order[state]
        if c != 0:
            sorted_members[place[c - 1]] = state
            place[c - 1] += 1
        order[state] = DONE
    return kept


def judge(
    first: Array,
    target: Array,
    edge: Array,
    idle: Array,
    task_of: Array,
    action_of: Array,
    inside: Array,
    members: Array,
    bounds: Array,
    count: int,
    strong: bool,
    hints: bool,
    mark: int,
    able: Array,
    stepped: Array,
    acted: Array,
    fair: Array,
    survivors: Array,
) -> tuple[int, int, int]:
    """Which components keep fairness, and which states of the others may be part of a smaller one that does.

    Every component, cyclic as it is, gets a mark of its own in `inside`, above `mark`. Fair ones are listed
    in `fair` as (begin, end, mark); of the others, states that a fair run can't visit for ever lose their
    mark and the rest is listed in `survivors`. `able` and `stepped` (numbers per task) and `acted` (per
    action) are scratch.
    Returns (numbers in `fair`, survivors, last mark used).
    """
    listed, left = 0, 0
    for c in range(count):
        begin, end = bounds[c], bounds[c + 1]
        mark += 1
        for m in range(begin, end):
            inside[members[m]] = mark
        able[:] = 0
        for m in range(begin, end):
            state = members[m]
            last = -1
            for k in range(first[state], first[state + 1]):
                task = task_of[edge[k]]
                if task != last:  # transitions are listed task by task
                    able[task] += 1
                    last = task
                if idle[edge[k]] and inside[target[k]] == mark:
                    stepped[task] = mark
                    if action_of[edge[k]] >= 0:
                        acted[action_of[edge[k]]] = mark
        hopeless = False
        for task in range(len(able)):
            if able[task] == end - begin and stepped[task] != mark:
                hopeless = True
        if hopeless:
            continue
        lost = 0
        for m in range(begin, end):
            state = members[m]
            for k in range(first[state], first[state + 1]):
                action = action_of[edge[k]]
                if (strong and stepped[task_of[edge[k]]] != mark) or (
                    hints and action >= 0 and acted[action] != mark
                ):
                    inside[state] = 0
                    lost += 1
                    break
        if lost == 0:
            fair[listed], fair[listed + 1], fair[listed + 2] = begin, end, mark
            listed += 3
            continue
        for m in range(begin, end):
            if inside[members[m]] == mark:
                survivors[left] = members[m]
                left += 1
    return listed, left, mark


def release(
    first: Array,
    target: Array,
    edge: Array,
    idle: Array,
    members: Array,
    bounds: Array,
    count: int,
    free: Array,
) -> None:
    """Set `free` for every state from which some schedule and choice leads to a free one, or to an end.

    Takes the components in their order, so that whatever a component leads to has been settled before it.
    """
    for c in range(count):
        out = False
        for m in range(bounds[c], bounds[c + 1]):
            state = members[m]
            if first[state] == first[state + 1]:
                out = True
            for k in range(first[state], first[state + 1]):
                if free[target[k]] or not idle[edge[k]]:
                    out = True
        if out:
            for m in range(bounds[c], bounds[c + 1]):
                free[members[m]] = True
