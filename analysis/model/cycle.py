"""The shortest fair cycle through a state, written so that numba can compile it and Python run it as it is.

Breadth first over (state, tasks that stepped since the start, tasks that fairness entitles to a step). Sets
of tasks are bits of one number, which is why more tasks than MOST_TASKS can't be searched.
"""

from collections.abc import Callable
from functools import cache

import numpy as np

from analysis.model.graph import Array, worth_compiling
from analysis.model.liveness import Fairness
from analysis.model.streett import Component, Search

MOST_TASKS = 62


def shortest_cycle(
    first: Array,
    target: Array,
    edge: Array,
    idle: Array,
    task_of: Array,
    inside: Array,
    mark: int,
    root: int,
    strong: bool,
    longest: int,
    state: Array,
    stepped: Array,
    due: Array,
    came: Array,
    via: Array,
    slot: Array,
    table: Array,
) -> tuple[int, int, int]:
    """A shortest fair cycle of at most so many steps through `root` inside a component.

    The arrays from `state` to `slot` are the nodes of the search, `came` and `via` the way to each; `table`,
    empty before and after, finds them. Returns (node before the last step, edge of that step, nodes used),
    with -1 for the node where there is no such cycle or the arrays are full.
    """
    one = np.int64(1)
    size = len(table)
    able = np.int64(0)
    for k in range(first[root], first[root + 1]):
        able |= one << np.int64(task_of[edge[k]])
    state[0], stepped[0], due[0], came[0], slot[0] = root, 0, able, -1, 0
    used, head, length, level = 1, 0, 0, 1
    last, closing = -1, -1
    while head < used and last < 0:
        if head == level:
            length, level = length + 1, used
        if length >= longest or used == len(state):
            break
        here = state[head]
        for k in range(first[here], first[here + 1]):
            to = np.int64(target[k])
            if inside[to] != mark or not idle[edge[k]]:
                continue
            now = stepped[head] | (one << np.int64(task_of[edge[k]]))
            able = np.int64(0)
            for j in range(first[to], first[to + 1]):
                able |= one << np.int64(task_of[edge[j]])
            entitled = (due[head] | able) if strong else (due[head] & able)
            if to == root and entitled & ~now == 0:
                last, closing = head, int(edge[k])
                break
            at = (to * 31 + now * 1009 + entitled * 65_537) % size
            while table[at] != 0:
                node = table[at] - 1
                if state[node] == to and stepped[node] == now and due[node] == entitled:
                    break
                at = (at + 1) % size
            if table[at] == 0 and used < len(state):
                state[used], stepped[used], due[used] = to, now, entitled
                came[used], via[used], slot[used] = head, edge[k], at
                used += 1
                table[at] = used
        head += 1
    for node in range(1, used):
        table[slot[node]] = 0
    return last, closing, used


_PLAIN: Callable[..., tuple[int, int, int]] = shortest_cycle


@cache
def _compiled() -> Callable[..., tuple[int, int, int]]:
    from analysis.model.kernel import compiled

    return compiled(shortest_cycle)


class CycleSearch:
    """Shortest cycles in the components of one search, as long as a budget of work lasts."""

    def __init__(self, search: Search, fairness: Fairness, budget: int) -> None:
        region = search.region
        self.budget = budget if len(region.exploration.tries.machine.program.tasks) <= MOST_TASKS else 0
        self._search, self._fairness = search, fairness
        self._task_of = np.array(region.task_of, np.int32)
        self._run = _compiled() if worth_compiling(len(search.inside)) else _PLAIN
        self._room = self.budget
        self._nodes: list[Array] = [np.empty(self._room + 1, np.int64) for _ in range(6)]
        self._table = np.zeros(2 * self.budget + 1, np.int64)

    def through(self, component: Component, root: int, longest: int) -> list[tuple[int, int]] | None:
        """A shortest fair cycle, as (state, edge taken from it), of at most so many steps."""
        region = self._search.region
        last, closing, used = self._run(
            region.first,
            region.target,
            region.edge,
            region.idle_edges,
            self._task_of,
            self._search.inside,
            component.mark,
            root,
            self._fairness.strong,
            longest,
            *self._nodes,
            self._table,
        )
        # a search that ran out of room may have missed a cycle
        self.budget = 0 if used > self._room else self.budget - used
        if last < 0:
            return None
        state, _, _, came, via, _ = self._nodes
        path = [(int(state[last]), int(closing))]
        node = last
        while node:
            path.append((int(state[came[node]]), int(via[node])))
            node = int(came[node])
        return path[::-1]
