"""Single signs that two threads are one matter, each rare enough to be no chance."""

from collections import defaultdict
from collections.abc import Callable, Hashable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations, pairwise
from typing import TypeVar

from archive.mail import Address
from ingest.evidence import Evidence, changelog, long_lines
from ingest.subjects import names, read_subject

DAY = 86400.0
# Versions of a patch follow one another within weeks; after half a year it is another attempt.
NEAR = 183 * DAY
# A reply without its parent follows the parent sooner.
REPLY_NEAR = 60 * DAY
# Mails of one unthreaded series leave within this time of one another.
_BURST = 2 * 3600.0
# Sent once more because nobody answered; what returns later under the same subject is a regular report.
_AGAIN = 10 * DAY
# A name that so many threads share tells nothing.
_COMMON = 40
# A line that stands in more threads than this is boilerplate; so many lines in common are no chance.
_FEW = 6
_LINES = 3

Key = TypeVar("Key", bound=Hashable)


@dataclass(frozen=True, slots=True)
class Join:
    """Two threads that are one matter, and the reason."""

    one: str
    other: str
    reason: str


def _same_change(threads: Sequence[Evidence]) -> Iterator[Join]:
    for key, one, other in neighbours(by(threads, lambda e: e.changes)):
        yield Join(one.root, other.root, f"{both(one, other)} have the change-id {key}")


def _same_bug(threads: Sequence[Evidence]) -> Iterator[Join]:
    for key, one, other in neighbours(by(threads, lambda e: e.bugs)):
        yield Join(one.root, other.root, f"{both(one, other)} are about {key}")


def _named_mail(threads: Sequence[Evidence]) -> Iterator[Join]:
    """A patch that closes a report by its address, or names its own earlier version."""
    named = {name for e in threads for name in (*e.closes, *e.earlier)}
    homes = {m.message_id: (e, m) for e in threads for m in e.messages if m.message_id in named}
    for evidence in threads:
        for name in sorted(evidence.closes & homes.keys()):
            home, message = homes[name]
            if message is home.opening and home is not evidence:
                yield Join(evidence.root, home.root, f"{shown(evidence)} closes the report {shown(home)}")
        for name in sorted(evidence.earlier & homes.keys()):
            home, message = homes[name]
            author = home.authors[message.message_id]
            if home is not evidence and any(patch.author == author for patch in evidence.patches):
                reason = f"{shown(evidence)} names {shown(home)} by the same author as what came before it"
                yield Join(evidence.root, home.root, reason)


def _named_successor(threads: Sequence[Evidence]) -> Iterator[Join]:
    """A patch whose author gives the address of its next version, in an answer."""
    named = {name for e in threads for name in e.later}
    homes = {e.opening.message_id: e for e in threads if e.offers and e.opening.message_id in named}
    for evidence in threads:
        for name in sorted(evidence.later & homes.keys()):
            home = homes[name]
            if home is evidence or home.start < evidence.start or home.first.rank <= evidence.first.rank:
                continue
            if home.opener in {patch.author for patch in evidence.patches} and home.files & evidence.files:
                reason = f"its author points from {shown(evidence)} to {shown(home)} as the next version"
                yield Join(evidence.root, home.root, reason)


def _named_title(threads: Sequence[Evidence]) -> Iterator[Join]:
    """A patch that gives the title of its earlier version, where the author sent one."""
    titles = {title for e in threads for title in e.titles}
    homes: dict[tuple[str, Address], list[Evidence]] = defaultdict(list)
    for evidence in threads:
        if evidence.offers and evidence.first.key in titles:
            homes[evidence.first.key, evidence.opener].append(evidence)
    for evidence in threads:
        for title in sorted(evidence.titles):
            for home in homes.get((title, evidence.opener), ()):
                if home is not evidence and home.start < evidence.start and gap(home, evidence) <= NEAR:
                    reason = f"{shown(evidence)} names {shown(home)} as what came before it"
                    yield Join(home.root, evidence.root, reason)


def _same_patch(threads: Sequence[Evidence]) -> Iterator[Join]:
    """Versions and re-sends: the same author sends a patch, or most of a series, with the same subject."""
    for key, one, other in neighbours(by(threads, lambda e: e.sent), NEAR):
        if _is_version(key, one, other):
            reason = f"{key[1]} sent “{key[0]}” in both, {days(gap(one, other))}"
            yield Join(one.root, other.root, reason)


def _is_version(key: tuple[str, Address, str], one: Evidence, other: Evidence) -> bool:
    first, second = one.sent[key], other.sent[key]
    shared = sum(1 for patch in one.sent.keys() & other.sent.keys() if not one.sent[patch].subject.cover)
    if first.subject.cover or second.subject.cover:
        # Covers repeat (`various fixes`), so that a version or a patch in common must bear them out.
        return shared > 0 or (first.subject.telling and first.subject.rank != second.subject.rank)
    fewer = min(one.single_patches, other.single_patches)
    if 2 * shared < fewer:
        return False
    if first.subject.telling:
        return True
    following = abs(first.subject.version[0] - second.subject.version[0]) == 1
    return following and gap(one, other) <= REPLY_NEAR


def _same_diff(threads: Sequence[Evidence]) -> Iterator[Join]:
    """The same change sent again by its author under another subject, alone or as most of a series."""
    alike = by(threads, lambda e: e.fingerprints)
    for (author, _, _), one, other in neighbours(alike, NEAR):
        ids, others = one.patch_ids, other.patch_ids
        shared = len(ids & others)
        if shared and 2 * shared >= min(len(ids), len(others)):
            yield Join(one.root, other.root, f"{author} sent the same change in {both(one, other)}")


