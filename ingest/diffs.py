"""The pass that marks patches, loose hunks and diffstats."""

import re

from archive.mail import BlockKind
from ingest.sheet import Sheet

DIFF = BlockKind.DIFF

_HUNK = re.compile(r"@@ -(\d+)(?:,(\d+))? \+(\d+)(?:,(\d+))? @@")
_DIFF_HEADERS = (
    "diff ",
    "index ",
    "--- ",
    "+++ ",
    "new file mode ",
    "deleted file mode ",
    "old mode ",
    "new mode ",
    "similarity index ",
    "dissimilarity index ",
    "rename from ",
    "rename to ",
    "copy from ",
    "copy to ",
    "Binary files ",
    "GIT binary patch",
    "Index: ",
    "=======",
    "Only in ",
    "\\ No newline",
)
_STAT_LINE = re.compile(r" {0,3}\S.{0,200}? +\| +(?:\d+(?: [-+]{0,200})?|Bin\b.{0,60})\s*$")
_STAT_SUM = re.compile(r" {0,3}\d+ files? changed\b")
_STAT_MODE = re.compile(r" {1,3}(?:create mode|delete mode|rename|mode change|copy|rewrite) \S")
# A changed line that someone shows without a patch around it: a sign, then code. `- ` begins list items.
_CHANGE = re.compile(r"[+-](?:\t| {3,40}|(?=[\w#{}*/&(]))")
_ANY_CHANGE = re.compile(rf"^{_CHANGE.pattern}", re.MULTILINE)
_CODE_LINE = re.compile(r"[;{}),\\]\s*$|\*/\s*$|^[+-]\s*(?:/\*|#\s?(?:define|include|if|endif))")
_SHORTLOG_NAME = re.compile(r"\S.{0,60} \(\d{1,3}\):\s*$")


def mark_diffs(sheet: Sheet) -> None:
    """Mark patches, loose hunks and diffstats at depth 0, each until it ends."""
    text = sheet.text
    if (
        "@@ " in text
        or "\ndiff " in text
        or "\n+++ " in text
        or "\nIndex: " in text
        or text.startswith("diff ")
    ):
        lines, kinds = sheet.lines, sheet.kinds
        i, n = 0, len(lines)
        while i < n:
            if kinds[i] is None and _starts_diff(lines, i):
                end = _end_of_diff(sheet, i)
                sheet.mark(i, end, DIFF)
                sheet.depths[i:end] = [0] * (end - i)
                i = end
            else:
                i += 1
    if " changed" in text:
        _mark_stats(sheet)
    if _ANY_CHANGE.search(text):
        _mark_loose_changes(sheet)


def _starts_diff(lines: list[str], i: int) -> bool:
    line = lines[i]
    match line[:1]:
        case "d":
            return line.startswith(("diff --git ", "diff -")) or (
                line.startswith("diff ") and _follows(lines, i, "--- ")
            )
        case "-":
            return line.startswith("--- ") and _follows(lines, i, "+++ ")
        case "+":
            return line.startswith("+++ ") and _follows(lines, i, "@@ ")
        case "@":
            return line.startswith("@@ ") and (_HUNK.match(line) is not None or _looks_changed(lines, i + 1))
        case "I":
            return line.startswith("Index: ") and (_follows(lines, i, "=====") or _follows(lines, i, "--- "))
    return False


def _follows(lines: list[str], i: int, start: str) -> bool:
    return i + 1 < len(lines) and lines[i + 1].startswith(start)


def _looks_changed(lines: list[str], i: int) -> bool:
    """Whether the next lines carry the marks of a hunk, one of them a change."""
    run = lines[i : i + 12]
    return any(line[:1] in ("+", "-") for line in run) and all(line[:1] in " +-\t\\" for line in run[:3])


