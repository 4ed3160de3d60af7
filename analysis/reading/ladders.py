"""Call trees written as indented lists.

A line deeper than the one above is called by it; lines at one depth are peers. Peers without callees of
their own that stand above one that has some, at the left edge, are other callers of the same callees:
`lookup_one_len` / `lookup_hash` / `  __lookup_hash` is two chains.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import islice

from analysis.reading.arrows import Chain, bare_call
from analysis.reading.frames import DEEPEST
from analysis.reading.lines import Line

# Callers that share callees multiply: a thousand of each would be a million chains.
MOST_CHAINS = 200

_STEP = re.compile(
    r"(?:[|`+~.*-]|\\_){0,6}(?:->|-->|=>|>|\|-|`-|\\_|└─*|├─*|"
    r"│)?\s{0,4}(?:\d{1,2}[.)]\s)?(?P<name>(?:->|\.)?[A-Za-z_]\w{2,80}(?:(?:->|\.|"
    r"::)\w{1,60})?)(?P<call>\s?\([^()\n]{0,80}\))?(?P<rest>.*)\Z"
)
_TOLERATED = re.compile(
    r"\s{0,20}(?:[;:{}]|\[inline\]|\(.{0,60}\)|(?://|/\*|#|<[<-]*|-+>|=+>|--|\.\.\.|"
    r"\[).{0,120})?[;{:,.]?\s*\Z"
)
# A remark set off by white space, and a few words behind a call: `my_walk() to page 7`.
_APART = re.compile(r"(?:\s{2,40}|\t)\S.{0,60}\Z")
_FEW_WORDS = re.compile(r"(?: [a-z0-9_]{1,20}){1,4}\s*\Z")
_ON_LOCKS = re.compile(
    r"(?:takes?|holds?|wants?|grabs?|acquires?|waits? (?:for|on)|with|drops?|releases?)\s\S{3,60}(?: held)?\Z"
)
_ENTRY = re.compile(
    r"(?:entry_|do_syscall|ret_from_fork|kthread|syscall|system_call|SyS_|__x64_sys|start_kernel)"
)
_MANUAL = re.compile(r"\s?\(\dp?\)\Z")  # write(2), a page of the manual

# lockdep's "possible unsafe locking scenario" lists acquisitions, not functions.
_NO_STEPS = frozenset(
    "lock rlock unlock local_irq_disable ASSERT BUG_ON WARN_ON if for while switch return sizeof".split()
)


Step = tuple[int, str, Line]


@dataclass
class _Node:
    indent: int
    name: str
    line: Line
    children: list["_Node"]


def read_step(text: str) -> tuple[int, str] | None:
    """The function that a line consists of, but for a remark, and its column; None for anything else.

    The column is that of the name: a marker set off in front (`=> callee`) may stand under its caller.
    """
    if len(text) > 200 or text.rstrip().endswith(("->", "=>")):
        return None
    text = text.expandtabs(8)
    column = len(text) - len(text.lstrip())
    found = _STEP.match(text.strip())
    if not found:
        return None
    name, call, rest = found.group("name", "call", "rest")
    if name in _NO_STEPS or (call is None and name.isupper()) or (call is not None and _MANUAL.match(call)):
        return None
    code = "_" in name or call is not None or name.startswith(("->", "."))
    remark = _TOLERATED.match(rest) or _APART.match(rest) or (call is not None and _FEW_WORDS.match(rest))
    if not code or not remark:
        return None
    at = found.start("name")
    return column + (at if found.string[at - 1 : at].isspace() else 0), name


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


def climb(steps: Sequence[Step]) -> list[tuple[str, ...]]:
    """The chains of some steps by their columns; none where all stand in one."""
    if len({s[0] for s in steps}) < 2:
        return []
    roots = _tree(steps)
    _share_callees(roots)
    chains = (c for root in roots for c in _walk(root, ()) if len(c) > 1)
    return list(islice(chains, MOST_CHAINS))


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
            run.append((*step, line))
            missed = 0
            continue
        remark = line is not None and not line.broken and run and _is_remark(line, run[-1][0])
        if remark and missed < 2:
            missed += 1
            continue
        if len(run) > 1:
            for names in climb(run) or _bare_trace(run, last):
                yield Chain(run[0][2].start, run[-1][2].end, names)
        run, missed = [], 0
        if line is not None and line.text.strip():
            above = line.text
        if line is not None and line.broken and (step := read_step(line.text)):
            run.append((*step, line))


def _is_remark(line: Line, indent: int) -> bool:
    text = line.text.strip()
    return (
        bool(text)
        and line.indent >= indent
        and (
            text.startswith(("/*", "//", "*", "...", "<", "[", "#", "(", "}", "{"))
            or bool(_ON_LOCKS.match(text))
        )
    )
