"""Stack traces: the frames that machines print, as call chains from the outermost to the innermost.

Kernel oopses and lockdep chains, syzbot's decoded lines, crash(8) and gdb backtraces, with or without time
stamps. Frames that the unwinder marks with `?` are left out, and so is what only prints the report.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from analysis.reading.lines import Line

DEEPEST = 12

_STAMP = re.compile(
    r"\s{0,40}(?:\d{5}\s|(?:<\d>)?\s{0,4}\[\s{0,8}\d{1,9}\.\d{1,9}\]"
    r"(?:\s{0,4}\[\s{0,6}[TC]?\d{1,9}\])?|"
    r"[A-Z][a-z]{2} [ \d]\d \d\d:\d\d:\d\d \S{1,60} kernel:)?\s{0,40}"
)
_NAME = r"(?P<name>[A-Za-z_][\w.]{1,90})"
_FRAMES = (
    # [<ffffffff8105>] ? name+0x1/0x2 [module] file.c:1 [inline]
    re.compile(
        rf"(?:\[<\w{{0,20}}>\]\s{{0,4}})?(?P<guess>\?\s{{1,4}})?{_NAME}\+(?:0x[0-9a-f]+|"
        rf"\d+)(?:/(?:0x[0-9a-f]+|\d+))?(?![\w+])"
    ),
    # name file.c:123 [inline]
    re.compile(
        rf"(?P<guess>\?\s)?{_NAME}\s{{1,4}}\(?[\w./+-]{{1,100}}\.[chS]:\d{{1,7}}(?: "
        rf"[\w./+-]{{1,100}}\.[chS]:\d{{1,7}}){{0,6}}\)?(?:\s\(discriminator "
        rf"\d+\))?(?:\s\[inline\])?\s{{0,4}}\Z"
    ),
    # #3 [ffff88] name at ffffffff81
    re.compile(rf"#\d{{1,3}}\s{{1,4}}\[\w{{1,20}}\]\s(?P<guess>\?\s)?{_NAME}(?:\+\d+)?\sat\s"),
    # #3  0xffff in name (args) at file.c:1
    re.compile(rf"#\d{{1,3}}\s{{1,4}}(?:0x[0-9a-f]{{1,20}}\sin\s)?(?P<guess>\?\s)?{_NAME}\s\("),
)
_POINTER = re.compile(
    r"(?:RIP|EIP|NIP|pc|PC is at|IP)\s{0,3}:?\s{0,3}(?:\w{4}:)?(?:\[<\w+>\]\s*\[<\w+>\]\s*|"
    r"\w{8,16}:)?([A-Za-z_]\w{1,90})(?:\+0x|\s\()"
)
# An address that no symbol covers, and addr2line's answer below the frame that it was asked about.
_NAMELESS = re.compile(r"(?:\[<\w{0,20}>\]\s{0,4})?\?\s{1,4}0x[0-9a-f]{4,20}\s*\Z")
_DECODED = re.compile(r"\s*(?:\(inlined by\)\s)?[A-Za-z_][\w.]{1,90} at [\w./+-]{1,100}\.[chS]:\d{1,7}\b")
_BETWEEN = re.compile(
    r"\s*(?:</?(?:TASK|IRQ|NMI|#\w+|EOI|EOE|SOFTIRQ|INTERRUPT)>.*|\(?inlined by\)?.*|Call Trace:.*|"
    r"Call trace:.*|stack backtrace:|Modules linked in:.*|Code: .*|R[A-Z0-9]{2}:.*|RSP:.*|EFLAGS.*|"
    r"[CDE][RSP]\w?\d?:.*|FS:.*|--- interrupt.*|Exception .*)\s*\Z"
)
_OPENS = re.compile(r"(?:Call Trace:|Call trace:|stack backtrace:|Backtrace:|-> #\d+ \(|\s*task:\S)")
_DUMPS = frozenset("dump_stack dump_stack_lvl show_stack __dump_stack".split())
_REPORTS = frozenset(
    "print_circular_bug print_deadlock_bug "
    "check_noncircular "
    "check_prev_add check_prevs_add validate_chain __lock_acquire lock_acquire print_usage_bug mark_lock "
    "print_address_description print_report kasan_report __kasan_report kasan_report.cold __warn "
    "report_bug "
    "handle_bug exc_invalid_op asm_exc_invalid_op invalid_op do_invalid_op lock_acquire.part.0 "
    "warn_slowpath_common warn_slowpath_null warn_slowpath_fmt do_error_trap do_trap fixup_bug "
    "print_irq_inversion_bug "
    "print_circular_bug.isra.0 print_bad_irq_dependency check_irq_usage print_unlock_imbalance_bug "
    "panic".split()
)


@dataclass(frozen=True, slots=True)
class Trace:
    """A stack trace that stands at `start:end` of a message; `names` outermost first."""

    start: int
    end: int
    names: tuple[str, ...]


def read_frame(text: str) -> tuple[str, bool] | None:
    """The function that a line names as a frame, and whether the unwinder only guesses it.

    None for other lines.
    """
    stamp = _STAMP.match(text)
    rest = text[stamp.end() :] if stamp else text
    if len(rest) > 300:
        return None
    for pattern in _FRAMES:
        found = pattern.match(rest)
        if found:
            return found.group("name"), found.group("guess") is not None
    return None


def bare_frame(name: str) -> str:
    """A function without the suffixes of compilers."""
    return re.split(r"\.(?:isra|constprop|part|cold|llvm)\b", name, maxsplit=1)[0]


def _reported(frames: Sequence[str]) -> bool:
    return next((f for f in frames if f not in _DUMPS), "") in _REPORTS


def _chain(frames: Sequence[str], pointer: str | None) -> tuple[str, ...]:
    inner = [bare_frame(f) for f in frames]
    # dump_stack() by itself was put there by someone and is the point; below a report it only prints.
    while inner and (inner[0] in _REPORTS or (inner[0] in _DUMPS and _reported(inner))):
        inner.pop(0)
    if pointer and (not inner or inner[0] != pointer):
        inner.insert(0, pointer)
    return tuple(reversed(inner[:DEEPEST]))


def _belongs(text: str) -> bool:
    """Whether a line without a frame of its own may stand inside a trace."""
    stamp = _STAMP.match(text)
    rest = text[stamp.end() :] if stamp else text
    return any(pattern.match(rest) for pattern in (_BETWEEN, _NAMELESS, _DECODED))


def find_traces(lines: Sequence[Line]) -> Iterator[Trace]:
    """The stack traces in some lines; each is anchored on its first lines as far as they hang together."""
    frames: list[str] = []
    pointer: str | None = None
    start = end = 0
    idle = 0
    for line in [*lines, None]:
        text = line.text if line else ""
        frame = read_frame(text) if line else None
        at_pointer = _POINTER.search(text) if line else None
        opens = line is None or bool(_OPENS.search(text)) or (line.broken and bool(frames))
        if frames and (opens or idle > 1):
            if len(frames) > 1:
                yield Trace(start, end, _chain(frames, pointer))
            frames, pointer, idle = [], None, 0
        if line is None:
            return
        if at_pointer:
            pointer = pointer or at_pointer.group(1)
            continue
        if frame is not None:
            name, guess = frame
            if not frames:
                start = line.start
            idle = 0
            if not guess:
                frames.append(name)
                end = line.end
        elif frames and not _belongs(text):
            idle += 2
        elif not frames and not text.strip():
            pointer = pointer if pointer and idle == 0 else None