def _end_of_diff(sheet: Sheet, i: int) -> int:
    lines, n = sheet.lines, len(sheet.lines)
    while i < n:
        line = lines[i]
        if line.startswith("@@"):
            i = _end_of_hunk(lines, i)
        elif line.startswith(_DIFF_HEADERS) and (not line.startswith("--- ") or _starts_diff(lines, i)):
            binary = line.startswith("GIT binary")
            i += 1
            if binary:
                while i < n and (
                    (lines[i][:1].isalpha() and " " not in lines[i].strip()[7:]) or not lines[i].strip()
                ):
                    i += 1
        elif not line.strip():
            after = sheet.next_full(i)
            if after - i > 3 or after >= n or not _starts_diff(lines, after):
                return i
            i = after
        else:
            return i
    return n


def _end_of_hunk(lines: list[str], i: int) -> int:
    """The line after a hunk: as many lines as its head counts, or as long as they look like one."""
    n = len(lines)
    head = _HUNK.match(lines[i])
    i += 1
    if head is None:
        while i < n and (lines[i][:1] in ("+", "-", " ", "\t", "\\")) and lines[i] not in ("-- ", "--"):
            i += 1
        return i
    old, new = int(head[2] or 1), int(head[4] or 1)
    while i < n and (old > 0 or new > 0):
        match lines[i][:1]:
            case "+":
                new -= 1
            case "-":
                if lines[i] == "-- " and old <= 0:
                    return i
                old -= 1
            case " " | "" | "\t":
                old, new = old - 1, new - 1
            case "\\":
                pass
            case ">":
                return i
            case _:
                # A line that a mailer broke; two in a row are prose.
                if i + 1 >= n or lines[i + 1][:1] not in ("+", "-", " ", "\t"):
                    return i
        i += 1
    while i < n and lines[i][:1] == "\\":
        i += 1
    return i


def _mark_stats(sheet: Sheet) -> None:
    lines, kinds = sheet.lines, sheet.kinds
    for i, line in enumerate(lines):
        if kinds[i] is not None or " changed" not in line or not _STAT_SUM.match(line):
            continue
        first = i
        while first > 0 and kinds[first - 1] is None and _is_stat(lines[first - 1]):
            first -= 1
        last = i + 1
        while last < len(lines) and _STAT_MODE.match(lines[last]):
            last += 1
        above = sheet.previous_full(first - 1)
        ruled = above >= 0 and lines[above].rstrip() == "---"
        first = above if ruled else _shortlog_start(sheet, first)
        sheet.mark(first, last, DIFF)
        after = sheet.next_full(last)
        if after < len(lines) and kinds[after] is DIFF:
            sheet.mark(last, after, DIFF)


def _is_stat(line: str) -> bool:
    return bool(_STAT_LINE.match(line)) or line.startswith(" ...") or bool(_STAT_MODE.match(line))


def _mark_loose_changes(sheet: Sheet) -> None:
    """Mark changed lines that stand in own text without the head of a hunk."""
    lines, kinds = sheet.lines, sheet.kinds
    i, n = 0, len(lines)
    while i < n:
        end = i
        while end < n and kinds[end] is None and lines[end][:1] in ("+", "-") and _is_change(lines[end]):
            end += 1
        run = lines[i:end]
        indented = any(line[1:2] == "\t" or line[1:4] == "   " for line in run)
        if run and (indented or any(line[0] == "+" for line in run)) and any(map(_CODE_LINE.search, run)):
            sheet.mark(i, end, DIFF)
        i = max(end, i + 1)


def _is_change(line: str) -> bool:
    return len(line) == 1 or _CHANGE.match(line) is not None


def _shortlog_start(sheet: Sheet, first: int) -> int:
    """Where the list of patches by author begins that git prints above the diffstat of a series."""
    lines, kinds = sheet.lines, sheet.kinds
    start = first
    i = sheet.previous_full(first - 1)
    while i >= 0 and kinds[i] is None:
        if _SHORTLOG_NAME.match(lines[i]):
            start = i
            i = sheet.previous_full(i - 1)
        elif lines[i].startswith("  ") and start - i < 200:
            i -= 1
            if i >= 0 and sheet.is_blank(i):
                break
        else:
            break
    return start
