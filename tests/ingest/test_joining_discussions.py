"""Threads that are one matter become one discussion, and those that only look like it don't."""

import os
import random
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from archive.mail import Address, Message
from ingest.discussions import Matter, group
from ingest.parsing import parse
from ingest.sources.opening import open_source
from ingest.subjects import read_subject
from ingest.threading import threads

START = datetime(2011, 1, 3, 10, tzinfo=UTC)
ADA, BO, CY = (
    Address("Ada Example", "ada@example.org"),
    Address("Bo Sample", "bo@example.org"),
    Address("Cy Tester", "cy@example.org"),
)
LIST = Address("", "locks@example.org")


def mail(
    name: str,
    subject: str,
    author: Address = ADA,
    day: float = 0,
    text: str = "",
    above: tuple[str, ...] = (),
    **more: object,
) -> Message:
    defaults: dict[str, object] = {"to": (LIST,), "references": above, "in_reply_to": above[-1:]}
    return Message(
        name,
        author,
        subject,
        START + timedelta(days=day),
        text,
        **{**defaults, **more},  # type: ignore[arg-type]
    )


def matters(*mails: Message) -> list[Matter]:
    return group(mails, threads(mails))


def roots(*mails: Message) -> list[tuple[str, ...]]:
    return [matter.roots for matter in matters(*mails)]


def test_versions_of_a_patch_are_one_matter_and_the_reason_is_told() -> None:
    found = matters(
        mail("1", "[PATCH] mm: lock the page in foo_range()"),
        mail("2", "[PATCH v2] mm: lock the page in foo_range()", day=9),
        mail("3", "[RESEND PATCH v2] mm: lock the page in foo_range()", day=30),
        mail("4", "[PATCH] mm: unlock the page in bar_range()", day=3),
    )
    assert [m.roots for m in found] == [("1", "2", "3"), ("4",)]
    assert found[0].title == "mm: lock the page in foo_range()"
    assert found[0].reasons == (
        "Ada Example sent “mm: lock the page in foo_range()” in both, 9 days apart",
        "Ada Example sent “mm: lock the page in foo_range()” in both, 21 days apart",
    )


def test_the_same_subject_by_another_author_or_a_year_later_is_another_matter() -> None:
    first = mail("1", "[PATCH] mm: lock the page in foo_range()")
    assert len(roots(first, mail("2", "[PATCH] mm: lock the page in foo_range()", BO, 9))) == 2
    assert len(roots(first, mail("2", "[PATCH v2] mm: lock the page in foo_range()", ADA, 400))) == 2


def test_short_subjects_are_versions_only_when_the_version_follows() -> None:
    first = mail("1", "[PATCH] xfs: fix leak")
    assert len(roots(first, mail("2", "[PATCH v2] xfs: fix leak", day=9))) == 1
    assert len(roots(first, mail("2", "[PATCH] xfs: fix leak", day=9))) == 2
    assert len(roots(first, mail("2", "[PATCH v4] xfs: fix leak", day=9))) == 2


def series(version: str, day: float, cover: str, *patches: str) -> list[Message]:
    total = len(patches)
    return [
        mail(f"{version}{day}-0", f"[PATCH{version} 0/{total}] {cover}", day=day),
        *(
            mail(
                f"{version}{day}-{n}",
                f"[PATCH{version} {n}/{total}] {words}",
                day=day,
                above=(f"{version}{day}-0",),
            )
            for n, words in enumerate(patches, 1)
        ),
    ]


def test_a_series_is_known_by_its_patches_when_its_cover_is_renamed() -> None:
    one = series("", 0, "A first idea", "mm: add foo_lock() for callers", "mm: use foo_lock() in bar")
    two = series(" v2", 9, "A better idea", "mm: add foo_lock() for callers", "mm: use foo_lock() in bar")
    assert len(roots(*one, *two)) == 1


def test_covers_that_repeat_do_not_join_series() -> None:
    one = series("", 0, "xfs: various fixes for the next cycle", "xfs: fix a leak in foo_alloc()")
    two = series("", 20, "xfs: various fixes for the next cycle", "xfs: check bar_free() twice for null")
    assert len(roots(*one, *two)) == 2


def test_one_patch_in_common_does_not_join_long_series() -> None:
    shared = "MAINTAINERS: add an entry for foo_lock"
    one = series("", 0, "One", shared, *(f"one: change number {n} of foo_{n}()" for n in range(6)))
    two = series("", 9, "Two", shared, *(f"two: change number {n} of bar_{n}()" for n in range(6)))
    assert len(roots(*one, *two)) == 2


