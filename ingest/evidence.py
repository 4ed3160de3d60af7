"""What the mails of one thread say about which matter it belongs to."""

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import cached_property

from archive.mail import Address, Message
from ingest.patches import Change, fingerprint
from ingest.subjects import Subject, read_subject

# Only so much of a mail is searched: covers and changelogs are short, logs and generated patches aren't.
_REACH = 1 << 16
_MOST_MENTIONS = 200
_MOST_LINES = 100
_MOST_PATCHES = 60
_MOST_TRAILERS = 40
_UNDATED = float("inf")

_CHANGE_ID = re.compile(r"^(?:change-id|Change-Id):[ \t]*([\w-]{8,120})[ \t]*$", re.M)
_SYZBOT = re.compile(r"syzbot\+(?!list)([0-9a-f]{12,40})@")
_SYZBOT_LINK = re.compile(r"syzkaller\.appspot\.com/bug\?(?:extid|id)=([0-9a-f]{12,40})")
_BUG_SUBJECT = re.compile(r"\[Bug (\d{3,8})\]", re.I)
_BUG_TRAILER = re.compile(
    r"^(?:Closes|Link|BugLink|Bugzilla|Bug"
    r"|Fixes):[ \t]*https?://bugzilla\.kernel\.org/show_bug\.cgi\?id=(\d{3,8})",
    re.M | re.I,
)
_CAUSE = re.compile(r"^(?:Fixes:[ \t]*[0-9a-f]{8,40}|Closes:[ \t]*\S{8,300})", re.M | re.I)
_REPORTER = re.compile(
    r"^[ \t]{0,8}(?:report|suggest|diagnos|debug|bisect"
    r"|request)ed(?:-and-[a-z-]{2,40})?-by:[ \t]*(\S[^\n]{2,200})$",
    re.M | re.I,
)
_MENTION = re.compile(r"(?:https?://[^\s<>]{1,200}/|<|mid:|id:)([^\s<>/\"()]{1,200}@[^\s<>/\"()]{2,200})")
_TITLE = re.compile(r"[\"“”]([^\"“”\n]{12,200})[\"“”]")
_COMMIT = re.compile(r"\bcommit\b|^fixes:|\b[0-9a-f]{10,40}\b", re.I)
_EARLIER = re.compile(
    r"\bv\d{1,3}\b|\brfc\b|\b(?:previous|prior|last|earlier|first|initial|original)\b.{0,40}"
    r"\b(?:version|posting|post|attempt|revision|series|submission|patch(?:set|es)?|rfc|discussion|thread)\b"
    r"|\bchange(?:s|log)\b.{0,20}\b(?:since|from|in|v\d)|\bresend",
    re.I,
)
# How people say that they will send a patch. Each begins with plain letters, which makes it quick to find.
_PROMISES = (
    re.compile(r"ll (?:try to )?(?:send|post|respin|cook up|prepare|submit)\b"),
    re.compile(r"atch(?:es)? (?:to follow|follows?|tomorrow|soon|coming|shortly)\b"),
)
_LATER = re.compile(
    r"\bv\d{1,3}\b|\b(?:next|new|newer|updated|latest) (?:version|series|patch)|\bre(?:sent|spun)\b", re.I
)
_LINE = re.compile(r"^ {0,4}(?:[-*] )?[\"'(]?(\w[^\n]{29,120})$", re.M)
_QUOTED_LINE = re.compile(r"^> {0,4}(?:[-*] )?[\"'(]?(\w[^\n]{29,120})$", re.M)
_DIFF = re.compile(r"^(?:diff --git |Index: |--- [^\s]{1,200}\n\+\+\+ )", re.M)
_WORD = re.compile(r"\b[A-Za-z_]\w{3,79}(?:\(\))?")
_PLACE = re.compile(r"\b[\w/-]{2,80}\.[chS]:\d{1,6}\b")


def code_names(text: str) -> frozenset[str]:
    """The names in a text that can only be code's: `one_two`, `call()`, `file.c:12`.

    Constants in capitals are left out, since every other mail has them.
    """
    found = {
        word.removesuffix("()").strip("_")
        for word in set(_WORD.findall(text, 0, _REACH))
        if ("_" in word[1:-1] or word[-1] == ")") and not word.isupper()
    }
    if ".c:" in text or ".h:" in text or ".S:" in text:
        found.update(_PLACE.findall(text, 0, _REACH))
    return frozenset(found)


class Patch:
    """A patch or cover letter as it was sent, not an answer to one; `sent` in seconds since the epoch."""

    def __init__(self, subject: Subject, author: Address, message: Message, sent: float) -> None:
        """Keep what is at hand; the rest is read when asked for."""
        self.subject = subject
        self.author = author
        self.message = message
        self.sent = sent

    @property
    def changelog(self) -> str:
        """What it says before its diff."""
        return changelog(self.message)

    @cached_property
    def change(self) -> Change:
        """Its diff."""
        return Change(self.message.text)

    @cached_property
    def names(self) -> frozenset[str]:
        """The names of code in its subject and changelog."""
        return self.titled | code_names(self.changelog)

    @cached_property
    def titled(self) -> frozenset[str]:
        """The names of code in its subject."""
        return code_names(self.subject.words)


