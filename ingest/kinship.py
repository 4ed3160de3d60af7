"""Signs that two threads are one matter only together: who reported, who answered, which code is named.

Each rule compares threads that are near in time and share people, asks that they name the same code, and
takes the one best candidate or none.
"""

from bisect import bisect_left, bisect_right
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

from archive.mail import Address
from ingest.evidence import Evidence, code_names, long_lines
from ingest.joins import DAY, Join, days, gap, shown

# A report is too old when its thread began, or fell silent, so long before the patch.
_REPORT_SPAN = 150 * DAY
_SILENT = 60 * DAY
# Who says that a patch will follow sends it soon.
_PROMISED = 21 * DAY
_VERSION_SPAN = 90 * DAY
# A series with more patches answers many reports.
_SMALL = 8
# A name that so many of the reports in question have is no sign.
_COMMON_NAME = 6
_COMMON_SHARE = 0.02
# Names in common that are a sign without one in a subject, and that stand in for the author's part in it.
_SOME = 3
_MANY = 5
# Signs that must agree before a patch under another subject counts as the next version.
_SIGNS = 3
# Of busy people only so many threads are looked at, the latest.
_MOST = 200


def _answered_report(threads: Sequence[Evidence]) -> Iterator[Join]:
    """A patch whose trailers name who reported it, and the thread that this person opened about it.

    The author had a part in that thread and both name the same code, or they name much of it.
    """
    reports = _by_people(
        (e for e in threads if not e.first.patch),
        lambda e: e.authors.values() if e.beheaded else (e.opener,),
    )
    asked = [
        (evidence, reporter, _before(reports.get(reporter, ()), evidence, _REPORT_SPAN))
        for evidence in threads
        if evidence.reporters and evidence.offers and evidence.single_patches <= _SMALL
        for reporter in sorted(evidence.reporters - {evidence.opener}, key=str)
    ]
    common = _common_names(report for _, _, found in asked for report in found)
    for evidence, reporter, found in asked:
        signs: dict[str, tuple[int, int]] = {}
        for report in found:
            shared = (evidence.offered_names & report.names) - common
            titled = shared & (evidence.titled_names | code_names(report.first.words))
            if evidence.opener in report.authors.values():
                agree = bool(titled) or len(shared) >= _SOME
            else:
                agree = bool(titled) and len(shared) >= _MANY
            if agree:
                signs[report.root] = len(titled), len(shared)
        if best := _only_best(signs, found):
            name = _telling(evidence, best, common)
            reason = f"{shown(evidence)} names {reporter} as the reporter, of {shown(best)}; both name {name}"
            yield Join(best.root, evidence.root, reason)


def _promised_patch(threads: Sequence[Evidence]) -> Iterator[Join]:
    """A patch that its author promised to those it is sent to, about code that they were speaking of."""
    asked = _by_people((e for e in threads if not e.first.patch), lambda e: e.promises)
    for evidence in threads:
        if evidence.opener not in asked or not evidence.offers or evidence.single_patches > _SMALL:
            continue
        found = [
            thread
            for thread in _before(asked[evidence.opener], evidence, _REPORT_SPAN)
            if thread.opener != evidence.opener
            and thread.opening.author.email.casefold() in evidence.people
            and any(0 <= evidence.start - time <= _PROMISED for time in thread.promises[evidence.opener])
        ]
        signs = {}
        for thread in found:
            if titled := evidence.titled_names & thread.names:
                signs[thread.root] = len(titled), len(evidence.offered_names & thread.names)
        if best := _only_best(signs, found):
            name = _telling(evidence, best, frozenset())
            reason = f"{evidence.opener} promised a patch in {shown(best)} and sent {shown(evidence)}"
            yield Join(best.root, evidence.root, f"{reason}; both name {name}")


