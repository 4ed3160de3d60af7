"""Tasks that wait for ever: circles of lock holders, and states in which nobody can go on.

A circle is a deadlock at once, whatever all others still do, and usually a shorter story than the state in
which everything has come to a halt.
"""

from collections.abc import Iterator
from heapq import merge
from itertools import groupby

from analysis.model.behaviour import Leaf, Waiting
from analysis.model.exploration import Exploration
from analysis.model.properties import Counterexample
from analysis.model.step import Kind, Wait
from analysis.model.trace import Tracer
from analysis.model.tries import Tip


def find_deadlock(exploration: Exploration) -> Counterexample | None:
    """The shallower of two: a circle of tasks waiting for each other's locks, or a state nobody can leave."""
    end = _halt(exploration, Kind.DEADLOCK)
    circle = _first_circle(exploration, len(exploration.states) if end is None else end)
    if circle is not None:
        state, members = circle
        return _tell(exploration, state, members)
    return None if end is None else _tell(exploration, end, _waiters(exploration, end))


def find_missed_wakeup(exploration: Exploration) -> Counterexample | None:
    """The first state in which nobody can go on and all who should are asleep until somebody wakes them."""
    end = _halt(exploration, Kind.MISSED_WAKEUP)
    return None if end is None else _tell(exploration, end, _waiters(exploration, end))


def _halt(exploration: Exploration, kind: Kind) -> int | None:
    """The first state without transitions in which somebody should go on, and all or not all sleep, as asked.

    A state in which a task stopped at BUG() has its own verdict and is neither.
    """
    points = exploration.tries.machine.points
    for state in map(int, exploration.ends):
        leaves = [tip.leaf for tip in _tips(exploration, state)]
        if any(points[leaf.task][leaf.point].halted for leaf in leaves):
            continue
        waits = [waiting.wait for _, waiting in _waiters(exploration, state)]
        asleep = all(wait is Wait.SLEEP for wait in waits)
        if waits and asleep is (kind is Kind.MISSED_WAKEUP):
            return state
    return None


def _tips(exploration: Exploration, state: int) -> list[Tip]:
    tries = exploration.tries
    tasks = range(len(tries.machine.program.tasks))
    return [tries.walk(task, exploration.states[state], state) for task in tasks]


def _waiters(exploration: Exploration, state: int) -> list[tuple[Leaf, Waiting]]:
    """Who waits in a state, but for daemons, which may."""
    tasks = exploration.tries.machine.program.tasks
    leaves = (tip.leaf for tip in _tips(exploration, state))
    return [(leaf, leaf.waiting) for leaf in leaves if leaf.waiting and not tasks[leaf.task].daemon]


def _first_circle(exploration: Exploration, before: int) -> tuple[int, list[tuple[Leaf, Waiting]]] | None:
    """The first state up to `before` with a circle, and the tasks in it."""
    for state in _suspects(exploration):
        if state > before:
            break
        tips = [
            tip for tip in _tips(exploration, state) if tip.leaf.waiting and _bound_to_wait(exploration, tip)
        ]
        members = _circle(exploration, tips)
        if members:
            return state, members
    return None


def _suspects(exploration: Exploration) -> Iterator[int]:
    """The states in which somebody stands where it may wait for a lock while it holds one, in order."""
    points = _points_that_hold_and_wait(exploration)
    standing = (exploration.standing(task, p) for task, p in enumerate(points) if p)
    return (state for state, _ in groupby(merge(*standing)))


def _points_that_hold_and_wait(exploration: Exploration) -> list[set[int]]:
    machine = exploration.tries.machine
    found: list[set[int]] = [set() for _ in machine.program.tasks]
    for tip in exploration.tries.tips:
        leaf = tip.leaf
        if leaf.waiting and leaf.waiting.lock is not None and machine.held(leaf.task, leaf.point):
            found[leaf.task].add(leaf.point)
    return found