def test_a_series_sent_without_a_thread_is_one_matter() -> None:
    sent = [mail(f"{n}", f"[PATCH {n}/3] mm: part {n} of the work", day=n / 10_000) for n in (1, 2, 3)]
    assert len(roots(*sent)) == 1
    other = [mail(f"o{n}", f"[PATCH {n}/3] mm: part {n} of other work", BO, n / 10_000) for n in (1, 2, 3)]
    later = [mail(f"l{n}", f"[PATCH {n}/3] mm: later part {n}", day=2 + n / 10_000) for n in (1, 2, 3)]
    assert len(roots(*sent, *other, *later)) == 3


def test_replies_whose_parent_is_missing_join_by_subject_and_people() -> None:
    report = mail("1", "task hangs in foo_range() on unmount", to=(LIST, BO))
    reply = mail("2", "Re: task hangs in foo_range() on unmount", BO, 5, to=(ADA, LIST))
    stranger = mail(
        "3", "Re: task hangs in foo_range() on unmount", Address("Di", "di@example.org"), 5, to=()
    )
    assert roots(report, reply) == [("1", "2")]
    assert len(roots(report, stranger)) == 2
    assert len(roots(report, mail("4", "Re: task hangs in foo_range() on unmount", BO, 90, to=(ADA,)))) == 2
    assert len(roots(mail("1", "question", to=(BO,)), mail("2", "Re: question", BO, 1, to=(ADA,)))) == 2


def test_a_patch_joins_the_report_that_its_changelog_names() -> None:
    report = mail("1", "kernel BUG at mm/foo.c:123!", BO)
    answer = mail("2", "Re: kernel BUG at mm/foo.c:123!", ADA, 1, above=("1",))
    patch = mail(
        "3", "[PATCH] mm: lock foo", ADA, 9, 'Parallel opens give\n"kernel BUG at mm/foo.c:123".\n---\n'
    )
    found = matters(report, answer, patch)
    assert [m.roots for m in found] == [("1", "3")]
    assert found[0].reasons == (
        "“mm: lock foo” names the report “kernel BUG at mm/foo.c:123!”; Ada Example is in both",
    )
    strange = mail("3", "[PATCH] mm: lock foo", CY, 9, 'Unlike\n"kernel BUG at mm/foo.c:123".\n')
    assert len(roots(report, answer, strange)) == 2
    only_in_diff = mail(
        "3", "[PATCH] mm: lock foo", ADA, 9, "diff --git a/x b/x\n kernel BUG at mm/foo.c:123\n"
    )
    assert len(roots(report, answer, only_in_diff)) == 2


def test_change_ids_bugs_and_closed_reports_join() -> None:
    change = "Words.\n---\nbase-commit: 1\nchange-id: 20240101-foo-lock-0123abcd\n"
    assert (
        len(
            roots(
                mail("1", "[PATCH 0/1] a", text=change), mail("2", "[PATCH v2 0/1] b", text=change, day=200)
            )
        )
        == 1
    )
    robot = Address("syzbot", "syzbot+0123456789abcdef0123@syzkaller.appspotmail.com")
    fix = "Words.\n\nReported-by: syzbot+0123456789abcdef0123@syzkaller.appspotmail.com\n"
    report = mail("1", "[syzbot] possible deadlock in foo", robot)
    assert len(roots(report, mail("2", "[PATCH] foo: order locks", text=fix, day=70))) == 1
    bug = "Words.\nLink: https://bugzilla.kernel.org/show_bug.cgi?id=12345\n"
    assert (
        len(roots(mail("1", "[Bug 12345] New: it hangs", BO), mail("2", "[PATCH] foo: fix", text=bug, day=7)))
        == 1
    )
    closes = "Words.\nCloses: https://lore.kernel.org/r/one@example.org/\n"
    assert (
        len(roots(mail("one@example.org", "it hangs", BO), mail("2", "[PATCH] x", text=closes, day=2))) == 1
    )


