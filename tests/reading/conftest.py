"""Hand-made discussions for the reader's tests: invented people, invented mail."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest

from archive.mail import Address, Block, BlockKind, Discussion, Match, Message, QuoteSource

START = datetime(2021, 3, 1, 12, tzinfo=UTC)


def _kind(line: str) -> BlockKind:
    if line.startswith(">"):
        return BlockKind.QUOTE
    if line.startswith(("diff ", "+++", "---", "@@", "+", "-\t")):
        return BlockKind.DIFF
    return BlockKind.OWN


def _blocks(text: str, source: QuoteSource | None) -> tuple[Block, ...]:
    blocks: list[Block] = []
    at = 0
    for line in text.splitlines(keepends=True):
        kind = _kind(line)
        if blocks and (blocks[-1].kind is kind or not line.strip()):
            last = blocks.pop()
            blocks.append(Block(last.kind, last.start, at + len(line), last.depth, last.source))
        else:
            quote = kind is BlockKind.QUOTE
            blocks.append(Block(kind, at, at + len(line), int(quote), source if quote else None))
        at += len(line)
    return tuple(blocks)


class Thread:
    """Builds a discussion mail by mail."""

    def __init__(self) -> None:
        self.messages: list[Message] = []

    def mail(self, author: str, text: str, subject: str = "Re: something", answers: str | None = None) -> str:
        """Adds a mail and returns its id; its quote is resolved to the mail that it answers."""
        name = f"{len(self.messages)}@example.org"
        parent = next((m for m in self.messages if m.message_id == answers), None)
        source = None
        if parent is not None:
            quoted = " ".join(line.lstrip("> ") for line in text.splitlines() if line.startswith(">"))
            start = parent.text.find(quoted[:30])
            source = QuoteSource(
                Match.EXACT, str(parent.author), parent.message_id, max(start, 0), max(start, 0) + len(quoted)
            )
        address = Address(author, f"{author.split()[0].lower()}@example.org")
        when = START + timedelta(hours=len(self.messages))
        self.messages.append(
            Message(name, address, subject, when, text, blocks=_blocks(text, source), parent=answers)
        )
        return name

    def discussion(self) -> Discussion:
        """What was built so far."""
        roots = tuple(m.message_id for m in self.messages if m.parent is None)
        return Discussion("d0", "something", roots, tuple(self.messages))


@pytest.fixture
def thread() -> Thread:
    return Thread()


@pytest.fixture
def message_of() -> Callable[[str], Message]:
    """Makes one mail of a text."""

    def make(text: str) -> Message:
        builder = Thread()
        builder.mail("Ada Moss", text)
        return builder.messages[0]

    return make
