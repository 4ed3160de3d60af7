"""A layered drawing of call chains: callers above callees, functions that chains share drawn once.

Layers come from longest paths, their order from barycentres, positions from averaging neighbours
(the phases of Sugiyama, Tagawa and Toda 1981, each in its simplest form). Input is small: some dozens of
functions. Lengths are pixels; a fixed-pitch character is taken to be 0.6 of the font size wide.
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

_CHAR = 7.8
_NAME_LIMIT = 40
_PAD = 14
_NAME_HEIGHT = 36
_BADGE_HEIGHT = 24
_LAYER_GAP = 34
_BOX_GAP = 20
_LANE = 14  # the width that an arrow keeps free where it passes a layer
_MARGIN = 2
_SWEEPS = 6

Node = tuple[str, int]  # a function and which of its appearances; ("", n) bends an arrow around a layer
Edge = tuple[Node, Node]


@dataclass(frozen=True, slots=True)
class Badge:
    """A lock drawn in the box of the function at which it is held."""

    x: int
    y: int
    width: int
    lock: str


@dataclass(frozen=True, slots=True)
class Box:
    """A function; `role` is entry, leaf or inner."""

    x: int
    y: int
    width: int
    height: int
    name: str
    role: str
    badges: tuple[Badge, ...]


@dataclass(frozen=True, slots=True)
class Drawing:
    """Boxes and arrows within `width` by `height`; arrows are SVG path data, heads are triangles."""

    width: int
    height: int
    boxes: tuple[Box, ...]
    arrows: tuple[str, ...]
    heads: tuple[str, ...]


def draw(chains: Sequence[Sequence[str]], held: Sequence[tuple[str, str]]) -> Drawing:
    """Draw chains of functions, outermost first; `held` pairs functions with locks."""
    nodes, edges = _graph(chains)
    layer = _layers(nodes, edges)
    nodes, edges, layer = _with_bends(nodes, edges, layer)
    rows = _ordered(nodes, edges, layer)
    locks: dict[str, list[str]] = defaultdict(list)
    for function, lock in held:
        locks[function].append(lock)
    width = {node: _width(node, locks) for node in nodes}
    centre = _centres(rows, edges, width)
    return _drawing(rows, edges, width, centre, locks)


def _graph(chains: Sequence[Sequence[str]]) -> tuple[list[Node], list[Edge]]:
    """The functions and calls, without cycles: a call back up goes to a second appearance of the function."""
    callees: dict[Node, dict[Node, None]] = {}
    for chain in dict.fromkeys(map(tuple, chains)):
        caller: Node | None = None
        for name in chain:
            callee = (name, 0)
            while caller is not None and (callee == caller or _reaches(callees, callee, caller)):
                callee = (name, callee[1] + 1)
            callees.setdefault(callee, {})
            if caller is not None:
                callees[caller][callee] = None
            caller = callee
    return list(callees), [(u, v) for u, below in callees.items() for v in below]


def _reaches(callees: Mapping[Node, Mapping[Node, None]], start: Node, goal: Node) -> bool:
    waiting, seen = [start], {start}
    while waiting:
        node = waiting.pop()
        if node == goal:
            return True
        fresh = [n for n in callees.get(node, ()) if n not in seen]
        seen.update(fresh)
        waiting.extend(fresh)
    return False


def _layers(nodes: Sequence[Node], edges: Sequence[Edge]) -> dict[Node, int]:
    """Every callee below all its callers; an outermost caller stands right above its first callee."""
    layer = dict.fromkeys(nodes, 0)
    for _ in nodes:
        moved = False
        for caller, callee in edges:
            if layer[callee] <= layer[caller]:
                layer[callee] = layer[caller] + 1
                moved = True
        if not moved:
            break
    called = {callee for _, callee in edges}
    for node in nodes:
        below = [layer[callee] for caller, callee in edges if caller == node]
        if node not in called and below:
            layer[node] = min(below) - 1
    return layer


def _with_bends(
    nodes: Sequence[Node], edges: Sequence[Edge], layer: dict[Node, int]
) -> tuple[list[Node], list[Edge], dict[Node, int]]:
    """Arrows that pass layers get a bend in each of them, so that they go round the boxes."""
    all_nodes, short, layer = list(nodes), [], dict(layer)
    for caller, callee in edges:
        above = caller
        for between in range(layer[caller] + 1, layer[callee]):
            bend = ("", len(all_nodes))
            all_nodes.append(bend)
            layer[bend] = between
            short.append((above, bend))
            above = bend
        short.append((above, callee))
    return all_nodes, short, layer


def _ordered(nodes: Sequence[Node], edges: Sequence[Edge], layer: Mapping[Node, int]) -> list[list[Node]]:
    rows: list[list[Node]] = [[] for _ in range(max(layer.values()) + 1)]
    for node in nodes:
        rows[layer[node]].append(node)
    above, below = _neighbours(edges)
    for sweep in range(_SWEEPS):
        down = sweep % 2 == 0
        near = above if down else below
        place = {node: i for row in rows for i, node in enumerate(row)}
        for row in rows if down else reversed(rows):
            mean = {n: sum(place[m] for m in near[n]) / len(near[n]) if near[n] else place[n] for n in row}
            row.sort(key=mean.__getitem__)
            place.update((node, i) for i, node in enumerate(row))
    return rows


def _neighbours(edges: Sequence[Edge]) -> tuple[dict[Node, list[Node]], dict[Node, list[Node]]]:
    above: dict[Node, list[Node]] = defaultdict(list)
    below: dict[Node, list[Node]] = defaultdict(list)
    for caller, callee in edges:
        above[callee].append(caller)
        below[caller].append(callee)
    return above, below


def _centres(
    rows: Sequence[list[Node]], edges: Sequence[Edge], width: Mapping[Node, int]
) -> dict[Node, float]:
    above, below = _neighbours(edges)
    centre: dict[Node, float] = {}
    for row in rows:
        centre.update(zip(row, _spread([0.0] * len(row), row, width), strict=True))
    for sweep in range(2 * _SWEEPS):
        near = above if sweep % 2 == 0 else below
        for row in rows if sweep % 2 == 0 else reversed(rows):
            wanted = [sum(centre[m] for m in near[n]) / len(near[n]) if near[n] else centre[n] for n in row]
            centre.update(zip(row, _spread(wanted, row, width), strict=True))
    return centre


def _spread(wanted: Sequence[float], row: Sequence[Node], width: Mapping[Node, int]) -> list[float]:
    """Positions near the wanted ones that don't overlap: the mean of packing from the left and the right.

    Both packings keep the distances, so their mean does too.
    """
    apart = [(width[a] + width[b]) / 2 + _BOX_GAP for a, b in pairwise(row)]
    left, right = list(wanted), list(wanted)
    for i in range(1, len(row)):
        left[i] = max(left[i], left[i - 1] + apart[i - 1])
    for i in range(len(row) - 2, -1, -1):
        right[i] = min(right[i], right[i + 1] - apart[i])
    return [(a + b) / 2 for a, b in zip(left, right, strict=True)]


def _width(node: Node, locks: Mapping[str, Sequence[str]]) -> int:
    name, _ = node
    if not name:
        return _LANE
    widest = max([len(_shown(name)), *(len(_shown(lock)) + 4 for lock in locks.get(name, ()))])
    return round(widest * _CHAR) + 2 * _PAD


def _shown(name: str) -> str:
    return name if len(name) <= _NAME_LIMIT else name[: _NAME_LIMIT - 1] + "…"


def _drawing(
    rows: Sequence[Sequence[Node]],
    edges: Sequence[Edge],
    width: Mapping[Node, int],
    centre: Mapping[Node, float],
    locks: Mapping[str, Sequence[str]],
) -> Drawing:
    shift = _MARGIN - min(centre[n] - width[n] / 2 for row in rows for n in row)
    above, below = _neighbours(edges)
    top: dict[Node, int] = {}
    bottom: dict[Node, int] = {}
    boxes: list[Box] = []
    y = _MARGIN
    for row in rows:
        tallest = max(_NAME_HEIGHT + _BADGE_HEIGHT * len(locks.get(name, ())) for name, _ in row)
        for node in row:
            name = node[0]
            top[node], bottom[node] = y, y + tallest
            if not name:
                continue
            held = locks.get(name, ())
            height = _NAME_HEIGHT + _BADGE_HEIGHT * len(held)
            x = round(centre[node] + shift - width[node] / 2)
            bottom[node] = y + height
            badges = tuple(
                Badge(
                    x + _PAD,
                    y + _NAME_HEIGHT - 4 + _BADGE_HEIGHT * i,
                    width[node] - 2 * _PAD,
                    _shown(lock),
                )
                for i, lock in enumerate(held)
            )
            role = "leaf" if not below[node] else "inner" if above[node] else "entry"
            boxes.append(Box(x, y, width[node], height, _shown(name), role, badges))
        y += tallest + _LAYER_GAP
    arrows, heads = [], []
    for caller, callee in edges:
        x1, y1 = round(centre[caller] + shift), bottom[caller]
        x2, y2 = round(centre[callee] + shift), top[callee]
        tip = y2 - 6 if callee[0] else y2
        middle = (y1 + tip) // 2
        arrows.append(f"M{x1} {y1}C{x1} {middle} {x2} {middle} {x2} {tip}")
        if caller[0] == "":
            arrows.append(f"M{x1} {top[caller]}L{x1} {y1}")
        if callee[0]:
            heads.append(f"M{x2 - 5} {y2 - 8}L{x2} {y2}L{x2 + 5} {y2 - 8}Z")
    total = round(max(centre[n] + shift + width[n] / 2 for row in rows for n in row)) + _MARGIN
    return Drawing(total, y - _LAYER_GAP + _MARGIN, tuple(boxes), tuple(arrows), tuple(heads))
