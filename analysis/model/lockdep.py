"""Lock order over all explored behaviour, as lockdep would complain of it even where nothing ever hangs.

Every lock that is asked for while another one is held gives an edge between their classes; a cycle of
edges is an inversion. Unlike lockdep we saw every behaviour, so the first state in which an edge arose
gives a shortest path to each half of it.
"""

from collections import deque
from dataclasses import dataclass
from itertools import pairwise

from analysis.model.exploration import Exploration
from analysis.model.result import TraceStep, Witness
from analysis.model.step import Dependency
from analysis.model.trace import Tracer
from analysis.model.tries import Tip


@dataclass(frozen=True, slots=True)
class Seen:
    """A dependency, the task that has it and where it was first met."""

    dependency: Dependency
    tip: Tip
    state: int


@dataclass(frozen=True, slots=True)
class Inversion:
    """A cycle of lock classes: `links[k]` goes from class k to k + 1, the last one back to the first."""

    links: tuple[Seen, ...]

    @property
    def classes(self) -> tuple[str, ...]:
        """The classes in order."""
        return tuple(s.dependency.held for s in self.links)

    @property
    def title(self) -> str:
        """The cycle in words."""
        if len(self.links) == 1:
            link = self.links[0].dependency
            return f"{link.wanted} is taken while {link.held} is held: possible recursive locking"
        return " → ".join([*self.classes, self.classes[0]])


def dependencies(exploration: Exploration) -> dict[tuple[str, str], Seen]:
    """The first occurrence of every edge between lock classes, shallowest first."""
    found: dict[tuple[str, str], Seen] = {}
    tries = exploration.tries
    for tip in tries.tips:
        for dependency in tip.leaf.dependencies:
            found.setdefault(
                (dependency.held, dependency.wanted), Seen(dependency, tip, tries.found_at[tip.number])
            )
    return found


def inversions(exploration: Exploration) -> tuple[Inversion, ...]:
    """A shortest cycle through every edge that lies on one, each cycle once, short ones first."""
    seen = dependencies(exploration)
    after: dict[str, list[str]] = {}
    for held, wanted in seen:
        after.setdefault(held, []).append(wanted)
    cycles: dict[frozenset[str], Inversion] = {}
    for held, wanted in seen:
        back = _shortest_way(after, wanted, held)
        if back is not None:
            classes = [held, *back]
            links = tuple(seen[pair] for pair in pairwise(classes))
            cycles.setdefault(frozenset(classes), Inversion(links))
    return tuple(sorted(cycles.values(), key=lambda c: len(c.links)))


def _shortest_way(after: dict[str, list[str]], start: str, goal: str) -> list[str] | None:
    came: dict[str, str | None] = {start: None}
    queue = deque([start])
    while queue:
        at = queue.popleft()
        if at == goal:
            way: list[str] = []
            step: str | None = at
            while step is not None:
                way.append(step)
                step = came[step]
            return way[::-1]
        for following in after.get(at, ()):
            if following not in came:
                came[following] = at
                queue.append(following)
    return None


def witnesses(exploration: Exploration, inversion: Inversion) -> tuple[Witness, ...]:
    """A shortest path to every half of an inversion, ending with the request for the second lock."""
    tracer = Tracer(exploration)
    found = []
    for link in inversion.links:
        leaf = link.tip.leaf
        task = exploration.tries.machine.program.tasks[leaf.task].name
        asked = f"asks for {link.dependency.wanted_instance} while holding {link.dependency.held_instance}"
        last: TraceStep
        if leaf.waiting:
            last = tracer.blocked(leaf.task, leaf.waiting, asked)
        else:
            last = tracer.step(exploration.states[link.state], link.tip.edges[0])
        found.append(Witness(f"{task} {asked}", (*tracer.to(link.state), last)))
    return tuple(found)


def unseen_locks(exploration: Exploration) -> tuple[str, ...]:
    """Locks in use that lockdep doesn't follow, as `inode.flags (bit lock)`."""
    found: dict[str, None] = {}
    machine = exploration.tries.machine
    for points in machine.points:
        for point in points:
            for held in point.context.held:
                if not held.lock.followed:
                    found[f"{held.lock_class} ({held.lock.declared.kind})"] = None
    return tuple(found)
