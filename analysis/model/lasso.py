"""A run that never ends, shown: a stem from the initial state and a cycle that repeats.

The cycle is a real path, short as can be found within a budget of work, and its fairness is checked again
on the cycle itself, whatever the search believed.
"""

from collections import deque
from collections.abc import Callable, Iterable
from dataclasses import dataclass

from analysis.model.cycle import CycleSearch
from analysis.model.liveness import Fairness
from analysis.model.streett import Action, Component, Search

Path = list[tuple[int, int]]

_BUDGET = 250_000
"""Nodes looked at before a cycle that is not known to be shortest is accepted."""

_ANY_LENGTH = 1 << 62


@dataclass(frozen=True, slots=True)
class Lasso:
    """Stem and cycle, each as (state, edge taken from it); `shortest` says that no shorter one exists."""

    stem: Path
    cycle: Path
    shortest: bool


def find_lasso(search: Search, components: Iterable[Component], fairness: Fairness) -> Lasso | None:
    """A shortest lasso (stem plus cycle) into one of some fair components."""
    exploration = search.region.exploration
    cycles = CycleSearch(search, fairness, _BUDGET)
    best: tuple[Path, Path] | None = None
    shortest = not fairness.hints
    for component in components:
        for state in component.states:
            root = int(state)
            room = len(best[0]) + len(best[1]) - exploration.depth(root) - 1 if best else _ANY_LENGTH
            if room < 1:
                break
            if fairness.hints or cycles.budget <= 0:
                shortest = False
                best = best or (exploration.path(root), _covering_walk(search, component, fairness, root))
                break
            cycle = cycles.through(component, root, room)
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
    taken: set[Action] = set()
    for state, edge in cycle:
        stepped |= 1 << region.task_of[edge]
        sometimes |= region.enabled(state)
        always &= region.enabled(state)
        taken.add(region.action_of[edge])
    if (sometimes if fairness.strong else always) & ~stepped:
        return False
    return not fairness.hints or all(a in taken for state, _ in cycle for a in region.offered(state))


def _covering_walk(search: Search, component: Component, fairness: Fairness, root: int) -> Path:
    """A closed walk that meets every demand of fairness, one nearest demand after the other."""
    region = search.region
    tasks: set[int] = set()
    actions: set[Action] = set()
    for state in component.states:
        for _, edge in search.steps(component, int(state)):
            tasks.add(region.task_of[edge])
            if region.action_of[edge] >= 0 and fairness.hints:
                actions.add(region.action_of[edge])
    idle_tasks = set(range(len(region.exploration.tries.machine.program.tasks))) - tasks
    walk: Path = []
    at = root

    def met(state: int, edge: int, following: int) -> None:
        tasks.discard(region.task_of[edge])
        actions.discard(region.action_of[edge])
        for place in (state, following):
            idle_tasks.difference_update({t for t in idle_tasks if not region.enabled(place) >> t & 1})

    def wanted(state: int, edge: int, following: int) -> bool:
        return (
            region.task_of[edge] in tasks
            or region.action_of[edge] in actions
            or any(not region.enabled(following) >> t & 1 for t in idle_tasks)
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
    came: dict[int, tuple[int, int]] = {}
    queue = deque([start])
    seen = {start}
    while queue:
        state = queue.popleft()
        for following, edge in search.steps(component, state):
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