def _same_series(threads: Sequence[Evidence]) -> Iterator[Join]:
    """Patches of one series that were sent without a thread: one author, one total, one hour."""
    waiting: dict[tuple[Address, tuple[int, int], int], list[Evidence]] = {}
    for evidence in threads:
        if len(evidence.patches) != 1 or evidence.first.reply or not evidence.first.total:
            continue
        number, key = (
            evidence.first.number,
            (evidence.opener, evidence.first.version, evidence.first.total),
        )
        burst = waiting.get(key, [])
        if burst and (evidence.start - burst[0].start > _BURST or number in {e.first.number for e in burst}):
            burst = []
        if burst:
            yield Join(
                burst[0].root,
                evidence.root,
                f"{shown(evidence)} is {number}/{key[2]} of the series of {shown(burst[0])}, sent with it",
            )
        waiting[key] = [*burst, evidence]


def _lost_replies(threads: Sequence[Evidence]) -> Iterator[Join]:
    """Replies whose parent isn't at hand, by their subject and the people on it."""
    for key, one, other in neighbours(by(threads, lambda e: e.keys), REPLY_NEAR):
        if (one.beheaded or other.beheaded) and read_subject(key).telling and one.meets(other):
            reason = f"{both(one, other)}: replies with the same subject among the same people, "
            yield Join(one.root, other.root, reason + days(gap(one, other)))


def _sent_again(threads: Sequence[Evidence]) -> Iterator[Join]:
    """A report or question that its author sent once more; what is sent regularly says something else."""
    plain = [e for e in threads if not e.first.patch and not e.first.reply and e.first.telling]
    for _, one, other in neighbours(by(plain, lambda e: ((e.first.key, e.opener),)), _AGAIN):
        lines, others = long_lines(changelog(one.opening)), long_lines(changelog(other.opening))
        if 2 * len(lines & others) >= len(lines | others):
            yield Join(one.root, other.root, f"{shown(other)} was sent again, {days(gap(one, other))}")


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
            text = " ".join(patch.changelog.casefold().split())
            for word in sorted(reports.keys() & names(text)):
                for report in reports[word]:
                    if report is evidence or report.first.key not in text:
                        continue
                    if not -DAY <= patch.sent - report.start <= 2 * NEAR:
                        continue
                    known = set(report.authors.values()) & set(evidence.authors.values())
                    if known:
                        somebody = min(map(str, known))
                        reason = f"{shown(evidence)} names the report {shown(report)}; {somebody} is in both"
                        yield Join(report.root, evidence.root, reason)


def _same_words(threads: Sequence[Evidence]) -> Iterator[Join]:
    """Answers to a mail that isn't at hand, whose words they quote, and the patch that has those words."""
    lines = by(threads, lambda e: e.words)
    shared: dict[tuple[int, int], int] = defaultdict(int)
    rank = {e.root: number for number, e in enumerate(threads)}
    for homes in lines.values():
        if len(homes) <= _FEW:
            for one, other in combinations(homes, 2):
                shared[rank[one.root], rank[other.root]] += 1
    for (first, second), count in sorted(shared.items()):
        one, other = threads[first], threads[second]
        if not (one.beheaded or other.beheaded) or gap(one, other) > NEAR:
            continue
        words, others = set(one.first.key.split()), set(other.first.key.split())
        if count >= _LINES and 2 * len(words & others) >= len(words | others):
            yield Join(
                one.root, other.root, f"{both(one, other)} have {count} lines of one changelog in common"
            )


def both(one: Evidence, other: Evidence) -> str:
    """Two threads as a reason names them."""
    return (
        f"{shown(one)} and {shown(other)}"
        if one.first.key != other.first.key
        else f"two threads {shown(one)}"
    )


def shown(evidence: Evidence) -> str:
    """A thread as a reason names it."""
    return f"“{evidence.first.words}”"


def days(seconds: float) -> str:
    """A time between two threads, in words."""
    number = round(seconds / DAY)
    return "on one day" if number < 1 else f"{number} day{'s' if number > 1 else ''} apart"


def gap(one: Evidence, other: Evidence) -> float:
    """Seconds between the end of one thread and the start of the other, 0 where they overlap."""
    return max(other.start - one.end, one.start - other.end, 0.0)


def by(threads: Iterable[Evidence], keys: Callable[[Evidence], Iterable[Key]]) -> dict[Key, list[Evidence]]:
    """The threads under each of their keys, in the order given."""
    groups: dict[Key, list[Evidence]] = defaultdict(list)
    for evidence in threads:
        for key in keys(evidence):
            groups[key].append(evidence)
    return groups


def neighbours(
    groups: Mapping[Key, Sequence[Evidence]], near: float = float("inf")
) -> Iterator[tuple[Key, Evidence, Evidence]]:
    """Threads under one key, each with the one before it, if they are near and the key is rare."""
    shared = [key for key, threads in groups.items() if 1 < len(threads) <= _COMMON]
    for key in sorted(shared, key=str):
        threads = groups[key]
        for one, other in pairwise(threads):
            if gap(one, other) <= near:
                yield key, one, other


RULES = (
    _same_change,
    _same_bug,
    _named_mail,
    _named_successor,
    _named_title,
    _same_patch,
    _same_diff,
    _same_series,
    _lost_replies,
    _sent_again,
    _named_report,
    _same_words,
)
"""The rules, the surest first; each takes the threads oldest first and gives its reasons to join some."""
