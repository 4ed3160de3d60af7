"""The messages of a discussion in the order in which they answer one another."""

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass

from archive.mail import Discussion, Message, Origin
from reports import dates
from reports.anchors import message_anchor
from reports.concordance import Concordance
from reports.text import is_web_address
from reports.views.bodies import Body, body_of

DEPTH_SHOWN = 8


@dataclass(frozen=True, slots=True)
class ParentRef:
    """The message that another one answers."""

    author: str
    href: str


@dataclass(frozen=True, slots=True)
class MessageView:
    """One message. `depth` is its indentation, at most `DEPTH_SHOWN`; `subject` is set where it changes."""

    anchor: str
    author: str
    moment: str
    iso: str
    subject: str | None
    depth: int
    parent: ParentRef | None
    survives_as_quote: bool
    lists: tuple[str, ...]
    message_id: str
    url: str | None
    body: Body


@dataclass(frozen=True, slots=True)
class ThreadView:
    """A first message and all that answers it."""

    anchor: str
    subject: str
    span: str
    messages: tuple[MessageView, ...]


def threads_of(concordance: Concordance) -> tuple[ThreadView, ...]:
    """The threads of a discussion, each in reading order: an answer stands below what it answers."""
    threads: list[list[tuple[Message, int]]] = []
    for message, depth in in_reading_order(concordance.record.discussion):
        if depth == 0:
            threads.append([])
        threads[-1].append((message, depth))
    return tuple(_thread(number, thread, concordance) for number, thread in enumerate(threads, 1))


def in_reading_order(discussion: Discussion) -> Iterator[tuple[Message, int]]:
    """Messages with their depth, parents before children; what a cycle of parents hides comes as a root."""
    known = {m.message_id for m in discussion.messages}
    answers: dict[str, list[Message]] = defaultdict(list)
    roots: list[Message] = []
    for message in discussion.messages:
        if message.parent in known and message.parent != message.message_id:
            answers[message.parent or ""].append(message)
        else:
            roots.append(message)
    seen: set[str] = set()
    for root in (*roots, *discussion.messages):
        waiting = [(root, 0)]
        while waiting:
            message, depth = waiting.pop()
            if message.message_id in seen:
                continue
            seen.add(message.message_id)
            yield message, depth
            waiting.extend((answer, depth + 1) for answer in reversed(answers[message.message_id]))


def _thread(number: int, thread: list[tuple[Message, int]], concordance: Concordance) -> ThreadView:
    root = thread[0][0]
    views = []
    subject = ""
    for message, depth in thread:
        changed = _bare(message.subject) != subject
        subject = _bare(message.subject)
        views.append(_message(message, depth, concordance, show_subject=changed and depth > 0))
    return ThreadView(
        anchor=f"thread-{number}",
        subject=root.subject.strip() or "(no subject)",
        span=dates.span(m.date for m, _ in thread),
        messages=tuple(views),
    )


def _message(message: Message, depth: int, concordance: Concordance, *, show_subject: bool) -> MessageView:
    parent = concordance.messages.get(message.parent) if message.parent is not None else None
    return MessageView(
        anchor=message_anchor(message.message_id),
        author=str(message.author) or "unknown",
        moment=dates.moment(message.date),
        iso=dates.iso(message.date),
        subject=message.subject if show_subject else None,
        depth=min(depth, DEPTH_SHOWN),
        parent=ParentRef(str(parent.author) or "unknown", "#" + message_anchor(parent.message_id))
        if parent is not None and parent is not message
        else None,
        survives_as_quote=message.origin is Origin.QUOTED,
        lists=message.lists,
        message_id=message.message_id,
        url=message.url if message.url and is_web_address(message.url) else None,
        body=body_of(message, concordance),
    )


def _bare(subject: str) -> str:
    """A subject without its `Re:`."""
    bare = subject.strip()
    while bare[:3].lower() == "re:":
        bare = bare[3:].lstrip()
    return bare.casefold()
