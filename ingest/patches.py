"""The change that a mail brings: its files, its lines, and the id by which git knows it again."""

import hashlib
import re
from collections.abc import Iterator
from functools import cached_property

# Generated patches of megabytes are known by their beginning.
_REACH = 1 << 19
_MOST_LINES = 20_000

_START = re.compile(r"^(?:diff --git |diff -\S|Index: |--- [^\s]{1,300}[^\n]{0,100}\n\+\+\+ )", re.M)
_FILE = re.compile(r"^(?:\+\+\+|---) (?:[ab]/)?([^\s]{1,300})", re.M)
_HUNK = re.compile(r"@@ -\d{1,9}(?:,(\d{1,9}))? \+\d{1,9}(?:,(\d{1,9}))?")
_COMMIT = re.compile(r"(?:commit |From )?[0-9a-f]{40}")
# Neither the names of files nor the line above a signature.
_CHANGED = re.compile(r"^[-+](?!-- |\+\+ |- ?$)[^\n]+", re.M)
_TELLING = 12
# `\\ No newline at end of file`, in whatever language, is longer.
_LONGEST_NOTE = 11
_BLANK = b" \t\r"


def fingerprint(text: str) -> int:
    """A number that texts with the same change share in one run, 0 without a change; quick to find."""
    start = _START.search(text)
    if start is None:
        return 0
    return hash("".join("".join(_CHANGED.findall(text, start.start(), start.start() + _REACH)).split()))


class Change:
    """The diff in a text, read when asked for."""

    def __init__(self, text: str) -> None:
        """Keep the text from where its diff begins."""
        start = _START.search(text)
        self.text = text[start.start() : start.start() + _REACH] if start else ""

    @cached_property
    def files(self) -> frozenset[str]:
        """The paths it touches, without `a/` and `b/`."""
        return frozenset(_FILE.findall(self.text)) - {"/dev/null"}

    @cached_property
    def lines(self) -> frozenset[str]:
        """The lines that it adds and takes away, white space folded; those that say little are left out."""
        found = set()
        for line in self.text.split("\n", _MOST_LINES)[:_MOST_LINES]:
            if line[:1] in ("+", "-") and not line.startswith(("+++ ", "--- ")):
                folded = " ".join(line.split())
                if len(folded) > _TELLING:
                    found.add(folded)
        return frozenset(found)

    @cached_property
    def patch_id(self) -> str | None:
        """What `git patch-id --stable` prints for it (SHA-1, git 2.39 or later), None without a diff.

        A diff without `diff --git` lines, of which git makes nothing, counts as if it had them.
        """
        lines = self.text.split("\n", _MOST_LINES)[:_MOST_LINES]
        while lines and lines[0].startswith(("Index: ", "======")):
            del lines[0]
        if not self.text:
            return None
        total = 0
        for section in _sections(lines):
            digest = hashlib.sha1(usedforsecurity=False)
            for line in section:
                digest.update(line.encode("utf-8", "surrogatepass").translate(None, _BLANK))
            # The order of the files doesn't matter, so that their digests are added up.
            total = (total + int.from_bytes(digest.digest(), "little")) % (1 << 160)
        return total.to_bytes(20, "little").hex()


def _sections(lines: list[str]) -> Iterator[list[str]]:
    """The lines of each file's diff that its id is made of: all but line numbers and blob ids.

    This follows git closely, also where it is odd: after a binary file the next `diff` line is left out.
    """
    section: list[str] = []
    blobs = ("", "")
    before = after = -1  # lines of the hunk still to come; -1 in the header of a file
    binary = False
    for number, line in enumerate(lines):
        if (line.startswith("\\ ") and len(line) > _LONGEST_NOTE) or line.startswith(("Index: ", "======")):
            continue
        if _COMMIT.match(line):
            break
        if before == -1:
            if line.startswith(("GIT binary patch", "Binary files")):
                binary, before = True, 0
                yield [*section, *blobs]
                section = []
                continue
            if line.startswith("index "):
                old, _, new = line[6:].partition("..")
                blobs = old, new.split(" ")[0]
                continue
            if line.startswith("--- "):
                if not section and not number:
                    section.append(_git_line(lines, number))
                before = after = 1
            elif not line[:1].isalpha():
                break
        if binary:
            if line.startswith("diff "):
                binary, before = False, -1
            continue
        if before == 0 and after == 0:
            if hunk := _HUNK.match(line):
                before, after = (int(length or 1) for length in hunk.groups())
                continue
            bare = line.startswith("--- ") and _git_line(lines, number)
            if not bare and not line.startswith("diff "):
                break
            yield section
            section = [bare] if bare else []
            before = after = 1 if bare else -1
        before -= line[:1] in ("-", " ")
        after -= line[:1] in ("+", " ")
        section.append(line)
    yield section


def _git_line(lines: list[str], number: int) -> str:
    """The `diff --git` line for a file that has only `---` and `+++`; empty where there are none."""
    following = lines[number + 1] if number + 1 < len(lines) else ""
    if not following.startswith("+++ "):
        return ""
    names = [line[4:].split("\t")[0].strip() for line in (lines[number], following)]
    bare = [name.partition("/")[2] or name for name in names if name != "/dev/null"] or [""]
    return f"diff --git a/{bare[0]} b/{bare[-1]}"
