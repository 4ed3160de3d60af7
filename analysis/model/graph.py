"""The graph of an exploration as liveness looks at it: strongly connected components of a part of it."""

from collections.abc import Callable, Iterable, Iterator, Sequence

from analysis.model.explorer import Exploration


def components(
    exploration: Exploration,
    states: Iterable[int],
    allowed: Callable[[int], bool],
    inside: Sequence[int],
    mark: int,
) -> Iterator[list[int]]:
    """Strongly connected components with at least one cycle, by Tarjan's algorithm without recursion.

    Looks at the states s with `inside[s] == mark` among `states`, and at transitions k with `allowed(k)`.
    """
    first, target = exploration.first, exploration.target
    order: dict[int, int] = {}
    low: dict[int, int] = {}
    on_stack: set[int] = set()
    stack: list[int] = []
    for root in states:
        if root in order:
            continue
        order[root] = low[root] = len(order)
        stack.append(root)
        on_stack.add(root)
        work = [(root, first[root])]
        while work:
            state, at = work.pop()
            if at < first[state + 1]:
                work.append((state, at + 1))
                following = target[at]
                if inside[following] != mark or not allowed(at):
                    continue
                if following not in order:
                    order[following] = low[following] = len(order)
                    stack.append(following)
                    on_stack.add(following)
                    work.append((following, first[following]))
                elif following in on_stack:
                    low[state] = min(low[state], order[following])
                continue
            if work:
                caller = work[-1][0]
                low[caller] = min(low[caller], low[state])
            if low[state] == order[state]:
                component = []
                while True:
                    member = stack.pop()
                    on_stack.discard(member)
                    component.append(member)
                    if member == state:
                        break
                if len(component) > 1 or _has_loop(exploration, state, allowed):
                    yield component


def _has_loop(exploration: Exploration, state: int, allowed: Callable[[int], bool]) -> bool:
    return any(
        exploration.target[k] == state and allowed(k)
        for k in range(exploration.first[state], exploration.first[state + 1])
    )