def test_a_mail_named_as_the_earlier_version_joins_and_one_named_in_passing_does_not() -> None:
    first = mail("v1@example.org", "[PATCH] a first attempt at it")
    changes = "Words.\n---\nChanges in v2:\n- Link to v1: https://lore.kernel.org/r/v1@example.org\n"
    passing = "This conflicts with [1].\n\n[1] https://lore.kernel.org/locks/v1@example.org/\n"
    assert len(roots(first, mail("2", "[PATCH v2] another name for it", text=changes, day=9))) == 1
    assert len(roots(first, mail("2", "[PATCH] something else", text=passing, day=9))) == 2
    assert len(roots(first, mail("2", "[PATCH v2] another name for it", BO, text=changes, day=9))) == 2


def test_answers_that_quote_the_same_unseen_patch_join() -> None:
    quoted = "".join(f"> This is line {n} of a changelog that nobody has any more.\n" for n in range(4))
    one = mail(
        "1", "Re: [PATCH 2/8] mm: remove the foo_mutex break", BO, text=quoted + "\nFine.\n", above=("a",)
    )
    two = mail(
        "2", "Re: [PATCH 14/20] mm: remove the foo_lock break", CY, 40, text=quoted + "\nNo.\n", above=("b",)
    )
    assert len(roots(one, two)) == 1
    other = mail("2", "Re: [PATCH] net: something quite else", CY, 40, text=quoted, above=("b",))
    assert len(roots(one, other)) == 2


def test_what_is_sent_regularly_is_not_one_matter() -> None:
    def minutes(name: str, day: float, what: str) -> Message:
        return mail(
            name,
            "Minutes of the weekly call about locks",
            day=day,
            text=f"We spoke at length about {what}.\n",
        )

    weekly = [minutes(f"{n}", 7 * n, f"matter number {n}") for n in range(5)]
    assert len(roots(*weekly)) == 5
    assert len(roots(weekly[0], minutes("again", 1, "matter number 0"))) == 1


def test_the_same_patch_for_two_stable_trees_is_two_matters() -> None:
    one = mail("1", "[PATCH 5.10 1/2] mm: lock the page in foo_range()")
    assert len(roots(one, mail("2", "[PATCH 5.4.y 1/2] mm: lock the page in foo_range()", day=1))) == 2
    assert len(roots(one, mail("2", "[PATCH 5.10.y v2 1/2] mm: lock the page in foo_range()", day=1))) == 1


def test_versions_from_several_addresses_of_one_person_are_one_matter() -> None:
    first = mail("1", "[PATCH] mm: lock the page in foo_range()", Address("Åke Sample", "ake@example.org"))
    second = mail(
        "2", "[PATCH v2] mm: lock the page in foo_range()", Address("Sample, Ake", "a@example.com"), 9
    )
    assert len(roots(first, second)) == 1


def test_the_order_of_the_mails_changes_nothing() -> None:
    mails = [
        *series("", 0, "One", "mm: add foo_lock() for callers"),
        *series(" v2", 9, "Two", "mm: add foo_lock() for callers"),
        mail("q", "Re: mm: something that was lost", BO, 3),
        mail("r", "Re: mm: something that was lost", ADA, 4, to=(BO,)),
    ]
    expected = matters(*mails)
    for seed in range(20):
        random.Random(seed).shuffle(mails)
        assert matters(*mails) == expected


@pytest.mark.parametrize(
    ("text", "words", "version", "place"),
    [
        ("Re: [PATCH v5.1 10/12] mm: foo", "mm: foo", (5, 1), (10, 12)),
        ("[PATCH 0/7 RFC v3] mm: foo", "mm: foo", (3, 0), (0, 7)),
        ("[patch V2 08/18] mm: foo", "mm: foo", (2, 0), (8, 18)),
        ("[PATCHv3 2/4] mm: foo", "mm: foo", (3, 0), (2, 4)),
        ("[External] Re: Re[2]: AW: [PATCH] mm: foo (was: bar)", "mm: foo", (1, 0), (None, None)),
        ("[RFC] mm: foo", "mm: foo", (1, 0), (None, None)),
        ("mm: foo", "mm: foo", None, (None, None)),
        ("[LSF/MM/BPF TOPIC] mm: foo", "mm: foo", None, (None, None)),
        ("Re: Fwd: v2 of mm: foo", "v2 of mm: foo", None, (None, None)),
        ("[PATCH]", "[PATCH]", None, (None, None)),
        ("[PATCH net-next v3 02/12] mm: foo", "mm: foo", (3, 0), (2, 12)),
        ("[PATCH][V2] mm: foo", "mm: foo", (2, 0), (None, None)),
        ("[PATCH v5.10 1/2] mm: foo", "mm: foo", (1, 0), (1, 2)),
        ("[PATCH v5.10.y v2] mm: foo", "mm: foo", (2, 0), (None, None)),
        ("[RESEND][RFC PATCH v2] mm: foo", "mm: foo", (2, 0), (None, None)),
        ("[GIT PULL] mm: foo", "mm: foo", None, (None, None)),
    ],
)
def test_subjects_are_taken_apart(
    text: str, words: str, version: tuple[int, int] | None, place: tuple[int | None, int | None]
) -> None:
    subject = read_subject(text)
    assert subject.words == words
    assert subject.patch == (version is not None)
    assert subject.version == (version or (1, 0))
    assert (subject.number, subject.total) == place


