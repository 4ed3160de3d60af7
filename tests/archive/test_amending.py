"""What a person says holds against stable ids, and says so when it no longer can."""

import pytest

from archive.amending import amend, amend_ties, load_amended
from archive.amendments import (
    Action,
    Amendment,
    AmendmentError,
    from_line,
    load_amendments,
    remove_amendment,
    save_amendment,
    to_line,
)
from archive.discussions import save_discussion
from archive.findings import (
    Anchor,
    Argument,
    Decision,
    Fate,
    Findings,
    Kind,
    Proposal,
    Reader,
    Stance,
    Symptom,
    Target,
    Tie,
)
from archive.findingstore import save_findings, save_ties
from archive.lookup import look_up
from archive.mail import Discussion


def at(start: int) -> Anchor:
    return Anchor("m@example.org", start, start + 5, f"words {start}")


def argument(name: str, proposal: str | None, **more: object) -> Argument:
    targets = (Target("p1", 0.6), Target("p2", 0.3))
    return Argument(name, proposal, Stance.AGAINST, "Cy", at(70), 0.3, False, targets, **more)  # type: ignore[arg-type]


FOUND = Findings(
    "d1",
    "1",
    "x",
    symptoms=(Symptom("s1", at(0)),),
    proposals=(
        Proposal("p1", "bit lock", Kind.PATCH, "Ada", (at(10), at(20))),
        Proposal("p2", "mutex", Kind.DESIGN, "Bo", (at(30),)),
    ),
    arguments=(argument("a1", "p1"), argument("a2", "p2", answers="a1", fate=Fate.ANSWERED)),
    decisions=(Decision("p1", at(90)),),
)


def changed(*made: Amendment) -> Findings:
    found, conflicts = amend(FOUND, made)
    assert conflicts == []
    return found


def test_nothing_said_changes_nothing():
    assert amend(FOUND, []) == (FOUND, [])


def test_a_confirmed_argument_is_shown_as_a_persons():
    sure = changed(Amendment(Action.CONFIRM, "a1")).arguments[0]
    assert (sure.shown, sure.confidence, sure.reader, sure.stance) == (
        True,
        1.0,
        Reader.PERSON,
        Stance.AGAINST,
    )


def test_confirming_may_turn_the_stance():
    assert changed(Amendment(Action.CONFIRM, "a1", stance="for")).arguments[0].stance is Stance.FOR


def test_a_retargeted_argument_speaks_of_the_other_proposal_first():
    moved = changed(Amendment(Action.RETARGET, "a1", "p2")).arguments[0]
    assert (moved.proposal, moved.shown) == ("p2", True)
    assert [t.proposal for t in moved.targets] == ["p2", "p1"]


def test_what_is_dismissed_is_gone_and_nothing_refers_to_it():
    found = changed(Amendment(Action.DISMISS, "p1"), Amendment(Action.DISMISS, "s1"))
    assert [p.id for p in found.proposals] == ["p2"]
    assert found.symptoms == found.decisions == ()
    assert found.arguments[0].proposal is None
    assert all(t.proposal != "p1" for a in found.arguments for t in a.targets)
    assert changed(Amendment(Action.DISMISS, "a1")).arguments[0].answers is None


def test_merged_proposals_are_one_with_the_mentions_and_arguments_of_both():
    found = changed(Amendment(Action.MERGE, "p1", "p2"))
    (one,) = found.proposals
    assert (one.id, one.mentions) == ("p2", (at(30), at(10), at(20)))
    assert {a.proposal for a in found.arguments} == {"p2"}
    assert [t.proposal for t in found.arguments[0].targets] == ["p2"]
    assert found.decisions[0].proposal == "p2"


def test_words_split_off_are_a_proposal_of_their_own():
    words = {"message_id": "m@example.org", "start": 20, "end": 25, "quote": "words 20"}
    found = changed(Amendment(Action.SPLIT, "p1", title="another", **words))
    assert [p.mentions for p in found.proposals] == [(at(10),), (at(30),), (at(20),)]
    assert found.proposals[-1].title == "another"


def test_arguments_and_proposals_can_be_added():
    words = {"message_id": "m@example.org", "start": 50, "end": 55, "quote": "words 50"}
    found = changed(
        Amendment(Action.PROPOSE, author="Di", title="a spinlock", **words),
        Amendment(Action.ARGUE, object="p1", author="Di", stance="against", **words),
    )
    assert (found.proposals[-1].title, found.proposals[-1].author) == ("a spinlock", "Di")
    assert (found.arguments[-1].proposal, found.arguments[-1].fate) == ("p1", Fate.UNANSWERED)
    assert found.arguments[-1].shown


