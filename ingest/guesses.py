"""Parents guessed for answers that name none: by the words they quote, else by subject and people.

Nothing here is used unless asked for; a guess is told from what a mail says by its `Guess`.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from archive.mail import Message
from ingest.quoting import measure
from ingest.subjects import Subject, read_subject

_DAY = 86400.0
# A quoted mail is rarely older, and one known by its subject alone is much younger.
_QUOTED_NEAR = 183 * _DAY
_TITLED_NEAR = 30 * _DAY
# Clocks are off by so much.
_SLACK = 3600.0
# A line is told from others from this length on, unless it stands in more mails than this.
_LONG = 20
_FEW = 6
_MOST_LINES = 2000


@dataclass(frozen=True, slots=True)
class Guess:
    """The message that another one seems to answer, and what speaks for it."""

    parent: str
    reason: str


def guess_parents(messages: Iterable[Message], parents: Mapping[str, str | None]) -> dict[str, Guess]:
    """A likely parent for each answer that has none, by its id; answers without a likely one are left out.

    `parents` is what `ingest.threading.link` gave for the messages. A parent is older than its answer, and no
    guess makes a cycle. The order of the messages makes no difference.
    """
    ordered = sorted(
        {m.message_id: m for m in messages if m.date is not None}.values(),
        key=lambda m: (_time(m), m.message_id),
    )
    orphans = [m for m in ordered if parents.get(m.message_id) is None]
    quoted = {m.message_id: set(_quoted_lines(m.text)) for m in orphans}
    own = _homes(ordered, set().union(*quoted.values()))
    titled: dict[str, list[Message]] = defaultdict(list)
    for message in ordered:
        titled[read_subject(message.subject).key].append(message)
    guesses: dict[str, Guess] = {}
    for orphan in orphans:
        subject = read_subject(orphan.subject)
        found = _by_quotes(orphan, subject, quoted[orphan.message_id], own)
        if found is None and subject.reply and not quoted[orphan.message_id]:
            found = _by_subject(orphan, subject, titled[subject.key])
        if found and not _leads_to(found.parent, orphan.message_id, parents, guesses):
            guesses[orphan.message_id] = found
    return guesses


def _by_quotes(
    orphan: Message, subject: Subject, lines: set[str], own: Mapping[str, list[Message]]
) -> Guess | None:
    """The mail that has most of the quoted lines as its own, the latest of equals."""
    counts: Counter[str] = Counter()
    homes: dict[str, Message] = {}
    for line in lines:
        for home in own.get(line, ()):
            if home is not orphan and -_SLACK <= _time(orphan) - _time(home) <= _QUOTED_NEAR:
                counts[home.message_id] += 1
                homes[home.message_id] = home
    if not counts:
        return None
    best = max(counts, key=lambda name: (counts[name], _time(homes[name]), name))
    same = read_subject(homes[best].subject).key == subject.key
    # One line may be a saying, two are hardly; most of what is quoted must come from there.
    if counts[best] < (1 if same else 2) or 2 * counts[best] < len(lines):
        return None
    also = ", under the same subject" if same else ""
    return Guess(best, f"quotes {counts[best]} of its lines{also}")


def _by_subject(orphan: Message, subject: Subject, candidates: Iterable[Message]) -> Guess | None:
    """The only mail with the same telling subject by somebody to whom the answer is sent.

    Of several it is the only one that is no answer itself, if there is such a one.
    """
    if not subject.telling:
        return None
    there = {a.email.casefold() for a in orphan.to}
    found = [
        m
        for m in candidates
        if m is not orphan
        and 0 < _time(orphan) - _time(m) <= _TITLED_NEAR
        and m.author.email.casefold() in there
        and m.author.email.casefold() != orphan.author.email.casefold()
    ]
    opening = [m for m in found if not read_subject(m.subject).reply]
    best = found if len(found) == 1 else opening
    if len(best) != 1:
        return None
    return Guess(best[0].message_id, "has its subject and is sent to its author")


def _homes(messages: Iterable[Message], wanted: set[str]) -> dict[str, list[Message]]:
    """The mails that have each of some lines as their own; lines of many mails are left out."""
    homes: dict[str, list[Message]] = defaultdict(list)
    for message in messages:
        for line in set(_own_lines(message.text)) & wanted:
            homes[line].append(message)
    return {line: found for line, found in homes.items() if len(found) <= _FEW}


def _quoted_lines(text: str) -> Iterator[str]:
    for line in text.split("\n", _MOST_LINES)[:_MOST_LINES]:
        depth, at = measure(line)
        if depth == 1 and len(words := " ".join(line[at:].split())) >= _LONG:
            yield words


def _own_lines(text: str) -> Iterator[str]:
    for line in text.split("\n", _MOST_LINES)[:_MOST_LINES]:
        if measure(line)[0] == 0 and len(words := " ".join(line.split())) >= _LONG:
            yield words


def _time(message: Message) -> float:
    return message.date.timestamp() if message.date else float("inf")


def _leads_to(
    name: str, target: str, parents: Mapping[str, str | None], guesses: Mapping[str, Guess]
) -> bool:
    seen: set[str] = set()
    at: str | None = name
    while at is not None and at not in seen:
        if at == target:
            return True
        seen.add(at)
        at = parents.get(at) or (guesses[at].parent if at in guesses else None)
    return False