def _bound_to_wait(exploration: Exploration, tip: Tip) -> bool:
    """Whether nothing but the lock itself can end the wait: its statement looked at nothing else."""
    waiting = tip.leaf.waiting
    if waiting is None or waiting.lock is None:
        return False
    layout, cells = exploration.tries.layout, exploration.tries.machine.program.cells
    keys = [cells[at].key for at, _ in tip.reads if at < layout.cells]
    return all(k.struct is waiting.lock.struct and k.member == waiting.lock.declared.name for k in keys)


def _circle(exploration: Exploration, tips: list[Tip]) -> list[tuple[Leaf, Waiting]]:
    """The tasks that wait for one another in a circle, in its order; empty if there is none."""
    waiting = {t.leaf.task: (t.leaf, t.leaf.waiting) for t in tips if t.leaf.waiting}
    machine = exploration.tries.machine

    def holders(task: int) -> Iterator[int]:
        lock = waiting[task][1].lock
        for other, (leaf, _) in waiting.items():
            if any(held.lock == lock for held in machine.held(other, leaf.point)):
                yield other

    def close(way: list[int]) -> list[int]:
        for holder in holders(way[-1]):
            circle = way[way.index(holder) :] if holder in way else close([*way, holder])
            if circle:
                return circle
        return []

    circles = (close([start]) for start in waiting)
    return [waiting[task] for task in next(filter(None, circles), [])]


def circles(exploration: Exploration) -> Iterator[tuple[Tip, ...]]:
    """Every set of tips of different tasks that wait for one another's locks in a circle, each set once.

    What `find_deadlock` looks for state by state, said as conditions of states. Not all need be reachable.
    """
    held = exploration.tries.machine.held
    tips = [t for t in exploration.tries.tips if t.leaf.waiting and _bound_to_wait(exploration, t)]

    def holders(tip: Tip) -> Iterator[Tip]:
        waiting = tip.leaf.waiting
        for other in tips:
            same_task = other.leaf.task == tip.leaf.task
            locks = [h.lock for h in held(other.leaf.task, other.leaf.point)]
            if waiting and waiting.lock in locks and (not same_task or other is tip):
                yield other

    def close(way: tuple[Tip, ...]) -> Iterator[tuple[Tip, ...]]:
        for holder in holders(way[-1]):
            if holder is way[0]:
                yield way
            elif holder.leaf.task > way[0].leaf.task and holder.leaf.task not in {t.leaf.task for t in way}:
                yield from close((*way, holder))

    for tip in tips:
        yield from close((tip,))


def _tell(exploration: Exploration, state: int, waiters: list[tuple[Leaf, Waiting]]) -> Counterexample:
    """The shortest way to a state, and what each of the tasks waits for there."""
    tracer = Tracer(exploration)
    leaves = [tip.leaf for tip in _tips(exploration, state)]
    words = [(leaf, waiting, _for_what(exploration, leaf, waiting, leaves)) for leaf, waiting in waiters]
    tasks = exploration.tries.machine.program.tasks
    reason = "; ".join(f"{tasks[leaf.task].name} {text}" for leaf, _, text in words)
    steps = tuple(tracer.blocked(leaf.task, waiting, text) for leaf, waiting, text in words)
    return Counterexample(reason, (*tracer.to(state), *steps), exploration.depth(state))


def _for_what(exploration: Exploration, leaf: Leaf, waiting: Waiting, leaves: list[Leaf]) -> str:
    """What a task waits for, and who could end that."""
    machine = exploration.tries.machine
    if waiting.wait is Wait.SLEEP:
        return f"sleeps in {waiting.what} and nobody is left to wake it"
    holders = [
        "itself" if other.task == leaf.task else machine.program.tasks[other.task].name
        for other in leaves
        for held in machine.held(other.task, other.point)
        if waiting.lock is not None and held.lock == waiting.lock
    ]
    return f"waits for {waiting.what}" + (f", held by {', '.join(dict.fromkeys(holders))}" if holders else "")
