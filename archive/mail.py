"""Records of mail: what a message is once its bytes were read.

All text offsets in the project count characters of `Message.text`, half-open.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum


class Origin(StrEnum):
    """Where a message comes from: its own bytes, or only the mails that quote it."""

    ARCHIVED = "archived"
    QUOTED = "quoted"


class BlockKind(StrEnum):
    """What a run of lines of a body is."""

    OWN = "own"
    QUOTE = "quote"
    ATTRIBUTION = "attribution"
    DIFF = "diff"
    TRACE = "trace"
    CHAIN = "chain"
    TRAILER = "trailer"
    SIGNATURE = "signature"


class Match(StrEnum):
    """How sure the source of a quote is, best first."""

    EXACT = "exact"
    EDITED = "edited"
    ATTRIBUTED = "attributed"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Address:
    """A person as a header names them; either part may be empty."""

    name: str = ""
    email: str = ""

    def __str__(self) -> str:
        """The display name where there is one, else the address."""
        return self.name or self.email


@dataclass(frozen=True, slots=True)
class QuoteSource:
    """What a quote repeats: whose words, and where they stand when an ancestor is at hand."""

    match: Match
    author: str = ""
    message_id: str | None = None
    start: int | None = None
    end: int | None = None


@dataclass(frozen=True, slots=True)
class Block:
    """A run of whole lines `text[start:end]` of one kind; blocks follow one another without gaps.

    `depth` is the quoting depth, 0 for what the author wrote. `source` is set on quotes only.
    """

    kind: BlockKind
    start: int
    end: int
    depth: int = 0
    source: QuoteSource | None = None


@dataclass(frozen=True, slots=True)
class Defect:
    """What was wrong with some input, and where. A defect never stops a run and never drops bytes."""

    source: str
    kind: str
    detail: str
    offset: int | None = None
    message_id: str | None = None


@dataclass(frozen=True, slots=True)
class Message:
    """One mail. Ids are bare (no `<>`); `date` is aware, or None where the header can't be read.

    `parent`, `thread` and `discussion` are derived from all the mail at hand and may change with more of it.
    """

    message_id: str
    author: Address
    subject: str
    date: datetime | None
    text: str
    origin: Origin = Origin.ARCHIVED
    in_reply_to: tuple[str, ...] = ()
    references: tuple[str, ...] = ()
    to: tuple[Address, ...] = ()
    cc: tuple[Address, ...] = ()
    lists: tuple[str, ...] = ()
    url: str | None = None
    blocks: tuple[Block, ...] = ()
    parent: str | None = None
    thread: str | None = None
    discussion: str | None = None

    def own_blocks(self) -> Iterator[Block]:
        """The blocks that the author wrote as prose: no quotes, diffs, traces, trailers or signatures."""
        return (b for b in self.blocks if b.kind is BlockKind.OWN)

    def text_of(self, block: Block) -> str:
        """The characters of a block."""
        return self.text[block.start : block.end]


@dataclass(frozen=True, slots=True)
class RawMail:
    """The bytes of one mail as a source holds them, without any separator line.

    `offset` is where it starts in the (decompressed) source, in bytes. `form` is `mail` for RFC 5322
    bytes and `page` for a mail that a web archive shows without its headers.
    """

    data: bytes = field(repr=False)
    source: str
    offset: int = 0
    form: str = "mail"


@dataclass(frozen=True, slots=True)
class ParsedMail:
    """What became of one raw mail: a message, or None where the bytes are only set aside, and the defects."""

    raw: RawMail
    message: Message | None
    defects: tuple[Defect, ...] = ()


@dataclass(frozen=True, slots=True)
class Discussion:
    """Everything that was said about one matter: patch versions, re-sends, follow-ups and cross-posts.

    `threads` holds root message ids, oldest first; `messages` are ordered by date, parents before children.
    """

    id: str
    title: str
    threads: tuple[str, ...]
    messages: tuple[Message, ...]

    def message(self, message_id: str) -> Message | None:
        """The message of that id, or None."""
        return next((m for m in self.messages if m.message_id == message_id), None)