def test_tags_of_a_subject_are_told() -> None:
    assert read_subject("[RESEND][PATCH] x y").resend
    assert read_subject("[PATCH v2 REPOST] x y").resend
    assert not read_subject("[PATCH] x: resend y").resend
    assert read_subject("[PATCH v4.19.y] x y").branch == read_subject("[PATCH 4.19] x y").branch == "4.19"
    assert read_subject("[PATCH v5.1 10/12] x y").branch == ""
    ranks = [
        read_subject(f"[{tag}] x y").rank
        for tag in ("RFC PATCH", "PATCH", "RFC v2", "PATCH v2", "v2.1 PATCH")
    ]
    assert ranks == sorted(set(ranks))


EXAMPLES = sorted((Path(__file__).parents[2] / "examples").glob("*.mbox"))


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: path.stem)
def test_each_shipped_example_is_one_discussion(path: Path) -> None:
    mails = [message for raw in open_source(str(path)) if (message := parse(raw).message)]
    (found,) = matters(*mails)
    assert len(found.reasons) == len(found.roots) - 1 >= 2


SHARED = Path(os.environ.get("MOOT_SHARED", Path(__file__).parents[3] / "shared"))
POOL = sorted((SHARED / "threads").glob("*.mbox"))


@pytest.fixture(scope="module")
def pool() -> tuple[list[Message], dict[str, str]]:
    """All threads as one pool of mails, and the file that each is in."""
    if not POOL:
        pytest.skip("the folder of threads isn't there")
    found: dict[str, Message] = {}
    homes: dict[str, str] = {}
    for path in POOL:
        for raw in open_source(str(path)):
            message = parse(raw).message
            assert message is not None
            found.setdefault(message.message_id, message)
            homes.setdefault(message.message_id, path.stem)
    return list(found.values()), homes


def spanning(mails: Sequence[Message], homes: dict[str, str]) -> tuple[int, int]:
    """How many discussions span files, and how many files are one discussion."""
    of = threads(mails)
    files_of: dict[str, set[str]] = {}
    for message in mails:
        files_of.setdefault(of[message.message_id], set()).add(homes[message.message_id])
    wide = 0
    parts: dict[str, int] = {}
    for matter in group(mails, of):
        files = set().union(*(files_of[root] for root in matter.roots))
        wide += len(files) > 1
        for name in files:
            parts[name] = parts.get(name, 0) + 1
    return wide, sum(count == 1 for count in parts.values())


def test_no_discussion_spans_two_matters_and_each_is_whole(
    pool: tuple[list[Message], dict[str, str]],
) -> None:
    assert spanning(*pool) == (0, len(POOL))


def test_the_seed_thread_is_one_discussion_for_reasons_that_are_told(
    pool: tuple[list[Message], dict[str, str]],
) -> None:
    mails, homes = pool
    seed = [m for m in mails if homes[m.message_id] == "00-seed-thread"]
    (found,) = matters(*seed)
    assert len(seed) == 21
    assert len(found.roots) == 3
    assert len(found.reasons) == 2


def test_without_references_nothing_is_joined_wrongly(pool: tuple[list[Message], dict[str, str]]) -> None:
    mails, homes = pool
    wide, whole = spanning([replace(m, references=(), in_reply_to=()) for m in mails], homes)
    assert wide == 0
    assert whole >= 0.6 * len(POOL)


def test_half_of_the_mails_lost_joins_nothing_wrongly(pool: tuple[list[Message], dict[str, str]]) -> None:
    mails, homes = pool
    for seed in range(5):
        kept = [m for m in mails if random.Random(f"{seed} {m.message_id}").random() < 0.5]
        wide, whole = spanning(kept, homes)
        assert wide == 0
        assert whole >= 0.9 * len(POOL)
