"""Findings, ties and verdicts come out of the archive as they went in."""

from archive.discussions import save_discussion
from archive.findings import (
    Anchor,
    Argument,
    CallPath,
    Decision,
    Fate,
    Findings,
    HeldLock,
    Kind,
    Mutant,
    Outcome,
    Proposal,
    Result,
    Stance,
    Symptom,
    Target,
    Tie,
    TraceStep,
    Verdict,
)
from archive.findingstore import (
    load_findings,
    load_ties,
    load_verdicts,
    reading_state,
    save_findings,
    save_ties,
    save_verdicts,
)
from archive.mail import Discussion

ANCHOR = Anchor("a@example.org", 3, 9, "stalls")
FOUND = Findings(
    "d1",
    "reader 1",
    "digest",
    symptoms=(Symptom("s1", ANCHOR, "a rule"),),
    proposals=(
        Proposal("p2", "bit lock", Kind.PATCH, "Ada", (ANCHOR, ANCHOR), Outcome.SUPERSEDED),
        Proposal("p1", "mutex", Kind.DESIGN, "Bo", (ANCHOR,)),
    ),
    arguments=(
        Argument(
            "a1",
            "p1",
            Stance.AGAINST,
            "Cy",
            ANCHOR,
            0.75,
            True,
            (Target("p1", 0.7), Target("p2", 0.2)),
            "memory",
            "a2",
            Fate.CONCEDED,
        ),
        Argument("a2", None, Stance.FOR, "Di", ANCHOR, 0.2, False),
    ),
    call_paths=(CallPath("c1", ANCHOR, ("outer", "inner"), (HeldLock("i_mutex", "outer"), HeldLock("m"))),),
    decisions=(Decision("p1", ANCHOR, "applied"),),
)


def saved(database, found=FOUND):
    with database.writing() as connection:
        save_discussion(connection, Discussion("d1", "t", (), ()))
        save_findings(connection, found)


def test_findings_come_back_in_their_order(database):
    saved(database)
    with database.reading() as connection:
        assert load_findings(connection, "d1") == FOUND
        assert reading_state(connection, "d1") == ("reader 1", "digest")


def test_new_findings_take_the_place_of_the_old(database):
    saved(database)
    with database.writing() as connection:
        save_ties(connection, "d1", [Tie("p1", "unmap", "mutex", 0.9)])
        save_findings(connection, Findings("d1", "reader 2", "digest"))
    with database.reading() as connection:
        assert load_findings(connection, "d1") == Findings("d1", "reader 2", "digest")
        assert load_ties(connection, "d1") == ()


def test_a_discussion_that_was_not_read_has_no_findings(database):
    with database.reading() as connection:
        assert load_findings(connection, "d9") is None


def test_ties_come_back(database):
    saved(database)
    ties = (Tie("p1", "unmap", "mutex", 0.9, "read", ("p1", "c1"), "names unmap_mutex"),)
    with database.writing() as connection:
        save_ties(connection, "d1", ties)
    with database.reading() as connection:
        assert load_ties(connection, "d1") == ties


def test_verdicts_come_back_and_a_new_run_of_an_option_replaces_all_of_it(database):
    def verdict(name: str, result: Result) -> Verdict:
        trace = (TraceStep("A", 12, "spin_lock()", {"lock": "0 -> 1"}),)
        shape = ({"tasks": 2}, 100, 200, 9, 0.5, "statement", "weak", "sequentially consistent")
        return Verdict(
            "unmap", "bit", name, result, *shape, Mutant.FAILS, "why", trace, 0, ("note",), ("mutant",), "x"
        )

    first = [verdict("ends", Result.FAIL), verdict("unmapped", Result.PASS)]
    with database.writing() as connection:
        save_verdicts(connection, first)
    with database.reading() as connection:
        assert list(load_verdicts(connection, "unmap", "bit")) == first
    with database.writing() as connection:
        save_verdicts(connection, [verdict("unmapped", Result.INCONCLUSIVE)])
    with database.reading() as connection:
        (only,) = load_verdicts(connection, "unmap", "bit")
    assert only.result is Result.INCONCLUSIVE
