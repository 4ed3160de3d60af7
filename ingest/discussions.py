"""Which threads are one matter: versions of a patch, the report it answers, replies whose parent is missing.

A wrong join costs more than a missed one, for a person sees two discussions side by side sooner than one
that is two. So each rule asks for something that rarely happens by chance, and says what it found.
"""

from collections import defaultdict
from collections.abc import Callable, Hashable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations, pairwise
from typing import TypeVar

from archive.mail import Message
from ingest.evidence import Evidence, changelog, gather, long_lines, person
from ingest.subjects import names, read_subject
from ingest.threading import Partition

_DAY = 86400.0
# Versions of a patch follow one another within weeks; after half a year it is another attempt.
_NEAR = 183 * _DAY
# A reply without its parent follows the parent sooner.
_REPLY_NEAR = 60 * _DAY
# Mails of one unthreaded series leave within this time of one another.
_BURST = 2 * 3600.0
# Sent once more because nobody answered; what returns later under the same subject is a regular report.
_AGAIN = 10 * _DAY
# A name that so many threads share tells nothing.
_COMMON = 40
# A line that stands in more threads than this is boilerplate; so many lines in common are no chance.
_FEW = 6
_LINES = 3

Key = TypeVar("Key", bound=Hashable)


@dataclass(frozen=True, slots=True)
class Matter:
    """Threads that are one discussion: roots oldest first, and why each further one belongs to it."""

    roots: tuple[str, ...]
    title: str
    reasons: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Join:
    """Two threads that are one matter, and the reason."""

    one: str
    other: str
    reason: str


def group(messages: Iterable[Message], roots: Mapping[str, str]) -> list[Matter]:
    """The discussions among messages whose thread roots are known, oldest first.

    The order of the messages doesn't matter.
    """
    members: dict[str, list[Message]] = defaultdict(list)
    for message in messages:
        members[roots[message.message_id]].append(message)
    found = sorted((gather(root, mails) for root, mails in members.items()), key=lambda e: (e.start, e.root))
    sets = Partition()
    held = [join for join in joins(found) if sets.join(join.one, join.other)]
    reasons: dict[str, list[str]] = defaultdict(list)
    for join in held:
        reasons[sets.find(join.one)].append(join.reason)
    matters: dict[str, list[Evidence]] = defaultdict(list)
    for evidence in found:
        matters[sets.find(evidence.root)].append(evidence)
    return [
        Matter(tuple(e.root for e in parts), parts[0].first.words, tuple(reasons[name]))
        for name, parts in matters.items()
    ]


def joins(threads: Sequence[Evidence]) -> Iterator[Join]:
    """Every reason to take two threads as one matter, the surest kinds first; threads oldest first."""
    for rule in (
        _same_change,
        _same_bug,
        _named_mail,
        _same_patch,
        _same_series,
        _lost_replies,
        _sent_again,
        _named_report,
        _same_words,
    ):
        yield from rule(threads)


def _same_change(threads: Sequence[Evidence]) -> Iterator[Join]:
    for key, one, other in _neighbours(_by(threads, lambda e: e.changes)):
        yield Join(one.root, other.root, f"{_both(one, other)} have the change-id {key}")


def _same_bug(threads: Sequence[Evidence]) -> Iterator[Join]:
    for key, one, other in _neighbours(_by(threads, lambda e: e.bugs)):
        yield Join(one.root, other.root, f"{_both(one, other)} are about {key}")


def _named_mail(threads: Sequence[Evidence]) -> Iterator[Join]:
    """A patch that closes a report by its address, or names its own earlier version."""
    named = {name for e in threads for name in (*e.closes, *e.earlier)}
    homes = {m.message_id: (e, m) for e in threads for m in e.messages if m.message_id in named}
    for evidence in threads:
        for name in sorted(evidence.closes & homes.keys()):
            home, message = homes[name]
            if message is home.opening and home is not evidence:
                yield Join(evidence.root, home.root, f"{_shown(evidence)} closes the report {_shown(home)}")
        for name in sorted(evidence.earlier & homes.keys()):
            home, message = homes[name]
            if home is not evidence and person(message) in {p.author for p in evidence.patches}:
                reason = f"{_shown(evidence)} names {_shown(home)} by the same author as what came before it"
                yield Join(evidence.root, home.root, reason)


def _same_patch(threads: Sequence[Evidence]) -> Iterator[Join]:
    """Versions and re-sends: the same author sends a patch, or most of a series, with the same subject."""
    for key, one, other in _neighbours(_by(threads, lambda e: e.sent), _NEAR):
        if _is_version(key, one, other):
            reason = f"{key[1]} sent “{key[0]}” in both, {_days(_gap(one, other))}"
            yield Join(one.root, other.root, reason)


def _is_version(key: tuple[str, str, str], one: Evidence, other: Evidence) -> bool:
    first, second = one.sent[key], other.sent[key]
    shared = sum(1 for patch in one.sent.keys() & other.sent.keys() if not one.sent[patch].subject.cover)
    if first.subject.cover or second.subject.cover:
        # Covers repeat (`various fixes`), so that a version or a patch in common must bear them out.
        return shared > 0 or (first.subject.telling and first.subject.version != second.subject.version)
    fewer = min(one.single_patches, other.single_patches)
    if 2 * shared < fewer:
        return False
    if first.subject.telling:
        return True
    following = abs(first.subject.version[0] - second.subject.version[0]) == 1
    return following and _gap(one, other) <= _REPLY_NEAR


