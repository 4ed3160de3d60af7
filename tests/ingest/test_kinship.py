"""Threads under different subjects are one matter when several signs agree, and not when one is missing."""

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta

from archive.mail import Address, Message
from ingest.discussions import group
from ingest.threading import threads

START = datetime(2011, 1, 3, 10, tzinfo=UTC)
ADA, BO, CY = (
    Address("Adalbert Example", "ada@example.org"),
    Address("Bonifaz Sample", "bo@example.org"),
    Address("Cyprian Tester", "cy@example.org"),
)
LIST = Address("", "locks@example.org")


def mail(
    name: str,
    subject: str,
    author: Address,
    day: float,
    text: str = "",
    above: tuple[str, ...] = (),
    to: Iterable[Address] = (LIST,),
) -> Message:
    date = START + timedelta(days=day)
    return Message(name, author, subject, date, text, references=above, in_reply_to=above[-1:], to=tuple(to))


def roots(*mails: Message) -> list[tuple[str, ...]]:
    return [matter.roots for matter in group(mails, threads(mails))]


def diff(file: str, *lines: str) -> str:
    body = "".join(f"+\t{line}\n" for line in lines)
    return (
        f"---\ndiff --git a/{file} b/{file}\n--- a/{file}\n+++ b/{file}\n@@ -1,0 +1,{len(lines)} @@\n{body}"
    )


def report(name: str = "r", author: Address = BO, day: float = 0, code: str = "foo_range_lock()") -> Message:
    return mail(name, f"hang number {name} at night", author, day, f"It hangs in {code} when it rains.\n")


def answer(
    author: Address = ADA, day: float = 1, text: str = "I see.\n", above: str = "r", number: int = 0
) -> Message:
    return mail(
        f"{above}-a{number}", f"Re: hang number {above} at night", author, day, text, (above,), (BO, LIST)
    )


def fix(
    name: str = "p",
    day: float = 5,
    text: str = "Reported-by: Bonifaz Sample <bo@example.org>\n",
    subject: str = "[PATCH] foo: take foo_range_lock() once",
    author: Address = ADA,
    to: Iterable[Address] = (LIST,),
) -> Message:
    return mail(name, subject, author, day, f"It was taken twice.\n\n{text}" + diff("foo.c", "x"), (), to)


def test_a_patch_joins_the_report_of_the_one_whom_it_credits() -> None:
    assert roots(report(), answer(), fix()) == [("r", "p")]
    other_address = fix(text="Suggested-by: Sample, Bonifaz <bo@elsewhere.example.org>\n")
    assert roots(report(), answer(), other_address) == [("r", "p")]


def test_every_sign_is_needed_to_join_a_report() -> None:
    assert len(roots(report(), answer(), fix(text="Reported-by: Cyprian Tester <cy@example.org>\n"))) == 2
    assert len(roots(report(), answer(CY), fix())) == 2
    assert len(roots(report(code="bar_range_lock()"), answer(), fix())) == 2
    assert (
        len(roots(report(code="FOO_RANGE_LOCK"), answer(), fix(subject="[PATCH] foo: FOO_RANGE_LOCK"))) == 2
    )
    assert len(roots(report(), answer(), fix(day=80))) == 2
    assert len(roots(report(day=9), answer(day=10), fix(day=5))) == 2
    assert (
        len(
            roots(report(author=ADA), answer(), fix(text="Reported-by: Adalbert Example <ada@example.org>\n"))
        )
        == 2
    )


def test_a_reporter_whom_the_author_never_answered_needs_much_code_in_common() -> None:
    code = (
        "foo_range_lock() below foo_open() below foo_lookup_one() below foo_walk_all() below foo_sys_open()"
    )
    text = f"It goes {code}.\n\nReported-by: Bonifaz Sample <bo@example.org>\n"
    assert len(roots(report(code=code), fix(text=text))) == 1
    assert len(roots(report(), fix(text=text))) == 2


def test_of_two_reports_by_one_person_the_one_about_the_code_is_joined() -> None:
    other = report("s", code="bar_tree_walk() and foo_range_unlock()")
    mails = [report(), answer(), other, answer(above="s", number=1)]
    assert sorted(roots(*mails, fix())) == [("r", "p"), ("s",)]
    alike = report("t")
    undecided = [report(), answer(), alike, answer(above="t", number=1)]
    assert len(roots(*undecided, fix())) == 3


