"""Call paths as small graphs: chains that share functions are drawn together, each is also given in words."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from archive.findings import Anchor, CallPath
from archive.mail import BlockKind
from reports.anchors import finding_anchor
from reports.concordance import Concordance, Quote
from reports.views.drawing import Drawing, draw

_FUNCTIONS_DRAWN = 60
_LITERAL = (BlockKind.TRACE, BlockKind.CHAIN, BlockKind.DIFF)


@dataclass(frozen=True, slots=True)
class LockView:
    """A lock and the function at which the text says it is held, if it names one on the path."""

    lock: str
    held_at: str | None


@dataclass(frozen=True, slots=True)
class ChainView:
    """One call path in words, functions outermost first; `number` is what marks in messages call it."""

    anchor: str
    number: int
    functions: tuple[str, ...]
    locks: tuple[LockView, ...]
    why: str


@dataclass(frozen=True, slots=True)
class Laid:
    """Chains that the same words lay out, and those words; `literal` says that their layout matters."""

    chains: tuple[ChainView, ...]
    quote: Quote
    literal: bool


@dataclass(frozen=True, slots=True)
class PathGroup:
    """Chains that share functions, and their drawing, which a lone function has no need of."""

    title: str
    drawing: Drawing | None
    too_large: bool
    laid: tuple[Laid, ...]


def path_groups_of(concordance: Concordance) -> tuple[PathGroup, ...]:
    """All call paths of a record, in groups that share no function, in the order of the mail."""
    paths = (p for p in concordance.call_paths.values() if p.chain)
    return tuple(_group(group, concordance) for group in _connected(paths))


def _connected(paths: Iterable[CallPath]) -> list[list[CallPath]]:
    """Paths grouped by common functions; a group keeps the place of its first path."""
    groups: list[tuple[set[str], list[CallPath]]] = []
    for path in paths:
        names = set(path.chain)
        touching = [group for group in groups if group[0] & names]
        if not touching:
            groups.append((names, [path]))
            continue
        first = touching[0]
        for other in touching[1:]:
            first[0].update(other[0])
            first[1].extend(other[1])
            groups.remove(other)
        first[0].update(names)
        first[1].append(path)
    return [paths for _, paths in groups]


def _group(paths: Sequence[CallPath], concordance: Concordance) -> PathGroup:
    functions = {name for path in paths for name in path.chain}
    drawing = None
    if 1 < len(functions) <= _FUNCTIONS_DRAWN:
        held = {(lock.held_at, lock.lock): None for path in paths for lock in path.locks if lock.held_at}
        drawing = draw([path.chain for path in paths], [(at, lock) for at, lock in held if at])
    ends = list(dict.fromkeys(path.chain[-1] for path in paths))
    title = "To " + (ends[0] if len(ends) == 1 else f"{ends[0]} and {len(ends) - 1} more")
    by_words: dict[Anchor, list[CallPath]] = {}
    for path in paths:
        by_words.setdefault(path.anchor, []).append(path)
    return PathGroup(
        title,
        drawing,
        len(functions) > _FUNCTIONS_DRAWN,
        tuple(
            Laid(
                tuple(_chain(p, concordance) for p in same),
                concordance.quote(anchor, same[0].id),
                _is_literal(anchor, concordance),
            )
            for anchor, same in by_words.items()
        ),
    )


def _is_literal(anchor: Anchor, concordance: Concordance) -> bool:
    message = concordance.messages.get(anchor.message_id)
    blocks = message.blocks if message is not None else ()
    return any(b.start <= anchor.start < b.end and b.kind in _LITERAL for b in blocks)


def _chain(path: CallPath, concordance: Concordance) -> ChainView:
    return ChainView(
        anchor=finding_anchor(path.id),
        number=concordance.path_number(path.id),
        functions=path.chain,
        locks=tuple(LockView(h.lock, h.held_at if h.held_at in path.chain else None) for h in path.locks),
        why=path.why,
    )