@dataclass
class Evidence:
    """A thread as the joins see it; times are seconds since the epoch, infinite where no mail has a date.

    `first` is the subject of its `opening` message and `opener` who wrote that. `authors` tells who wrote
    each mail, `reporters` are whom its patches name as such. `sent` are the patches by subject, author and
    stable tree, `keys` the subjects that replies to it may carry. The others are names: of trackers' bugs, of
    b4's changes, of the reports that a patch closes, of the mails or `titles` that it calls an earlier
    version, of the mails that its author calls a later one. `words` are the long lines that a patch has
    before its diff, or that the answer to an unseen mail quotes.
    """

    root: str
    messages: list[Message]
    opening: Message
    first: Subject
    opener: Address
    start: float
    end: float
    authors: dict[str, Address] = field(default_factory=dict)
    reporters: set[Address] = field(default_factory=set)
    patches: list[Patch] = field(default_factory=list)
    sent: dict[tuple[str, Address, str], Patch] = field(default_factory=dict)
    keys: set[str] = field(default_factory=set)
    changes: set[str] = field(default_factory=set)
    bugs: set[str] = field(default_factory=set)
    closes: set[str] = field(default_factory=set)
    earlier: set[str] = field(default_factory=set)
    later: set[str] = field(default_factory=set)
    titles: set[str] = field(default_factory=set)
    words: set[str] = field(default_factory=set)

    @property
    def beheaded(self) -> bool:
        """Whether the mail that opened the thread isn't at hand."""
        return self.first.reply

    @property
    def offers(self) -> bool:
        """Whether it opens with a patch or a series."""
        return self.first.patch and not self.first.reply and not self.first.pull and bool(self.patches)

    @property
    def single_patches(self) -> int:
        """How many patches there are beside the cover letters."""
        return sum(1 for patch in self.sent.values() if not patch.subject.cover)

    @cached_property
    def names(self) -> frozenset[str]:
        """The names of code in all its mails."""
        return frozenset().union(*(code_names(m.text) | code_names(m.subject) for m in self.messages))

    @cached_property
    def promises(self) -> dict[Address, list[float]]:
        """Who said in own words that a patch will follow, and when."""
        found: dict[Address, list[float]] = {}
        for message in self.messages:
            if message.date and _promises(message.text):
                found.setdefault(self.authors[message.message_id], []).append(_time(message))
        return found

    @cached_property
    def offered_names(self) -> frozenset[str]:
        """The names of code in the subjects and changelogs of its patches."""
        return frozenset().union(*(patch.names for patch in self.patches[:_MOST_PATCHES]))

    @cached_property
    def titled_names(self) -> frozenset[str]:
        """The names of code in the subjects of its patches."""
        return frozenset().union(*(patch.titled for patch in self.patches[:_MOST_PATCHES]))

    @cached_property
    def files(self) -> frozenset[str]:
        """The files that its patches touch."""
        return frozenset().union(*(patch.change.files for patch in self.patches[:_MOST_PATCHES]))

    @property
    def fingerprints(self) -> set[tuple[Address, str, int]]:
        """By author and stable tree, what only patches with the same change have in common."""
        if not self.offers:
            return set()
        prints = ((p.author, p.subject.branch, fingerprint(p.message.text)) for p in self.patches)
        return {(author, branch, print_) for author, branch, print_ in prints if print_}

    @cached_property
    def patch_ids(self) -> frozenset[str]:
        """The ids that git gives its patches."""
        ids = (patch.change.patch_id for patch in self.patches[:_MOST_PATCHES])
        return frozenset(name for name in ids if name)

    @cached_property
    def changed_lines(self) -> frozenset[str]:
        """The lines that its patches add and take away."""
        return frozenset().union(*(patch.change.lines for patch in self.patches[:_MOST_PATCHES]))

    @cached_property
    def causes(self) -> frozenset[str]:
        """What its patches say they fix or close, as the trailers have it."""
        found = (_CAUSE.findall(patch.changelog) for patch in self.patches[:_MOST_PATCHES])
        return frozenset(" ".join(cause.casefold().split()) for causes in found for cause in causes)

    @cached_property
    def people(self) -> frozenset[str]:
        """The addresses of who wrote or was written to."""
        return frozenset(a.email.casefold() for m in self.messages for a in (m.author, *m.to, *m.cc))

    @cached_property
    def writers(self) -> frozenset[str]:
        """The addresses of who wrote."""
        return frozenset(m.author.email.casefold() for m in self.messages)

    def meets(self, other: "Evidence") -> bool:
        """Whether somebody who wrote in one thread is on the mails of the other."""
        return not (self.writers.isdisjoint(other.people) and other.writers.isdisjoint(self.people))

    def reaches_answerers_of(self, other: "Evidence") -> bool:
        """Whether its opening goes to at least half of those who answered in another thread, if any did."""
        there = {a.email.casefold() for a in (*self.opening.to, *self.opening.cc)}
        answered = {
            m.author.email.casefold() for m in other.messages if m.author.email != self.opening.author.email
        }
        return bool(answered) and 2 * len(answered & there) >= len(answered)


