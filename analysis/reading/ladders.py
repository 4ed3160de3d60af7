"""Call trees written as indented lists, and steps of two CPUs in columns.

A line deeper than the one above is called by it; lines at one depth are peers. Peers without callees of
their own that stand above one that has some, at the left edge, are other callers of the same callees:
`lookup_one_len` / `lookup_hash` / `  __lookup_hash` is two chains.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from analysis.reading.arrows import Chain, bare_call
from analysis.reading.frames import DEEPEST
from analysis.reading.lines import Line

_STEP = re.compile(
    r"(?:[|`+~.*-]|\\_){0,6}(?:->|-->|=>|>|\|-|`-|\\_|└─*|├─*|"
    r"│)?\s{0,4}(?:\d{1,2}[.)]\s)?(?P<name>(?:->|\.)?[A-Za-z_]\w{2,80}(?:(?:->|\.|"
    r"::)\w{1,60})?)(?P<call>\s?\([^()\n]{0,80}\))?(?P<rest>.*)\Z"
)
_TOLERATED = re.compile(
    r"\s{0,20}(?:[;:{}]|\[inline\]|\(.{0,60}\)|(?://|/\*|#|<-+|-+>|=+>|--|\.\.\.|"
    r"\[).{0,120})?[;{:,]?\s*\Z"
)
_COLUMNS = re.compile(
    r"(?i)(?:cpu|thread|task|process|proc|p|t|kworker|writer|reader)\s?#?\s?[0-9A-Da-d]\b|"
    r"\b(?:thread|task|process|cpu)\b"
)
_ENTRY = re.compile(
    r"(?:entry_|do_syscall|ret_from_fork|kthread|syscall|system_call|SyS_|__x64_sys|start_kernel)"
)
_MANUAL = re.compile(r"\s?\(\dp?\)\Z")  # write(2), a page of the manual
_RULE = re.compile(r"[\s|_+=-]{3,}\Z")
_GAP = re.compile(r"\s{3,}")

# lockdep's "possible unsafe locking scenario" lists acquisitions, not functions.
_LOCKDEP_STEPS = frozenset(("lock", "rlock", "unlock", "local_irq_disable", "ASSERT", "BUG_ON", "WARN_ON"))


Step = tuple[int, str, Line]


@dataclass
class _Node:
    indent: int
    name: str
    line: Line
    children: list["_Node"]


def read_step(text: str) -> str | None:
    """The function that a line consists of, but for a remark; None for anything else."""
    if len(text) > 200 or text.rstrip().endswith(("->", "=>")):
        return None
    found = _STEP.match(text.strip())
    if not found:
        return None
    name, call, rest = found.group("name", "call", "rest")
    if name in _LOCKDEP_STEPS or (call is not None and _MANUAL.match(call)):
        return None
    code = "_" in name or call is not None or name.startswith(("->", "."))
    return name if code and _TOLERATED.match(rest) else None


def _tree(steps: Sequence[Step]) -> list[_Node]:
    roots: list[_Node] = []
    path: list[_Node] = []
    for indent, name, line in steps:
        while path and path[-1].indent >= indent:
            path.pop()
        node = _Node(indent, bare_call(name), line, [])
        (path[-1].children if path else roots).append(node)
        path.append(node)
    return roots


def _share_callees(roots: list[_Node]) -> None:
    waiting: list[_Node] = []
    for root in roots:
        if not root.children:
            waiting.append(root)
            continue
        for peer in waiting:
            peer.children = root.children
        waiting = []


def _walk(node: _Node, above: tuple[str, ...]) -> Iterator[tuple[str, ...]]:
    chain = (*above, node.name)
    if len(chain) > 40:
        return
    if not node.children:
        yield chain
    for child in node.children:
        yield from _walk(child, chain)


def _ladder(steps: Sequence[Step]) -> list[tuple[str, ...]]:
    if len({s[0] for s in steps}) < 2:
        return []
    roots = _tree(steps)
    _share_callees(roots)
    return [c for root in roots for c in _walk(root, ()) if len(c) > 1]


def _bare_trace(steps: Sequence[Step], above: str) -> list[tuple[str, ...]]:
    """A trace of which only the names are left, innermost first, down to where the kernel is entered."""
    names = [bare_call(name) for _, name, _ in steps]
    if len(names) < 4 or not (_ENTRY.match(names[-1]) or "trace" in above.casefold()):
        return []
    return [tuple(reversed(names[:DEEPEST]))]


def find_ladders(lines: Sequence[Line]) -> Iterator[Chain]:
    """The chains of indented lists of functions, two lines or more with at least two depths.

    A list of one depth names peers and is no chain, unless it is a bare stack trace.
    """
    run: list[Step] = []
    missed, last, above = 0, "", ""
    for line in [*lines, None]:
        step = None
        if line is not None and not (line.broken and run):
            step = read_step(line.text)
        if step is not None and line is not None:
            if not run:
                last = above
            run.append((line.indent, step, line))
            missed = 0
            continue
        remark = line is not None and not line.broken and run and _is_remark(line, run[-1][0])
        if remark and missed < 2:
            missed += 1
            continue
        if len(run) > 1:
            for names in _ladder(run) or _bare_trace(run, last):
                yield Chain(run[0][2].start, run[-1][2].end, names)
        run, missed = [], 0
        if line is not None and line.text.strip():
            above = line.text
        if line is not None and line.broken and (step := read_step(line.text)):
            run.append((line.indent, step, line))


def _is_remark(line: Line, indent: int) -> bool:
    text = line.text.strip()
    return (
        bool(text)
        and line.indent >= indent
        and (text.startswith(("/*", "//", "*", "...", "<", "[", "#", "(")) or text in ("}", "{", "..."))
    )


def _open_table(line: Line) -> Line:
    """A line of a drawn table without its borders, in the same columns."""
    text = line.text
    if text.count("|") == 1 + text.lstrip().startswith("|") + text.endswith("|") or _RULE.match(text):
        return Line(text.replace("|", " "), line.start, line.end, line.broken)
    return line


def find_columns(lines: Sequence[Line]) -> Iterator[Chain]:
    """The steps of two tasks side by side: one chain a column, by indentation where there is any."""
    lines = [_open_table(line) for line in lines]
    for i, head in enumerate(lines):
        text = head.text.expandtabs(8)
        parts = [p for p in _GAP.split(text.strip()) if p.strip()]
        if len(parts) != 2 or not all(_COLUMNS.search(p) and len(p) < 40 for p in parts):
            continue
        border = text.rfind(parts[1])
        body: list[Line] = []
        for line in lines[i + 1 : i + 60]:
            if line.broken or (not line.text.strip() and len(body) > 0 and not body[-1].text.strip()):
                break
            body.append(line)
        yield from _read_columns(body, border, head)


def _read_columns(body: Sequence[Line], border: int, head: Line) -> Iterator[Chain]:
    sides: tuple[list[Step], list[Step]] = ([], [])
    for line in body:
        text = line.text.expandtabs(8)
        left = len(text) - len(text.lstrip())
        cells = ("", text.strip()) if left >= border - 4 else _split_near(text, border)
        for side, cell in zip(sides, cells, strict=True):
            step = read_step(cell) if cell.strip() else None
            if step:
                at = text.find(cell.strip())
                side.append((at, step, line))
    for side in sides:
        if not side:
            continue
        chains = _ladder(side) or ([tuple(bare_call(s[1]) for s in side)] if len(side) > 1 else [])
        for names in chains:
            yield Chain(head.start, side[-1][2].end, names)


def _split_near(text: str, border: int) -> tuple[str, str]:
    gaps = [m for m in _GAP.finditer(text) if m.start() > 0 and text[: m.start()].strip()]
    if not gaps:
        return (text, "")
    best = min(gaps, key=lambda m: abs(m.end() - border))
    return text[: best.start()], text[best.end() :]