def test_a_long_series_is_not_the_answer_to_each_report_that_it_names() -> None:
    patches = [
        mail(
            f"p{n}",
            f"[PATCH {n}/9] foo: part {n} of foo_range_lock()",
            ADA,
            5,
            "Reported-by: Bonifaz Sample <bo@example.org>\n",
            ("p0",),
        )
        for n in range(1, 10)
    ]
    cover = mail("p0", "[PATCH 0/9] foo: clean up all of it", ADA, 5)
    assert len(roots(report(), answer(), cover, *patches)) == 2


def test_a_patch_joins_the_thread_in_which_it_was_promised() -> None:
    promise = answer(text="> Will you send one?\n\nI'll send a patch.\n")
    plain = fix(text="", to=(BO, LIST))
    assert roots(report(), promise, plain) == [("r", "p")]
    assert len(roots(report(), answer(text="> I'll send a patch.\n\nGood.\n"), plain)) == 2
    assert len(roots(report(), promise, fix(text="", to=(LIST,)))) == 2
    assert len(roots(report(), promise, fix(text="", to=(BO,), day=40))) == 2
    assert len(roots(report(), promise, fix(text="", to=(BO,), subject="[PATCH] foo: take it once"))) == 2
    assert len(roots(report(), promise, fix(text="", to=(BO,), author=CY))) == 2


def first_version(**more: object) -> list[Message]:
    one = fix("v1", 0, "Foo.\n", "[PATCH] foo: guard foo_range_lock() with a bit")
    review = mail("v1-a", "Re: [PATCH] foo: guard foo_range_lock() with a bit", BO, 1, "No.\n", ("v1",))
    return [one, review]


def second_version(
    subject: str = "[PATCH v2] foo: guard foo_range_lock() with a mutex",
    author: Address = ADA,
    day: float = 6,
    file: str = "foo.c",
    to: Iterable[Address] = (BO, LIST),
    text: str = "Both foo_range_lock() and foo_open() were to blame.\n",
) -> Message:
    return mail("v2", subject, author, day, text + diff(file, "mutex_lock(&foo->mutex);"), (), to)


def test_a_second_version_under_another_subject_joins_the_first() -> None:
    mails = first_version()
    mails[0] = fix("v1", 0, "See foo_open().\n", "[PATCH] foo: guard foo_range_lock() with a bit")
    assert roots(*mails, second_version()) == [("v1", "v2")]


def test_a_version_under_another_subject_needs_every_sign() -> None:
    mails = first_version()
    mails[0] = fix("v1", 0, "See foo_open().\n", "[PATCH] foo: guard foo_range_lock() with a bit")
    assert len(roots(*mails, second_version(author=CY))) == 2
    assert len(roots(*mails, second_version(file="bar.c"))) == 2
    assert len(roots(*mails, second_version(day=100))) == 2
    assert len(roots(*mails, second_version("[PATCH] foo: guard foo_range_lock() with a mutex"))) == 2
    assert (
        len(roots(*mails, second_version("[PATCH v2] foo: guard it with a mutex", text="All of it.\n"))) == 2
    )
    assert len(roots(*mails, second_version(to=(LIST,), text="All of it.\n"))) == 2


def test_a_version_whose_own_first_one_is_there_joins_that_alone() -> None:
    mails = first_version()
    mails[0] = fix("v1", 0, "See foo_open().\n", "[PATCH] foo: guard foo_range_lock() with a bit")
    own = mail("w1", "[PATCH] foo: guard foo_range_lock() with a mutex", ADA, 2, diff("foo.c", "lock(a);"))
    assert roots(*mails, own, second_version()) == [("v1",), ("w1", "v2")]


def test_a_patch_that_has_its_second_version_gets_no_other_one() -> None:
    mails = first_version()
    mails[0] = fix("v1", 0, "See foo_open().\n", "[PATCH] foo: guard foo_range_lock() with a bit")
    next_one = fix("n2", 3, "See foo_open().\n", "[PATCH v2] foo: guard foo_range_lock() with a bit")
    assert roots(*mails, next_one, second_version()) == [("v1", "n2"), ("v2",)]


CHANGE = diff("foo.c", "foo_check(bar, NULL);", "foo_range_lock(bar);")


def test_the_same_change_under_another_subject_joins() -> None:
    one = mail("1", "[PATCH] foo: check", ADA, 0, "Words.\n" + CHANGE)
    two = mail(
        "2", "[PATCH] locking: be careful", ADA, 20, "Other words.\n" + CHANGE.replace("-1,0 +1", "-9,0 +9")
    )
    assert roots(one, two) == [("1", "2")]
    stable = mail("2", "[PATCH 5.10] locking: be careful", ADA, 20, CHANGE)
    assert len(roots(one, stable)) == 2
    assert len(roots(one, mail("2", "[PATCH] locking: be careful", BO, 20, CHANGE))) == 2
    assert len(roots(one, mail("2", "[PATCH] locking: be careful", ADA, 300, CHANGE))) == 2
    changed = CHANGE.replace("foo_check", "foo_test")
    assert len(roots(one, mail("2", "[PATCH] locking: be careful", ADA, 20, changed))) == 2


