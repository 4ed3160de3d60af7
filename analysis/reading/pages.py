"""A discussion laid out for reading: one page a message, with what its subject says and where it stands."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

from analysis.reading.paragraphs import Paragraph, split_paragraphs
from analysis.reading.sentences import Sentence, split_sentences
from archive.identity import fold
from archive.mail import BlockKind, Discussion, Message, Origin

_TAG = re.compile(r"\[([^\]\[]{1,80})\]\s{0,4}")
_REPLY = re.compile(r"(?:re|aw|fwd?|sv)\s{0,2}(?:\[\d{1,3}\])?:\s{0,4}", re.I)
_PATCH = re.compile(r"patch|rfc", re.I)
_VERSION = re.compile(r"\bv\s?(\d{1,3})\b|\bpatchv(\d{1,3})\b|\btake\s?(\d{1,2})\b", re.I)
_PART = re.compile(r"\b(\d{1,4})\s?/\s?(\d{1,4})\b")


@dataclass(frozen=True, slots=True)
class Subject:
    """A subject line taken apart; `part` and `parts` are 0 where it numbers nothing."""

    title: str
    reply: bool
    tagged: bool
    version: int
    part: int
    parts: int


def read_subject(subject: str) -> Subject:
    """What a subject line says: `Re: [PATCH v2 1/3] title`."""
    rest, reply, tags = fold(subject)[:400], False, ""
    while True:
        again = _REPLY.match(rest)
        tag = _TAG.match(rest)
        if again:
            reply, rest = True, rest[again.end() :]
        elif tag:
            tags, rest = f"{tags} {tag.group(1)}", rest[tag.end() :]
        else:
            break
    version = _VERSION.search(tags)
    part = _PART.search(tags)
    number = next((int(g) for g in version.groups() if g), 1) if version else 1
    a, b = (int(part.group(1)), int(part.group(2))) if part else (0, 0)
    return Subject(rest, reply, bool(_PATCH.search(tags)), number, a, b)


@dataclass(frozen=True)
class Page:
    """One message, its paragraphs and sentences, and its place in the discussion.

    `order` counts messages by date, `depth` replies from the root. `patch` says that the message itself
    posts a change: a diff of its author's, or a tagged subject that is no reply.
    """

    message: Message
    order: int
    depth: int
    subject: Subject
    patch: bool
    paragraphs: tuple[Paragraph, ...]
    sentences: tuple[Sentence, ...]

    @property
    def id(self) -> str:
        """The Message-ID."""
        return self.message.message_id

    @property
    def author(self) -> str:
        """The name in the From header, or the address."""
        return str(self.message.author)


@dataclass(frozen=True)
class Layout:
    """The pages of a discussion in order."""

    discussion: Discussion
    pages: tuple[Page, ...]

    @cached_property
    def by_id(self) -> Mapping[str, Page]:
        """The pages by Message-ID."""
        return {page.id: page for page in self.pages}

    def parent(self, page: Page) -> Page | None:
        """The page that this one replies to, if it is at hand."""
        return self.by_id.get(page.message.parent or "")

    @cached_property
    def people(self) -> frozenset[str]:
        """Every word of the participants' names, in lower case."""
        return frozenset(w for p in self.pages for w in re.findall(r"[^\W\d_]{3,}", p.author.casefold()))


def _speakers(discussion: Discussion) -> list[Message]:
    """The messages to read.

    Mail that survives only as a quote is read like any other where it is most of what there is (a single
    late mail read back); elsewhere it is context, since its own bytes may yet arrive.
    """
    archived = [m for m in discussion.messages if m.origin is Origin.ARCHIVED]
    if len(discussion.messages) > 2 * len(archived):
        return list(discussion.messages)
    return archived


def lay_out(discussion: Discussion) -> Layout:
    """The pages of a discussion, in its order."""
    depths: dict[str, int] = {}
    pages = []
    for order, message in enumerate(_speakers(discussion)):
        depth = depths.get(message.parent or "", -1) + 1
        depths[message.message_id] = depth
        subject = read_subject(message.subject)
        diff = any(b.kind is BlockKind.DIFF and b.depth == 0 for b in message.blocks)
        paragraphs = split_paragraphs(message)
        pages.append(
            Page(
                message,
                order,
                depth,
                subject,
                diff or (subject.tagged and not subject.reply),
                paragraphs,
                split_sentences(paragraphs),
            )
        )
    return Layout(discussion, tuple(pages))
