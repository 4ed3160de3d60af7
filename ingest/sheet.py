"""A body as its lines, with what is known of each: the working copy that the passes of `blocks` fill in."""

from archive.mail import BlockKind


class Sheet:
    """Lines of a text without their line feeds; `kinds[i]` is None as long as a line counts as own text."""

    __slots__ = ("depths", "kinds", "lines", "text")

    def __init__(self, text: str) -> None:
        self.text = text
        self.lines = text.split("\n")
        if self.lines[-1] == "" and len(self.lines) > 1:
            self.lines.pop()
        self.kinds: list[BlockKind | None] = [None] * len(self.lines)
        self.depths = [0] * len(self.lines)

    def __len__(self) -> int:
        return len(self.lines)

    def mark(self, start: int, end: int, kind: BlockKind) -> None:
        """Give the lines `start` up to `end` a kind."""
        self.kinds[start:end] = [kind] * (end - start)

    def mark_open(self, start: int, end: int, kind: BlockKind) -> None:
        """Give a kind to those lines of a range that have none yet."""
        kinds = self.kinds
        for i in range(start, end):
            if kinds[i] is None:
                kinds[i] = kind

    def is_blank(self, i: int) -> bool:
        """Whether a line holds nothing but white space (quote marks are something)."""
        line = self.lines[i]
        return not line or line.isspace()

    def next_full(self, i: int) -> int:
        """The first line at or after `i` that isn't blank; the number of lines when there is none."""
        n = len(self.lines)
        while i < n and self.is_blank(i):
            i += 1
        return i

    def previous_full(self, i: int) -> int:
        """The last line at or before `i` that isn't blank; -1 when there is none."""
        while i >= 0 and self.is_blank(i):
            i -= 1
        return i

    def settle_blanks(self) -> None:
        """Let blank lines that no pass claimed join the block before them, unless own text follows."""
        kinds, depths, lines = self.kinds, self.depths, self.lines
        n = len(lines)
        i = 0
        while i < n:
            if kinds[i] is not None or not self.is_blank(i):
                i += 1
                continue
            end = self.next_full(i)
            if i > 0 and end < n and kinds[end] is None:
                pass
            elif i > 0:
                self.kinds[i:end] = [kinds[i - 1]] * (end - i)
                self.depths[i:end] = [depths[i - 1]] * (end - i)
            elif end < n:
                self.kinds[i:end] = [kinds[end]] * (end - i)
                self.depths[i:end] = [depths[end]] * (end - i)
            i = max(end, i + 1)