def test_one_change_in_common_does_not_join_series() -> None:
    def series(name: str, day: float, where: str) -> list[Message]:
        cover = mail(f"{name}0", f"[PATCH 0/3] All about {where}", ADA, day)
        first = mail(f"{name}1", f"[PATCH 1/3] {where}: prepare", ADA, day, CHANGE, (f"{name}0",))
        rest = [
            mail(
                f"{name}{n}",
                f"[PATCH {n}/3] {where}: part {n}",
                ADA,
                day,
                diff(f"{where}.c", f"call_{where}({n});"),
                (f"{name}0",),
            )
            for n in (2, 3)
        ]
        return [cover, first, *rest]

    assert len(roots(*series("a", 0, "left"), *series("b", 9, "right"))) == 2


def test_a_title_given_as_that_of_an_earlier_version_joins() -> None:
    first = mail("1", "[PATCH] foo: walk the tree with a lock", ADA, 0)
    named = 'This was posted before, v1 was "[PATCH] foo: walk the tree with a lock".\n'
    assert len(roots(first, mail("2", "[PATCH] tree: another way", ADA, 9, named))) == 1
    assert len(roots(first, mail("2", "[PATCH] tree: another way", BO, 9, named))) == 2
    passing = 'It conflicts with "foo: walk the tree with a lock".\n'
    assert len(roots(first, mail("2", "[PATCH] tree: another way", ADA, 9, passing))) == 2
    commit = 'Since v2.6.30 commit 0123456789ab ("foo: walk the tree with a lock") it hangs.\n'
    assert len(roots(first, mail("2", "[PATCH] tree: another way", ADA, 9, commit))) == 2


def test_an_author_who_points_to_the_next_version_joins_it() -> None:
    first = mail("1", "[PATCH] foo: one way", ADA, 0, diff("foo.c", "x"))
    pointer = "v2 is at https://lore.kernel.org/r/2@example.org/\n"
    second = mail("2@example.org", "[PATCH v2] tree: another way", ADA, 9, diff("foo.c", "y"))
    told = mail("3", "Re: [PATCH] foo: one way", ADA, 10, pointer, ("1",))
    assert len(roots(first, second, told)) == 1
    assert len(roots(first, second, mail("3", "Re: [PATCH] foo: one way", BO, 10, pointer, ("1",)))) == 2
    assert len(roots(first, second, mail("3", "Re: x", ADA, 10, "> " + pointer, ("1",)))) == 2
    elsewhere = mail("2@example.org", "[PATCH v2] tree: another way", ADA, 9, diff("bar.c", "y"))
    assert len(roots(first, elsewhere, told)) == 2


def test_a_link_below_reported_by_names_the_report() -> None:
    text = "Reported-by: Bonifaz Sample <bo@example.org>\nLink: https://lore.kernel.org/r/r@example.org/\n"
    first = mail("r@example.org", "it hangs", BO, 0, "At night.\n")
    assert len(roots(first, mail("p", "[PATCH] foo: fix", ADA, 5, text))) == 1
    bare = "Link: https://lore.kernel.org/r/r@example.org/\n"
    assert len(roots(first, mail("p", "[PATCH] foo: fix", ADA, 5, bare))) == 2


def test_an_rfc_and_the_series_that_it_becomes_are_one_matter() -> None:
    rfc = mail("1", "[RFC PATCH 0/2] foo: a new way to walk the tree", ADA, 0)
    real = mail("2", "[PATCH 0/3] foo: a new way to walk the tree", ADA, 20)
    assert len(roots(rfc, real)) == 1
    assert len(roots(mail("1", "[PATCH 0/2] foo: a new way to walk the tree", ADA, 0), real)) == 2


def test_requests_to_merge_are_joined_with_nothing() -> None:
    pull = mail("1", "[GIT PULL] locks: fixes for the next kernel release", ADA, 0)
    late = mail(
        "2", "Re: [GIT PULL] locks: fixes for the next kernel release", BO, 30, "Pulled.\n", (), (ADA,)
    )
    assert len(roots(pull, late)) == 2
    talk = mail("1", "locks: fixes for the next kernel release", ADA, 0)
    reply = mail("2", "Re: locks: fixes for the next kernel release", BO, 30, "Fine.\n", (), (ADA,))
    assert len(roots(talk, reply)) == 1
