"""The pass that marks what the kernel printed: oopses, stack traces, lockdep reports."""

import re

from archive.mail import BlockKind
from ingest.sheet import Sheet

TRACE = BlockKind.TRACE

_FRAME = re.compile(r"[+]0x[0-9a-f]+/0x[0-9a-f]+|\[<[0-9a-f]{8,16}>\]")
_STAMP = re.compile(
    r"\s{0,4}(?:<\d>)?\[ {0,6}\d{1,8}\.\d{3,9}\](?:\[ *[TC]\d+\])?"
    r"|[A-Z][a-z]{2} [ \d]\d \d\d:\d\d:\d\d \S{1,60} kernel: "
)
_PRINTED = (
    *("BUG: ", "INFO: ", "WARNING: ", "KASAN: ", "KCSAN: ", "KMSAN: ", "UBSAN: ", "Oops: ", "Kernel panic"),
    *("general protection fault", "Unable to handle kernel", "kernel BUG at ", "---[ end ", "Call Trace:"),
    *(
        "Call trace:",
        "Backtrace:",
        "stack backtrace:",
        "Modules linked in",
        "Hardware name: ",
        "RIP: ",
        "EIP: ",
    ),
    *("RSP: ", "RAX: ", "RBP: ", "RDX: ", "CR2: ", "FS:  ", "CS:  ", "Code: ", "Workqueue: ", "Tainted: "),
    *("Showing all locks", "Showing busy", "Mem-Info:", "*** DEADLOCK", "Chain exists of:", "Freed by task"),
    *(
        "Possible unsafe locking scenario",
        "possible unsafe locking scenario",
        "other info that might help us",
    ),
    *("the existing dependency chain", "but task is already holding", "is trying to acquire lock"),
    *(
        "which lock already depends",
        "Possible interrupt unsafe locking",
        "Allocated by task",
        "The buggy address",
    ),
    *("Memory state around", "Last potentially related work", "Second to last potentially"),
)
_HEAD = re.compile(
    rf"\s{{0,8}}(?:{'|'.join(map(re.escape, _PRINTED))}|-{{6,}}\[ cut here|R\d\d: |CPU: \d+ |PID: \d+ |"
    r"=>? ?\{[-+.?\w]{4,8}\}|-> #\d+ \(|\d+ locks? held by )"
)
_FRAME_LIST = re.compile(
    r"\s{0,12}(?:#\d{1,3}:? {1,4}\S|<(?:TASK|/TASK|IRQ|/IRQ|EOI|NMI|/NMI)>|lock\("
    r"|\w{1,80} \(?[\w/.-]{1,120}\.[chS]:\d{1,6}(?: \[inline\]|[ )]|\s*$)|[-+|` ]{0,40}\d{1,3}\.\d\d%)"
)
_GATES = (
    *("+0x", ">]", "all trace:", "all Trace:", "BUG: ", "INFO: ", "WARNING: ", "RIP: ", "-> #", "backtrace"),
    *("lock(", ".c:", "Mem-Info", "fs (", "FS (", "fs error (", "FS error ("),
)
# What lockdep puts behind the name of a task, and file systems before a message.
_CLAUSES = ("is trying to acquire lock:", "is already holding lock:", "depends on the new lock.")
_MESSAGE = re.compile(r"[A-Za-z][\w-]{1,20}(?: \w{1,12}){0,2} ?\([\w-]{1,30}(?: [\w-]{1,20})?\): \S")
# A search that begins with a character is many times faster than one that begins with a line.
_STAMP_ANYWHERE = re.compile(r"\[ {0,6}\d{1,8}\.\d{3,9}\]")
_STAMPED = re.compile(r"^\s{0,4}(?:<\d>)?\[ {0,6}\d{1,8}\.\d{3,9}\]", re.MULTILINE)
_SENTENCE = re.compile(r"(?:[A-Za-z',]{1,20}[ ,]){6}")

# Lines that a trace may have between two lines that are surely of it.
_WIDEST_GAP = 6


def mark_traces(sheet: Sheet) -> None:
    """Mark what the kernel printed: oopses, stack traces, lockdep reports, with or without time stamps."""
    text = sheet.text
    stamped = _STAMP_ANYWHERE.search(text) is not None and _STAMPED.search(text) is not None
    if not stamped and not any(gate in text for gate in _GATES):
        return
    lines, kinds = sheet.lines, sheet.kinds
    sure = [i for i, line in enumerate(lines) if kinds[i] is None and line and _is_printed(line)]
    at = 0
    while at < len(sure):
        run = [sure[at]]
        while at + 1 < len(sure) and _bridges(sheet, run[-1], sure[at + 1]):
            at += 1
            run.append(sure[at])
        at += 1
        if len(run) >= 2 or _STAMP.match(lines[run[0]]) or _FRAME.search(lines[run[0]]):
            sheet.mark(_reach_up(sheet, run[0]), _reach_down(sheet, run[-1]) + 1, TRACE)


def _is_printed(line: str) -> bool:
    if _STAMP.match(line) or _HEAD.match(line) or _FRAME_LIST.match(line):
        return True
    if line.endswith(_CLAUSES) or _MESSAGE.match(line):
        return True
    return _FRAME.search(line) is not None and _SENTENCE.search(line) is None


def _bridges(sheet: Sheet, a: int, b: int) -> bool:
    """Whether everything between two printed lines could have been printed too."""
    if b - a > _WIDEST_GAP + 1:
        return False
    return all(sheet.kinds[i] is None and not _is_prose(sheet.lines[i]) for i in range(a + 1, b))


def _is_prose(line: str) -> bool:
    return _SENTENCE.search(line) is not None and line[:1] not in " \t["


def _reach_up(sheet: Sheet, i: int) -> int:
    while (
        i > 0 and sheet.kinds[i - 1] is None and sheet.lines[i - 1] and not sheet.lines[i - 1].strip("=-* ")
    ):
        i -= 1
    return i


def _reach_down(sheet: Sheet, i: int) -> int:
    lines, kinds = sheet.lines, sheet.kinds
    while (
        i + 1 < len(lines)
        and kinds[i + 1] is None
        and lines[i + 1][:1] in (" ", "\t")
        and not _is_prose_line(lines[i + 1])
    ):
        i += 1
    return i


def _is_prose_line(line: str) -> bool:
    return not line.strip() or _SENTENCE.search(line) is not None
