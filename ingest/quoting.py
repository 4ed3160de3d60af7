"""The grammar of quote marks: how deep a line is quoted, and where its words begin."""

import re

# `> >> ` is three levels; two blanks between marks end them, for then a `>` belongs to the words (a shell
# prompt, a diff of a diff). `>=` and `->` are operators. `>From ` is what mbox writers make of own text that
# begins with `From `, and so is `>>From `.
MARKS = re.compile(r"[ \t]?>(?!>?From )(?:[ \t]?>(?![=>]?From |=))*")

# Supercite and old mailers put the initials of the author before the mark: `DC> words`.
INITIALS = re.compile(r"[ \t]{0,2}[A-Z][A-Za-z]{1,3}>(?=[ \t>]|$)")


def measure(line: str) -> tuple[int, int]:
    """How deep a line is quoted, and the offset at which its words begin.

    The one blank that mailers put between the marks and the words counts as a mark. (0, 0) is own text.
    """
    marks = MARKS.match(line)
    if marks is None:
        return 0, 0
    end = marks.end()
    depth = line.count(">", 0, end)
    if line[end : end + 1] == " ":
        end += 1
    return depth, end


def strip_marks(line: str) -> str:
    """The words of a line without its quote marks."""
    return line[measure(line)[1] :]


def strip_level(line: str) -> str:
    """The line with its outermost quote mark taken away: what the quoted mail itself had there."""
    at = line.find(">", 0, 2)
    if at < 0:
        return line
    at += 1
    return line[at + 1 :] if line[at : at + 1] == " " else line[at:]
