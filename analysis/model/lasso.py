"""A run that never ends, shown: a stem from the initial state and a cycle that repeats.

The cycle is a real path, short as can be found within a budget of work, and its fairness is checked again
on the cycle itself, whatever the search believed.
"""

from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from analysis.model.liveness import Action, Component, Fairness, Search

Path = list[tuple[int, int]]

_BUDGET = 400_000
"""Product states looked at before a cycle that is not known to be shortest is accepted."""


@dataclass(frozen=True, slots=True)
class Lasso:
    """Stem and cycle, each as (state, edge taken from it); `shortest` says that no shorter one exists."""

    stem: Path
    cycle: Path
    shortest: bool


def find_lasso(search: Search, components: Iterator[Component], fairness: Fairness) -> Lasso | None:
    """A shortest lasso (stem plus cycle) into one of some fair components."""
    exploration = search.region.exploration
    best: tuple[Path, Path] | None = None
    shortest = not fairness.hints
    budget = _BUDGET
    for component in components:
        for root in component.states:
            room = len(best[0]) + len(best[1]) - exploration.depth[root] - 1 if best else None
            if room is not None and room < 1:
                break
            if fairness.hints or budget <= 0:
                shortest = False
                best = best or (exploration.path(root), _covering_walk(search, component, fairness, root))
                break
            cycle, spent = _round_trip(search, component, fairness, root, room, budget)
            budget -= spent
            if cycle:
                best = (exploration.path(root), cycle)
    if best is None:
        return None
    if not is_fair(search, best[1], fairness):
        raise RuntimeError("a cycle was found that is not fair: the search for fair components is wrong")
    return Lasso(best[0], best[1], shortest)


def is_fair(search: Search, cycle: Path, fairness: Fairness) -> bool:
    """Whether repeating this cycle for ever respects fairness, judged by the cycle alone."""
    region = search.region
    stepped, sometimes, always = 0, 0, -1
    taken: set[Action | None] = set()
    for state, edge in cycle:
        stepped |= 1 << region.task_of[edge]
        sometimes |= region.enabled[state]
        always &= region.enabled[state]
        taken.add(region.action_of[edge])
    if (sometimes if fairness.strong else always) & ~stepped:
        return False
    return not fairness.hints or all(a in taken for state, _ in cycle for a in region.offered(state))


def _round_trip(
    search: Search, component: Component, fairness: Fairness, root: int, room: int | None, budget: int
) -> tuple[Path | None, int]:
    """The shortest fair cycle through a state: breadth first over (state, who stepped, who could)."""
    region, exploration = search.region, search.region.exploration
    start = (root, 0, region.enabled[root])
    came: dict[tuple[int, int, int], tuple[tuple[int, int, int], int]] = {}
    queue = deque([(start, 0)])
    while queue and len(came) < budget:
        node, length = queue.popleft()
        if room is not None and length >= room:
            break
        state, stepped, entitled = node
        for k in range(exploration.first[state], exploration.first[state + 1]):
            following = exploration.target[k]
            if search.inside[following] != component.mark or not region.idle(k):
                continue
            edge = exploration.edge[k]
            now = stepped | 1 << region.task_of[edge]
            able = region.enabled[following]
            due = entitled | able if fairness.strong else entitled & able
            if following == root and not due & ~now:
                return [*_retrace(came, node, start), (state, edge)], len(came)
            further = (following, now, due)
            if further not in came:
                came[further] = (node, edge)
                queue.append((further, length + 1))
    return None, len(came)


def _retrace(
    came: dict[tuple[int, int, int], tuple[tuple[int, int, int], int]],
    node: tuple[int, int, int],
    start: tuple[int, int, int],
) -> Path:
    path: Path = []
    while node != start:
        node, edge = came[node]
        path.append((node[0], edge))
    return path[::-1]


def _covering_walk(search: Search, component: Component, fairness: Fairness, root: int) -> Path:
    """A closed walk that meets every demand of fairness, one nearest demand after the other."""
    region, exploration = search.region, search.region.exploration
    tasks: set[int] = set()
    actions: set[Action] = set()
    for _, k in search.transitions(component):
        edge = exploration.edge[k]
        tasks.add(region.task_of[edge])
        action = region.action_of[edge]
        if action and fairness.hints:
            actions.add(action)
    full = (1 << len(exploration.tries.machine.program.tasks)) - 1
    idle_tasks = {t for t in range(full.bit_length()) if t not in tasks}
    walk: Path = []
    at = root

    def met(state: int, edge: int, following: int) -> None:
        tasks.discard(region.task_of[edge])
        action = region.action_of[edge]
        if action:
            actions.discard(action)
        for place in (state, following):
            idle_tasks.difference_update({t for t in idle_tasks if not region.enabled[place] >> t & 1})

    def wanted(state: int, edge: int, following: int) -> bool:
        return (
            region.task_of[edge] in tasks
            or region.action_of[edge] in actions
            or any(not region.enabled[following] >> t & 1 for t in idle_tasks)
        )

    while tasks or actions or idle_tasks:
        steps, at = _nearest(search, component, at, wanted)
        for k, (state, edge) in enumerate(steps):
            met(state, edge, steps[k + 1][0] if k + 1 < len(steps) else at)
        walk += steps
    if at != root:
        steps, _ = _nearest(search, component, at, lambda state, edge, following: following == root)
        walk += steps
    return walk


def _nearest(
    search: Search, component: Component, start: int, wanted: Callable[[int, int, int], bool]
) -> tuple[Path, int]:
    """The shortest path inside a component whose last step is wanted, and where it ends."""
    exploration = search.region.exploration
    came: dict[int, tuple[int, int]] = {}
    queue = deque([start])
    seen = {start}
    while queue:
        state = queue.popleft()
        for k in range(exploration.first[state], exploration.first[state + 1]):
            following, edge = exploration.target[k], exploration.edge[k]
            if search.inside[following] != component.mark or not search.region.idle(k):
                continue
            if wanted(state, edge, following):
                path = [(state, edge)]
                while state != start:
                    state, edge = came[state]
                    path.append((state, edge))
                return path[::-1], following
            if following not in seen:
                seen.add(following)
                came[following] = (state, edge)
                queue.append(following)
    raise RuntimeError("a component is not connected: the search for components is wrong")
