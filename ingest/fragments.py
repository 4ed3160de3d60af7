"""Fragments of a quoted mail: marks taken off, pieces from one or several mails put together in order."""

from collections.abc import Sequence
from difflib import SequenceMatcher

from ingest.ownlines import line_key, loose_key
from ingest.quoting import measure, strip_level

# A line with so many letters is not written twice by chance.
_TELLING = 24
# Comparing takes time in proportion to the product of the lengths; beyond this lines are only looked up.
_MOST_COMPARED = 4_000_000


def strip_block(text: str, depth: int) -> list[str]:
    """The lines of a quoted block with one level of marks taken away.

    A line with fewer marks than its depth is quoted without one (forwarded mail, or the rest of a line that
    a mailer broke) and stays as it is.
    """
    lines = text.split("\n")
    if lines and lines[-1] == "":
        lines.pop()
    return [strip_level(line) if measure(line)[0] >= depth else line for line in lines]


def join_run(lines: list[str], run: Sequence[str]) -> None:
    """Append a later run of quoted lines; a blank line parts them unless a sentence runs on."""
    if lines and run and lines[-1].strip() and run[0].strip() and not _runs_on(lines[-1], run[0]):
        lines.append("")
    lines.extend(run)


def _runs_on(above: str, below: str) -> bool:
    if measure(above)[0] or measure(below)[0]:
        return True
    return above.rstrip()[-1:] not in ".!?:;" and below[:1].islower()


def telling_lines(lines: Sequence[str]) -> set[str]:
    """The mail's own lines that are long enough to know it by."""
    return {key for line in lines if not measure(line)[0] and len(key := loose_key(line)) >= _TELLING}


def merge_lines(first: list[str], second: list[str]) -> list[str]:
    """Two fragments of one mail as one: common lines once, what only one has in its place among them."""
    if not first or first == second:
        return list(second)
    if len(first) * len(second) > _MOST_COMPARED:
        known = {line_key(line) for line in first}
        return [*first, *(line for line in second if line_key(line) not in known)]
    a, b = [line_key(x) for x in first], [line_key(x) for x in second]
    merged: list[str] = []
    for tag, i, j, k, m in SequenceMatcher(None, a, b, autojunk=False).get_opcodes():
        if tag == "equal":
            merged.extend(first[i:j])
            continue
        ours, theirs = first[i:j], second[k:m]
        if tag == "replace":
            ours, theirs = _without_pieces(ours, theirs)
        merged.extend(ours)
        if any(line.strip() for line in theirs):
            if ours and ours[-1].strip() and theirs[0].strip():
                merged.append("")
            merged.extend(theirs)
    return merged


def _without_pieces(ours: list[str], theirs: list[str]) -> tuple[list[str], list[str]]:
    """Two runs without the lines of either that are part of the other: trimmed or broken elsewhere."""
    all_ours, all_theirs = ("".join(map(loose_key, run)) for run in (ours, theirs))
    theirs = [line for line in theirs if not (key := loose_key(line)) or key not in all_ours]
    if any(line.strip() for line in theirs):
        ours = [line for line in ours if not (key := loose_key(line)) or key not in all_theirs]
    return ours, theirs