@pytest.mark.parametrize(
    "made",
    [
        Amendment(Action.DISMISS, "a9"),
        Amendment(Action.CONFIRM, "a9"),
        Amendment(Action.RETARGET, "a1", "p9"),
        Amendment(Action.MERGE, "p1", "p1"),
        Amendment(Action.MERGE, "p9", "p1"),
        Amendment(Action.SPLIT, "p2", message_id="m@example.org", start=30, end=35, quote="words 30"),
        Amendment(Action.ARGUE, object="p9", stance="for"),
        Amendment(Action.TIE, "p9", "unmap/bit"),
    ],
)
def test_an_amendment_whose_finding_is_gone_is_a_conflict_and_changes_nothing(made):
    found, (conflict,) = amend(FOUND, [made])
    assert found == FOUND
    assert conflict.amendment == made
    assert conflict.reason


def test_ties_are_made_unmade_and_follow_a_merge():
    ties = (Tie("p1", "unmap", "bit", 0.5), Tie("p1", "other", "x", 0.5), Tie("p2", "unmap", "mutex", 0.5))
    made = amend_ties(ties, [Amendment(Action.TIE, "p1", "unmap/mutex")])
    assert {(t.proposal, t.scenario, t.option, t.origin) for t in made} == {
        ("p1", "unmap", "mutex", "amended"),
        ("p1", "other", "x", "read"),
        ("p2", "unmap", "mutex", "read"),
    }
    assert amend_ties(ties, [Amendment(Action.UNTIE, "p1", "unmap/bit")]) == ties[1:]
    assert {t.proposal for t in amend_ties(ties, [Amendment(Action.MERGE, "p1", "p2")])} == {"p2"}
    assert amend_ties(ties, [Amendment(Action.DISMISS, "p1")]) == ties[2:]


def test_amendments_are_lines_of_text_that_can_live_in_git():
    made = Amendment(Action.RETARGET, "a1", "p2", quote="naïve\nwords")
    line = to_line(made)
    assert "\n" not in line
    assert from_line(line) == made


@pytest.mark.parametrize("line", ["", "[]", "{}", '{"action":"explode"}', '{"action":"merge","x":1}', "null"])
def test_a_line_that_is_no_amendment_is_refused(line):
    with pytest.raises(AmendmentError):
        from_line(line)


def test_amendments_survive_a_new_reading(database):
    with database.writing() as connection:
        save_discussion(connection, Discussion("d1", "t", (), ()))
        save_findings(connection, FOUND)
        save_ties(connection, "d1", [Tie("p1", "unmap", "bit", 0.5)])
        assert save_amendment(connection, "d1", Amendment(Action.MERGE, "p1", "p2"))
        assert not save_amendment(connection, "d1", Amendment(Action.MERGE, "p1", "p2"))
        save_findings(connection, FOUND)
        save_ties(connection, "d1", [Tie("p1", "unmap", "bit", 0.5)])
    with database.reading() as connection:
        found, ties, conflicts = load_amended(connection, "d1")
    assert found is not None
    assert [p.id for p in found.proposals] == ["p2"]
    assert [t.proposal for t in ties] == ["p2"]
    assert conflicts == []
    with database.writing() as connection:
        ((number, where, _),) = load_amendments(connection)
        assert where == "d1"
        assert remove_amendment(connection, number)
        assert not remove_amendment(connection, number)
        assert load_amended(connection, "d1")[0] == FOUND


def test_what_a_person_added_is_found_by_its_id(database):
    words = {"message_id": "m@example.org", "start": 50, "end": 55, "quote": "words 50"}
    with database.writing() as connection:
        save_discussion(connection, Discussion("d1", "t", (), ()))
        save_findings(connection, FOUND)
        save_amendment(connection, "d1", Amendment(Action.PROPOSE, author="Di", title="new", **words))
        found, _, _ = load_amended(connection, "d1")
        assert found is not None
        added = found.proposals[-1].id
        assert [(f.kind, f.id, f.discussion) for f in look_up(connection, added)] == [
            ("proposal", added, "d1")
        ]
