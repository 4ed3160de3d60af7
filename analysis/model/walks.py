"""Random walks for what is too large to explore: seeded, weighted towards few preemptions, never exhaustive.

Probabilistic concurrency testing (Burckhardt, Kothari, Musuvathi, Nagarakatte, ASPLOS 2010): every task
gets a random priority, the highest that can go on does, and at a few random moments the one that runs drops
below all others. A bug that takes d such moments is found by a walk of k steps of n tasks with a probability
of at least 1 / (n * k ** (d - 1)), whatever the number of states.
"""

import random
from dataclasses import dataclass, field
from time import monotonic

from analysis.model.exploration import Exploration
from analysis.model.tries import Edge, Tries


@dataclass(frozen=True, slots=True)
class Walks:
    """How many walks, how long at most, with how many drops of priority, and the seed of them all."""

    seed: int
    count: int = 1_000
    steps: int = 500
    drops: int = 2

    def __str__(self) -> str:
        return f"random walks only: {self.count:,} of at most {self.steps:,} steps, seed {self.seed}"


@dataclass(frozen=True)
class Sample(Exploration):
    """The states that random walks came through; `parent` leads back along the walk that came there first.

    What walks saw is real, ways to it may not be shortest, nothing follows from what they didn't see.
    """

    depths: list[int] = field(default_factory=list)

    def depth(self, state: int) -> int:
        """Steps to a state by the walk that found it first."""
        return self.depths[state]

    @property
    def deepest(self) -> int:
        """Steps to the state that took the most."""
        return max(self.depths)


def sample(tries: Tries, walks: Walks) -> Sample:
    """Walk at random; the same seed gives the same walks."""
    begin = monotonic()
    dice = random.Random(walks.seed)  # noqa: S311  (no secret)
    found = _Found(tries)
    tasks = range(len(tries.machine.program.tasks))
    for _ in range(walks.count):
        priority = [dice.random() + 1 for _ in tasks]
        drops = {dice.randrange(walks.steps) for _ in range(walks.drops)}
        here = 0
        for step in range(walks.steps):
            moves = found.moves(here)
            if not moves:
                break
            task = max(moves, key=priority.__getitem__)
            if step in drops:
                priority[task] = -step
                task = max(moves, key=priority.__getitem__)
            here = found.take(here, dice.choice(moves[task]))
    return Sample(
        tries,
        found.states,
        found.parent,
        found.ends,
        len(found.states),
        len(found.taken),
        monotonic() - begin,
        str(walks),
        engine="walks",
        depths=found.depths,
    )


class _Found:
    """The states met so far."""

    def __init__(self, tries: Tries) -> None:
        self._tries = tries
        self._numbers = {tries.initial: 0}
        self._moves: dict[int, dict[int, tuple[Edge, ...]]] = {}
        self.states, self.parent, self.depths = [tries.initial], [0], [0]
        self.ends: list[int] = []
        self.taken: set[tuple[int, int]] = set()

    def moves(self, state: int) -> dict[int, tuple[Edge, ...]]:
        """What the tasks that can go on can do in a state."""
        known = self._moves.get(state)
        if known is None:
            tasks = range(len(self._tries.machine.program.tasks))
            tips = [self._tries.walk(task, self.states[state], state) for task in tasks]
            known = self._moves[state] = {tip.leaf.task: tip.edges for tip in tips if tip.edges}
            if not known:
                self.ends.append(state)
        return known

    def take(self, state: int, edge: Edge) -> int:
        """The number of the state that an edge leads to."""
        self.taken.add((state, edge.number))
        packed = self._tries.apply(self.states[state], edge)
        number = self._numbers.setdefault(packed, len(self.states))
        if number == len(self.states):
            self.states.append(packed)
            self.parent.append(state)
            self.depths.append(self.depths[state] + 1)
        return number
