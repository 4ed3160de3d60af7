"""The pass that marks call paths that are laid out: a name a line, arrows, steps in columns."""

import re

from archive.mail import BlockKind
from ingest.sheet import Sheet

CHAIN = BlockKind.CHAIN

_NAME = r"[A-Za-z_]\w{1,60}(?:(?:->|\.|::)\w{1,60}){0,4}(?:\((?:[\w*&.> ,-]{0,60}|\.\.\.)\))?"
_ARROW = r"(?:-{1,2}>|=>|[`|+\\]-{1,3}>?|\\_|\+)"
# What people put behind a name of a call path: where it is, what is locked there.
_REMARK = r"(?:\s{1,20}(?:\([^()\n]{0,80}\)(?: \w{1,20})?|(?:/[/*]|#|<-|\[|--|:|\s)[^\n]{0,60}))?"
# The name is atomic: nothing shorter could be followed by a remark, so that prose fails at once.
_LINE = rf"[ \t|]{{0,60}}(?:{_ARROW} {{0,3}})?(?:->)?(?>{_NAME}):?(?: {{0,3}}->)?{_REMARK}\s*$"
_CHAIN_LINE = re.compile(_LINE)
_ARROWED = re.compile(rf"[ \t|]{{0,60}}{_ARROW} {{0,3}}[A-Za-z_]")
_INLINE = re.compile(rf"[ \t]{{0,60}}{_NAME}(?: ?(?:-{{1,2}}>|=>) ?{_NAME}){{2,12}}[.,]?\s*$")

_ACTOR = (
    r"(?:CPU|cpu|[Tt]hread|THREAD|[Tt]ask|TASK|[Pp]rocess|[Pp]roc|[Ww]riter|[Rr]eader|[Kk]worker"
    r"|[Uu]mount|[Tt]runcate|"
    r"[Pp]age ?fault|[Ww]riteback|[Rr]eclaim|[Kk]swapd|T|P) ?[#:]?(?:\d{1,2}"
    r"|[A-Za-z])?\b(?: ?\([^()\n]{1,30}\))?:?"
)
_COLUMN_HEAD = re.compile(rf"[ \t]{{0,40}}{_ACTOR}(?:[ \t]{{3,60}}|\t[ \t]{{0,60}}){_ACTOR}\s*$")
_BETWEEN = re.compile(r"\s{0,60}(?:\.{2,}|\[ ?\.{2,} ?\]|<\.{2,}>|:|\|)\s*$")
_NO_NAME = re.compile(r"\s*(?:and|or|then|with|from|to|vs|also|but|so|while|where|versus)\s*$", re.IGNORECASE)
_PROSE = re.compile(r"(?:[A-Za-z',]{1,20}[ ,]){5}")

_HEAD = r"\w[\w/#:]{0,14}(?: \w{1,10})?"
_HEADS = re.compile(rf"[ \t]{{0,40}}{_HEAD}(?:(?: {{3,60}}| {{0,8}}\t[ \t]{{0,8}}){_HEAD}){{1,3}}:?\s*$")

# Columns go on over so many blank lines in a row.
_WIDEST_GAP = 1


def mark_chains(sheet: Sheet) -> None:
    """Mark lists of functions laid out as call paths: a name a line, or the steps of tasks in columns."""
    _mark_columns(sheet)
    if "_" not in sheet.text and "()" not in sheet.text:
        return
    lines, kinds = sheet.lines, sheet.kinds
    i, n = 0, len(lines)
    while i < n:
        if kinds[i] is not None or not lines[i] or not _may_be_chain(lines[i]):
            i += 1
            continue
        end = i + 1
        while end < n and kinds[end] is None and lines[end]:
            if not _may_be_chain(lines[end]) and not _is_bridged(sheet, end):
                break
            end += 1
        if _is_chain(lines[i:end]):
            sheet.mark(i, end, CHAIN)
        i = end


def _may_be_chain(line: str) -> bool:
    if "_" not in line and "(" not in line and "->" not in line and " " in line.strip():
        return False
    if _CHAIN_LINE.match(line) is None and (">" not in line or _INLINE.match(line) is None):
        return False
    return _NO_NAME.match(line) is None


def _is_bridged(sheet: Sheet, i: int) -> bool:
    """Whether a line stands for steps left out, or is a row of the same table, with another step below."""
    line = sheet.lines[i].strip()
    row = line[:1] == "|" and line[-1:] == "|"
    if not (row or _BETWEEN.match(line)) or i + 1 >= len(sheet) or sheet.kinds[i + 1] is not None:
        return False
    return bool(sheet.lines[i + 1]) and _may_be_chain(sheet.lines[i + 1])


def _is_chain(run: list[str]) -> bool:
    """Whether a run of names is one of functions, not of words, and not of statements."""
    if len(run) == 1:
        return _INLINE.match(run[0]) is not None and "_" in run[0]
    if any(_ARROWED.match(line) for line in run[1:]):
        return any("_" in line or "(" in line for line in run)
    names = sum("_" in line or "()" in line for line in run)
    return names * 3 >= len(run) * 2


def _mark_columns(sheet: Sheet) -> None:
    lines, kinds = sheet.lines, sheet.kinds
    i, n = 0, len(lines)
    while i < n:
        line = lines[i]
        if kinds[i] is None and line and ("   " in line or "\t" in line) and _HEADS.match(line):
            end = _end_of_columns(sheet, i)
            if end - i >= 3 and (_COLUMN_HEAD.match(line) or _takes_turns(lines[i:end])):
                sheet.mark(i, end, CHAIN)
            i = max(end, i + 1)
        else:
            i += 1


def _takes_turns(rows: list[str]) -> bool:
    """Whether the rows below the heads fill one column each, and not always the same."""
    head, *steps = (row.expandtabs(8) for row in rows if row.strip())
    second = re.search(r"\S {3,}(?=\S)", head.rstrip())
    if second is None or len(steps) < 3:
        return False
    margin = len(head) - len(head.lstrip())
    starts = [len(step) - len(step.lstrip()) for step in steps]
    single = sum(re.search(r"\S {3,}\S", step.rstrip()) is None for step in steps)
    left = sum(start < second.end() - 4 for start in starts)
    right = sum(start >= second.end() - 4 for start in starts)
    return single * 10 >= len(steps) * 7 and bool(right) and (bool(left) or margin > 0)


def _end_of_columns(sheet: Sheet, i: int) -> int:
    """The line after the last step below the heads of columns: prose at the left margin ends them."""
    lines, kinds = sheet.lines, sheet.kinds
    end = last = i + 1
    while end < len(lines) and kinds[end] is None:
        line = lines[end]
        if line.strip():
            margin = line[:1] not in " \t-="
            stepped = "   " in line.strip() or "\t" in line.strip()
            if margin and not stepped and (end > last or _PROSE.search(line)):
                break
            last = end + 1
        elif end - last >= _WIDEST_GAP:
            break
        end += 1
    return last
