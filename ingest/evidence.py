"""What the mails of one thread say about which matter it belongs to."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, field

from archive.mail import Message
from ingest.subjects import Subject, read_subject

# Only so much of a mail is searched: covers and changelogs are short, logs and generated patches aren't.
_REACH = 1 << 16
_MOST_MENTIONS = 200
_MOST_LINES = 100
_UNDATED = float("inf")

_CHANGE_ID = re.compile(r"^(?:change-id|Change-Id):[ \t]*([\w-]{8,120})[ \t]*$", re.M)
_SYZBOT = re.compile(r"syzbot\+(?!list)([0-9a-f]{12,40})@")
_SYZBOT_LINK = re.compile(r"syzkaller\.appspot\.com/bug\?(?:extid|id)=([0-9a-f]{12,40})")
_BUG_SUBJECT = re.compile(r"\[Bug (\d{3,8})\]", re.I)
_BUG_TRAILER = re.compile(
    r"^(?:Closes|Link|BugLink|Bugzilla|Bug|Fixes):[ \t]*https?://bugzilla\.kernel\.org/show_bug\.cgi\?id=(\d{3,8})",
    re.M | re.I,
)
_MENTION = re.compile(r"(?:https?://[^\s<>]{1,200}/|<|mid:|id:)([^\s<>/\"()]{1,200}@[^\s<>/\"()]{2,200})")
_EARLIER = re.compile(
    r"\bv\d{1,3}\b|\brfc\b|\b(?:previous|prior|last|earlier|first|initial|original)\b.{0,40}"
    r"\b(?:version|posting|post|attempt|revision|series|submission|patch(?:set|es)?|rfc|discussion|thread)\b"
    r"|\bchange(?:s|log)\b.{0,20}\b(?:since|from|in|v\d)|\bresend",
    re.I,
)
_LINE = re.compile(r"^ {0,4}(?:[-*] )?[\"'(]?(\w[^\n]{29,120})$", re.M)
_QUOTED_LINE = re.compile(r"^> {0,4}(?:[-*] )?[\"'(]?(\w[^\n]{29,120})$", re.M)
_DIFF = re.compile(r"^(?:diff --git |Index: |--- [^\s]{1,200}\n\+\+\+ )", re.M)


def person(message: Message) -> str:
    """Who wrote a message, the same for one person at several addresses where the name tells."""
    name = " ".join(message.author.name.casefold().replace('"', "").split())
    return name if " " in name else message.author.email.casefold()


@dataclass(slots=True)
class Patch:
    """A patch or cover letter as it was sent, not an answer to one; `sent` in seconds since the epoch."""

    subject: Subject
    author: str
    message: Message
    sent: float


@dataclass(slots=True)
class Evidence:
    """A thread as the joins see it; times are seconds since the epoch, infinite where no mail has a date.

    `first` is the subject of its `opening` message. `authors` are who wrote in it. `sent` are the patches by
    subject, author and stable tree, `keys` the subjects that replies to it may carry. The others are names:
    of trackers' bugs, of b4's changes, of the reports that a patch closes, of the mails that it calls an
    earlier version. `words` are the long lines that a patch has before its diff, or that the answer to an
    unseen mail quotes.
    """

    root: str
    messages: list[Message]
    opening: Message
    first: Subject
    start: float
    end: float
    authors: set[str] = field(default_factory=set)
    patches: list[Patch] = field(default_factory=list)
    sent: dict[tuple[str, str, str], Patch] = field(default_factory=dict)
    keys: set[str] = field(default_factory=set)
    changes: set[str] = field(default_factory=set)
    bugs: set[str] = field(default_factory=set)
    closes: set[str] = field(default_factory=set)
    earlier: set[str] = field(default_factory=set)
    words: set[str] = field(default_factory=set)

    @property
    def beheaded(self) -> bool:
        """Whether the mail that opened the thread isn't at hand."""
        return self.first.reply

    @property
    def single_patches(self) -> int:
        """How many patches there are beside the cover letters."""
        return sum(1 for patch in self.sent.values() if not patch.subject.cover)

    def meets(self, other: "Evidence") -> bool:
        """Whether somebody who wrote in one thread is on the mails of the other."""
        return not (
            self._writers().isdisjoint(other._people()) and other._writers().isdisjoint(self._people())
        )

    def _writers(self) -> set[str]:
        return {m.author.email.casefold() for m in self.messages}

    def _people(self) -> set[str]:
        return {a.email.casefold() for m in self.messages for a in (m.author, *m.to, *m.cc)}


def gather(root: str, messages: Sequence[Message]) -> Evidence:
    """The evidence of one thread's messages, in whatever order they come."""
    ordered = sorted(messages, key=lambda m: (_time(m), m.message_id))
    opening = next((m for m in ordered if m.message_id == root), ordered[0])
    times = [time for time in map(_time, ordered) if time != _UNDATED] or [_UNDATED]
    evidence = Evidence(root, ordered, opening, read_subject(opening.subject), min(times), max(times))
    for message in ordered:
        evidence.authors.add(person(message))
        subject = read_subject(message.subject)
        if subject.key:
            evidence.keys.add(subject.key)
        if subject.patch and not subject.reply:
            _read_patch(message, subject, evidence)
        elif message is opening and subject.reply:
            evidence.words.update(_QUOTED_LINE.findall(message.text, 0, _REACH)[:_MOST_LINES])
        evidence.bugs.update(f"bug {number}" for number in _BUG_SUBJECT.findall(message.subject))
        if "syzbot+" in message.author.email:
            evidence.bugs.update(f"syzbot {number}" for number in _SYZBOT.findall(message.author.email))
    return evidence


def _time(message: Message) -> float:
    return message.date.timestamp() if message.date else _UNDATED


def long_lines(text: str) -> set[str]:
    """The lines of a text that are long enough to be told from those of another."""
    return set(_LINE.findall(text)[:_MOST_LINES])


def changelog(message: Message) -> str:
    """What a message says before its diff."""
    diff = _DIFF.search(message.text, 0, _REACH)
    return message.text[: diff.start() if diff else _REACH]


def _read_patch(message: Message, subject: Subject, evidence: Evidence) -> None:
    """A message that brings a patch, or opens a series."""
    patch = Patch(subject, person(message), message, _time(message))
    evidence.patches.append(patch)
    evidence.sent.setdefault((subject.key, patch.author, subject.branch), patch)
    text = changelog(message)
    evidence.changes.update(_CHANGE_ID.findall(text))
    evidence.words.update(long_lines(text))
    if "://" in text:
        evidence.bugs.update(f"bug {number}" for number in _BUG_TRAILER.findall(text))
        evidence.bugs.update(f"syzbot {number}" for number in _SYZBOT_LINK.findall(text))
    if "@" in text:
        evidence.bugs.update(f"syzbot {number}" for number in _SYZBOT.findall(text))
        _read_mentions(text, evidence)


def _read_mentions(text: str, evidence: Evidence) -> None:
    """Ids of other mails that a patch names as the report it closes, or as its own earlier version."""
    before = ""
    for line in text.split("\n"):
        found = _MENTION.findall(line) if "@" in line else []
        # An id may hold `v2` itself, so that only the words around it count, here and in the lines above.
        words = _MENTION.sub(" ", line) if found else line
        if found and len(evidence.closes) + len(evidence.earlier) < _MOST_MENTIONS:
            names = [name.rstrip(".,;:") for name in found]
            if line.startswith(("Closes:", "closes:")):
                evidence.closes.update(names)
            elif _EARLIER.search(words) or _EARLIER.search(before):
                evidence.earlier.update(names)
        before = words