def _same_series(threads: Sequence[Evidence]) -> Iterator[Join]:
    """Patches of one series that were sent without a thread: one author, one total, one hour."""
    waiting: dict[tuple[str, tuple[int, int], int], list[Evidence]] = {}
    for evidence in threads:
        if len(evidence.patches) != 1 or evidence.first.reply or not evidence.first.total:
            continue
        number, key = (
            evidence.first.number,
            (evidence.patches[0].author, evidence.first.version, evidence.first.total),
        )
        burst = waiting.get(key, [])
        if burst and (evidence.start - burst[0].start > _BURST or number in {e.first.number for e in burst}):
            burst = []
        if burst:
            yield Join(
                burst[0].root,
                evidence.root,
                f"{_shown(evidence)} is {number}/{key[2]} of the series of {_shown(burst[0])}, sent with it",
            )
        waiting[key] = [*burst, evidence]


def _lost_replies(threads: Sequence[Evidence]) -> Iterator[Join]:
    """Replies whose parent isn't at hand, by their subject and the people on it."""
    for key, one, other in _neighbours(_by(threads, lambda e: e.keys), _REPLY_NEAR):
        if (one.beheaded or other.beheaded) and read_subject(key).telling and one.meets(other):
            reason = f"{_both(one, other)}: replies with the same subject among the same people, "
            yield Join(one.root, other.root, reason + _days(_gap(one, other)))


def _sent_again(threads: Sequence[Evidence]) -> Iterator[Join]:
    """A report or question that its author sent once more; what is sent regularly says something else."""
    plain = [e for e in threads if not e.first.patch and not e.first.reply and e.first.telling]
    for _, one, other in _neighbours(_by(plain, lambda e: ((e.first.key, person(e.opening)),)), _AGAIN):
        lines, others = long_lines(changelog(one.opening)), long_lines(changelog(other.opening))
        if 2 * len(lines & others) >= len(lines | others):
            yield Join(one.root, other.root, f"{_shown(other)} was sent again, {_days(_gap(one, other))}")


def _named_report(threads: Sequence[Evidence]) -> Iterator[Join]:
    """A patch whose changelog repeats the subject of an earlier report, with somebody from there on it."""
    reports: dict[str, list[Evidence]] = defaultdict(list)
    for evidence in threads:
        if not evidence.first.patch and evidence.first.telling and evidence.first.identifiers:
            reports[max(evidence.first.identifiers, key=len)].append(evidence)
    if not reports:
        return
    for evidence in threads:
        for patch in evidence.patches[:_COMMON]:
            text = " ".join(changelog(patch.message).casefold().split())
            for word in sorted(reports.keys() & names(text)):
                for report in reports[word]:
                    if report is evidence or report.first.key not in text:
                        continue
                    if not -_DAY <= patch.sent - report.start <= 2 * _NEAR:
                        continue
                    known = sorted(report.authors & evidence.authors)
                    if known:
                        reason = (
                            f"{_shown(evidence)} names the report {_shown(report)}; {known[0]} is in both"
                        )
                        yield Join(report.root, evidence.root, reason)


def _same_words(threads: Sequence[Evidence]) -> Iterator[Join]:
    """Answers to a mail that isn't at hand, whose words they quote, and the patch that has those words."""
    lines = _by(threads, lambda e: e.words)
    shared: dict[tuple[int, int], int] = defaultdict(int)
    rank = {e.root: number for number, e in enumerate(threads)}
    for homes in lines.values():
        if len(homes) <= _FEW:
            for one, other in combinations(homes, 2):
                shared[rank[one.root], rank[other.root]] += 1
    for (first, second), count in sorted(shared.items()):
        one, other = threads[first], threads[second]
        if not (one.beheaded or other.beheaded) or _gap(one, other) > _NEAR:
            continue
        words, others = set(one.first.key.split()), set(other.first.key.split())
        if count >= _LINES and 2 * len(words & others) >= len(words | others):
            yield Join(
                one.root, other.root, f"{_both(one, other)} have {count} lines of one changelog in common"
            )


def _both(one: Evidence, other: Evidence) -> str:
    return (
        f"{_shown(one)} and {_shown(other)}"
        if one.first.key != other.first.key
        else f"two threads {_shown(one)}"
    )


def _shown(evidence: Evidence) -> str:
    return f"“{evidence.first.words}”"


def _days(gap: float) -> str:
    days = round(gap / _DAY)
    return "on one day" if days < 1 else f"{days} day{'s' if days > 1 else ''} apart"


def _gap(one: Evidence, other: Evidence) -> float:
    """Seconds between the end of one thread and the start of the other, 0 where they overlap."""
    return max(other.start - one.end, one.start - other.end, 0.0)


def _by(threads: Iterable[Evidence], keys: Callable[[Evidence], Iterable[Key]]) -> dict[Key, list[Evidence]]:
    groups: dict[Key, list[Evidence]] = defaultdict(list)
    for evidence in threads:
        for key in keys(evidence):
            groups[key].append(evidence)
    return groups


def _neighbours(
    groups: Mapping[Key, Sequence[Evidence]], near: float = float("inf")
) -> Iterator[tuple[Key, Evidence, Evidence]]:
    """Threads under one key, each with the one before it, if they are near and the key is rare."""
    for key in sorted(groups, key=str):
        threads = groups[key]
        if len(threads) > _COMMON:
            continue
        for one, other in pairwise(threads):
            if _gap(one, other) <= near:
                yield key, one, other
