"""Lines of a message that are its author's own, whatever they hold: prose, lists, machine output."""

from collections.abc import Iterator
from dataclasses import dataclass

from archive.mail import BlockKind, Message

_NOT_OWN = (BlockKind.QUOTE, BlockKind.ATTRIBUTION, BlockKind.SIGNATURE, BlockKind.DIFF, BlockKind.TRAILER)


@dataclass(frozen=True, slots=True)
class Line:
    """A line `text` at `start:end` of its message, without its end.

    `broken` says that something that is not the author's own stood above.
    """

    text: str
    start: int
    end: int
    broken: bool = False

    @property
    def indent(self) -> int:
        """Columns of white space in front, tabs to the next multiple of eight."""
        expanded = self.text.expandtabs(8)
        return len(expanded) - len(expanded.lstrip())


def own_lines(message: Message) -> tuple[Line, ...]:
    """The own lines of a message in order."""
    return tuple(_lines(message))


def _lines(message: Message) -> Iterator[Line]:
    last = 0
    for block in message.blocks:
        if block.kind in _NOT_OWN:
            continue
        broken = block.start != last
        at = block.start
        while at < block.end:
            stop = message.text.find("\n", at, block.end)
            stop = block.end if stop < 0 else stop
            yield Line(message.text[at:stop].rstrip(), at, stop, broken)
            broken = False
            at = stop + 1
        last = block.end
