"""Which message answers which, and which messages are one thread, as public-inbox sees it.

Both functions give the same answer whatever the order of the messages. Threads only grow together as mail
arrives, so after new mail it is enough to give them the messages of every thread that the new ones name.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Protocol


class Linkable(Protocol):
    """The part of a message that threads are made of; ids are bare."""

    @property
    def message_id(self) -> str: ...  # noqa: D102
    @property
    def date(self) -> datetime | None: ...  # noqa: D102
    @property
    def references(self) -> tuple[str, ...]: ...  # noqa: D102
    @property
    def in_reply_to(self) -> tuple[str, ...]: ...  # noqa: D102


def link(messages: Iterable[Linkable]) -> dict[str, str | None]:
    """The parent of each message: the last one at hand that its References, then In-Reply-To, name.

    A message that isn't at hand is a ghost: whoever names a ghost becomes the child of what the references
    of others put before it. Cycles are broken at their oldest message. Of several messages with one id the
    oldest counts. The keys are in the order of date, then id.
    """
    ordered = _ordered(messages)
    above = _ghosts(ordered)
    parents: dict[str, str | None] = {}
    for name, chain in ordered.items():
        parents[name] = next(_candidates(name, chain, ordered, above), None)
    broken = _cycles(parents)
    parents.update(dict.fromkeys(broken))
    for name in broken:
        for candidate in _candidates(name, ordered[name], ordered, above):
            if not _leads_to(candidate, name, parents):
                parents[name] = candidate
                break
    return parents


def threads(messages: Iterable[Linkable], parents: Mapping[str, str | None] | None = None) -> dict[str, str]:
    """The root of the thread that each message is in: a message, or a ghost that the oldest one names first.

    Messages are in one thread when one names the other or both name the same, at hand or not. `parents` is
    what `link` gave for the same messages.
    """
    ordered = _ordered(messages)
    parents = link(messages) if parents is None else parents
    sets = Partition()
    for name, chain in ordered.items():
        for other in chain:
            sets.join(name, other)
    above = _ghosts(ordered)
    tops: dict[str, str] = {}
    roots: dict[str, str] = {}
    for name in ordered:
        component = sets.find(name)
        if component not in tops:
            tops[component] = _top(name, parents, ordered, above)
        roots[name] = tops[component]
    return roots


class Partition:
    """Sets of names that are joined two at a time (union-find by size)."""

    def __init__(self) -> None:
        self._above: dict[str, str] = {}
        self._size: dict[str, int] = {}

    def find(self, name: str) -> str:
        """The name that stands for the set."""
        above = self._above
        while (parent := above.get(name, name)) != name:
            above[name] = name = above.get(parent, parent)
        return name

    def join(self, one: str, other: str) -> bool:
        """Make two sets one; False when they were."""
        one, other = self.find(one), self.find(other)
        if one == other:
            return False
        sizes = self._size.get(one, 1), self._size.get(other, 1)
        if sizes[0] < sizes[1]:
            one, other = other, one
        self._above[other] = one
        self._size[one] = sum(sizes)
        return True


def _ordered(messages: Iterable[Linkable]) -> dict[str, tuple[str, ...]]:
    """The names that each message refers to, oldest first, of messages in the order of date."""
    undated = float("inf")
    rows = sorted((m.date.timestamp() if m.date else undated, m.message_id, _chain(m)) for m in messages)
    ordered: dict[str, tuple[str, ...]] = {}
    for _, name, chain in rows:
        ordered.setdefault(name, chain)
    return ordered


def _chain(message: Linkable) -> tuple[str, ...]:
    """All names, References before In-Reply-To, each where it stands first, without the message itself."""
    own = message.message_id
    references, replied = message.references, message.in_reply_to
    if own not in references and own not in replied and all(name in references for name in replied):
        return references
    return tuple(name for name in dict.fromkeys((*references, *replied)) if name != own)


def _ghosts(ordered: Mapping[str, Sequence[str]]) -> dict[str, str]:
    """What stands before each name that isn't at hand, by the oldest message that says so."""
    above: dict[str, str] = {}
    for chain in ordered.values():
        before = None
        for name in chain:
            if before and name not in ordered and name not in above and not _climbs_to(before, name, above):
                above[name] = before
            before = name
    return above


def _climbs_to(name: str, target: str, above: Mapping[str, str]) -> bool:
    while name != target:
        if name not in above:
            return False
        name = above[name]
    return True


def _candidates(
    own: str, chain: Sequence[str], known: Mapping[str, object], above: Mapping[str, str]
) -> Iterator[str]:
    """Messages at hand that may be the parent, best first."""
    for name in reversed(chain):
        candidate: str | None = name
        while candidate is not None and candidate not in known:
            candidate = above.get(candidate)
        if candidate is not None and candidate != own:
            yield candidate


def _cycles(parents: Mapping[str, str | None]) -> list[str]:
    """The oldest message of each cycle (`parents` is in the order of date)."""
    visited: dict[str, int] = {}
    rank = {name: number for number, name in enumerate(parents)}
    found = []
    for number, start in enumerate(parents):
        at: str | None = start
        while at is not None and at not in visited:
            visited[at] = number
            at = parents[at]
        if at is not None and visited[at] == number:
            cycle = [at]
            while (following := parents[cycle[-1]]) not in (at, None):
                cycle.append(following)
            found.append(min(cycle, key=rank.__getitem__))
    return found


def _leads_to(name: str, target: str, parents: Mapping[str, str | None]) -> bool:
    at: str | None = name
    while at is not None and at != target:
        at = parents[at]
    return at == target


def _top(
    name: str,
    parents: Mapping[str, str | None],
    ordered: Mapping[str, Sequence[str]],
    above: Mapping[str, str],
) -> str:
    while (parent := parents.get(name)) is not None:
        name = parent
    ghost = next((n for n in reversed(ordered[name]) if n not in ordered), None)
    while ghost is not None and ghost in above and above[ghost] not in ordered:
        ghost = above[ghost]
    return ghost or name