def _renamed_version(threads: Sequence[Evidence]) -> Iterator[Join]:
    """A version under another subject: the author's own is missing before it, and an open one is like it."""
    sent = _by_people((e for e in threads if e.offers), lambda e: (e.opener,))
    for evidences in sent.values():
        ranks: dict[str, list[tuple[int, int, int]]] = defaultdict(list)
        for evidence in evidences:
            for (key, _, _), patch in evidence.sent.items():
                ranks[key].append(patch.subject.rank)
        for later in evidences:
            if not _lacks_forebear(later, ranks):
                continue
            found = _before(evidences, later, _VERSION_SPAN)
            signs: dict[str, tuple[int, int]] = {}
            reasons: dict[str, list[str]] = {}
            for earlier in found:
                if _is_open(earlier, later, ranks) and earlier.files & later.files:
                    reasons[earlier.root] = kin = list(_signs(earlier, later))
                    if len(kin) >= _SIGNS:
                        signs[earlier.root] = len(kin), len(earlier.offered_names & later.offered_names)
            if best := _only_best(signs, found):
                said = (
                    f"{shown(later)} follows {shown(best)}, {days(gap(best, later))}: same author and files, "
                )
                yield Join(best.root, later.root, said + ", ".join(reasons[best.root]))


def _lacks_forebear(later: Evidence, ranks: Mapping[str, Sequence[tuple[int, int, int]]]) -> bool:
    """Whether it is a second or further version, and no lower one of any of its patches is at hand."""
    return later.first.version[0] > 1 and not any(
        rank < patch.subject.rank for (key, _, _), patch in later.sent.items() for rank in ranks[key]
    )


def _is_open(earlier: Evidence, later: Evidence, ranks: Mapping[str, Sequence[tuple[int, int, int]]]) -> bool:
    """Whether it is a lower version for the same tree that has no further one under its own subject."""
    own = earlier.first
    return (
        own.version < later.first.version
        and own.branch == later.first.branch
        and own.key != later.first.key
        and not any(rank > own.rank for rank in ranks[own.key])
    )


def _signs(earlier: Evidence, later: Evidence) -> Iterator[str]:
    """What else two patches by one author to the same files have in common."""
    if titled := earlier.titled_names & later.titled_names:
        yield f"{min(titled)} in both subjects"
    shared = earlier.offered_names & later.offered_names
    if len(shared) >= 2 and shared & (earlier.titled_names | later.titled_names):
        yield f"{len(shared)} names of code in both"
    if earlier.reporters & later.reporters or earlier.causes & later.causes:
        yield "the same report"
    if later.reaches_answerers_of(earlier):
        yield "sent to those who answered"
    if len(earlier.changed_lines & later.changed_lines) >= 2:
        yield "the same lines changed"
    texts = [long_lines(" \n".join(p.changelog for p in e.patches[:_SMALL])) for e in (earlier, later)]
    if len(texts[0] & texts[1]) >= 2:
        yield "the same words before the diff"


def _by_people(
    threads: Iterable[Evidence], people: Callable[[Evidence], Iterable[Address]]
) -> dict[Address, list[Evidence]]:
    """Threads by those who wrote in them, oldest first."""
    found: dict[Address, list[Evidence]] = defaultdict(list)
    for evidence in threads:
        for person in people(evidence):
            found[person].append(evidence)
    return found


def _before(threads: Sequence[Evidence], evidence: Evidence, span: float) -> list[Evidence]:
    """Those that began within a time before a thread and weren't silent for long when it began."""
    first = bisect_left(threads, evidence.start - span, key=lambda e: e.start)
    last = bisect_right(threads, evidence.start, key=lambda e: e.start)
    return [
        other
        for other in threads[max(first, last - _MOST) : last]
        if other is not evidence and evidence.start - other.end <= _SILENT
    ]


def _common_names(reports: Iterable[Evidence]) -> frozenset[str]:
    """The names that so many of some reports have that they tell nothing."""
    distinct = {report.root: report for report in reports}
    counts = Counter(name for report in distinct.values() for name in report.names)
    most = max(_COMMON_NAME, _COMMON_SHARE * len(distinct))
    return frozenset(name for name, count in counts.items() if count > most)


def _only_best(signs: Mapping[str, tuple[int, int]], found: Sequence[Evidence]) -> Evidence | None:
    """The candidate with the best signs, None where two are equal."""
    ranked = sorted(signs.items(), key=lambda item: item[1], reverse=True)
    if not ranked or (len(ranked) > 1 and ranked[0][1] == ranked[1][1]):
        return None
    return next(e for e in found if e.root == ranked[0][0])


def _telling(one: Evidence, other: Evidence, common: frozenset[str]) -> str:
    """The name of code in common that says most: one in a subject, a long one."""
    shared = (one.offered_names & other.names) - common
    return max(shared, key=lambda name: (name in one.titled_names, len(name), name))


KINSHIP = (_answered_report, _promised_patch, _renamed_version)
"""The rules, to be asked after those of `ingest.joins`."""