def gather(root: str, messages: Sequence[Message], who: Callable[[Address], Address]) -> Evidence:
    """The evidence of one thread's messages, in whatever order they come.

    `who` gives the one address that stands for a person.
    """
    ordered = sorted(messages, key=lambda m: (_time(m), m.message_id))
    opening = next((m for m in ordered if m.message_id == root), ordered[0])
    times = [time for time in map(_time, ordered) if time != _UNDATED] or [_UNDATED]
    first = read_subject(opening.subject)
    evidence = Evidence(root, ordered, opening, first, who(opening.author), min(times), max(times))
    for message in ordered:
        author = who(message.author)
        evidence.authors[message.message_id] = author
        subject = read_subject(message.subject)
        if subject.key:
            evidence.keys.add(subject.key)
        if subject.patch and not subject.reply and not subject.pull:
            _read_patch(Patch(subject, author, message, _time(message)), evidence, who)
        elif message is opening and subject.reply:
            evidence.words.update(_QUOTED_LINE.findall(message.text, 0, _REACH)[:_MOST_LINES])
        elif "://" in message.text and any(patch.author == author for patch in evidence.patches):
            evidence.later.update(_pointers(message.text[:_REACH]))
        evidence.bugs.update(f"bug {number}" for number in _BUG_SUBJECT.findall(message.subject))
        if "syzbot+" in message.author.email:
            evidence.bugs.update(f"syzbot {number}" for number in _SYZBOT.findall(message.author.email))
    return evidence


def _time(message: Message) -> float:
    return message.date.timestamp() if message.date else _UNDATED


def _promises(text: str) -> bool:
    found = (match for promise in _PROMISES for match in promise.finditer(text, 0, _REACH))
    return any(text[text.rfind("\n", 0, match.start()) + 1] != ">" for match in found)


def long_lines(text: str) -> set[str]:
    """The lines of a text that are long enough to be told from those of another."""
    return set(_LINE.findall(text)[:_MOST_LINES])


def changelog(message: Message) -> str:
    """What a message says before its diff."""
    diff = _DIFF.search(message.text, 0, _REACH)
    return message.text[: diff.start() if diff else _REACH]


def _read_patch(patch: Patch, evidence: Evidence, who: Callable[[Address], Address]) -> None:
    """A message that brings a patch, or opens a series."""
    subject, text = patch.subject, patch.changelog
    evidence.patches.append(patch)
    evidence.sent.setdefault((subject.key, patch.author, subject.branch), patch)
    evidence.changes.update(_CHANGE_ID.findall(text))
    evidence.words.update(long_lines(text))
    if "://" in text:
        evidence.bugs.update(f"bug {number}" for number in _BUG_TRAILER.findall(text))
        evidence.bugs.update(f"syzbot {number}" for number in _SYZBOT_LINK.findall(text))
    if "@" in text:
        evidence.bugs.update(f"syzbot {number}" for number in _SYZBOT.findall(text))
        evidence.reporters.update(map(who, _credited(text)))
    if "@" in text or '"' in text:
        _read_mentions(text, evidence)


def _credited(text: str) -> Iterator[Address]:
    """Whom trailers name as the reporter; their names may have commas without quotation marks."""
    if "ed-" in text:
        for value in _REPORTER.findall(text)[:_MOST_TRAILERS]:
            name, _, email = value.partition(">")[0].rpartition("<")
            if "@" in email:
                yield Address(name.strip(' "'), email.strip())


def _pointers(text: str) -> Iterator[str]:
    """Ids that an author gives as those of the next version, in own lines."""
    for line in text.split("\n"):
        if "://" in line and not line.startswith(">") and _LATER.search(_MENTION.sub(" ", line)):
            yield from (name.rstrip(".,;:") for name in _MENTION.findall(line))


def _read_mentions(text: str, evidence: Evidence) -> None:
    """Ids and titles of other mails that a patch names as the report it closes, or as its earlier version."""
    before = ""
    reported = False
    for line in text.split("\n"):
        found = _MENTION.findall(line) if "@" in line else []
        # An id may hold `v2` itself, so that only the words around it count, here and in the lines above.
        words = _MENTION.sub(" ", line) if found else line
        if len(evidence.closes) + len(evidence.earlier) + len(evidence.titles) > _MOST_MENTIONS:
            break
        if found:
            names = [name.rstrip(".,;:") for name in found]
            # Before there was `Closes:`, a link below `Reported-by:` had its meaning.
            if line[:7].casefold() == "closes:" or (reported and line.startswith("Link:")):
                evidence.closes.update(names)
            elif _EARLIER.search(words) or _EARLIER.search(before):
                evidence.earlier.update(names)
        if '"' in line and _EARLIER.search(_TITLE.sub(" ", line)) and not _COMMIT.search(line):
            evidence.titles.update(read_subject(title).key for title in _TITLE.findall(line))
        reported = line.startswith("Reported-")
        before = words
