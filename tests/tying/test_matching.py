"""Proposals are tied to options by the words that both use, and to nothing where the words don't say."""

import pytest

from analysis.model.program import Task
from analysis.scenarios.scenario import Option, Scenario
from analysis.tying.matching import has_term, rank_options, term_weights, tie
from archive.findings import Anchor, CallPath, Findings, Kind, Proposal
from archive.mail import Address, Discussion, Message


def run() -> None:
    """A task that does nothing: tying looks at words only."""


OPTIONS = (
    Option("spin", "A spinlock", "", terms=("cache_lock", "spin lock", "lock the cache")),
    Option("rcu", "RCU", "", terms=("rcu", "call_rcu", "grace period", "lock the cache")),
    Option("none", "Nothing", "", terms=("do nothing",)),
)
SCENARIO = Scenario(
    name="cache",
    title="Cache lookup against removal",
    summary="",
    tasks=(Task("lookup", run),),
    properties=(),
    options=OPTIONS,
    terms=("cache_lookup", "cache_remove", "cache_entry"),
)


def message(number: int, text: str) -> Message:
    return Message(f"{number}@example.org", Address("Ada"), "cache_lookup oops", None, text)


def proposal(title: str, *quotes: str) -> Proposal:
    anchors = tuple(Anchor("1@example.org", 0, len(q), q) for q in quotes)
    return Proposal("p1", title, Kind.DESIGN, "Ada", anchors)


ABOUT = Discussion(
    "d1",
    "cache_lookup oops",
    ("1@example.org",),
    (message(1, "cache_remove frees it under cache_lookup"), message(2, "cache_entry is gone")),
)


def tied(*proposals: Proposal, discussion: Discussion = ABOUT, paths: tuple[CallPath, ...] = ()):
    findings = Findings("d1", "1", "x", proposals=proposals, call_paths=paths)
    return tie(discussion, findings, {"cache": SCENARIO})


@pytest.mark.parametrize(
    ("words", "term"),
    [
        ("take the spin locks there", "spin lock"),
        ("mapping->flags is full", "mapping->flags"),
        ("BUG at mm/truncate.c:475!", "truncate.c:475"),
        ("I_Mutex, always", "i_mutex"),
        ("both `cache_lock` and more", "cache_lock"),
    ],
)
def test_a_term_is_found_whatever_case_number_or_punctuation(words, term):
    assert has_term(words, term)


@pytest.mark.parametrize(
    ("words", "term"),
    [("drop cache_lock_nested", "cache_lock"), ("a spinning lock", "spin lock"), ("rcutorture", "rcu")],
)
def test_a_part_of_a_longer_word_is_no_term(words, term):
    assert not has_term(words, term)


def test_a_term_of_several_options_says_less():
    weights = term_weights(OPTIONS)
    assert weights["lock the cache"] < weights["grace period"]


def test_the_option_with_more_of_its_words_comes_first():
    ranked = rank_options(
        proposal("free by call_rcu", "after a grace period"), OPTIONS, term_weights(OPTIONS)
    )
    assert [e.option.name for e in ranked] == ["rcu"]
    assert set(ranked[0].terms) == {"call_rcu", "grace period"}


def test_a_proposal_is_tied_with_its_reason_and_the_paths_that_name_it():
    path = CallPath("c1", Anchor("1@example.org", 0, 1, "x"), ("cache_remove", "call_rcu"))
    (made,) = tied(proposal("free by call_rcu"), paths=(path,))
    assert (made.scenario, made.option, made.why) == ("cache", "rcu", ("p1", "c1"))
    assert "call_rcu" in made.reason
    assert "cache_lookup in 2 messages" in made.reason
    assert 0 < made.confidence < 1


def test_words_that_fit_two_options_equally_tie_nothing():
    assert tied(proposal("we should lock the cache")) == ()


def test_a_proposal_about_something_else_is_not_tied():
    assert tied(proposal("document the return value")) == ()


def test_a_discussion_of_another_matter_is_not_tied_however_well_the_words_fit():
    other = Discussion("d2", "t", ("1@example.org",), (message(1, "free it by call_rcu"),))
    lonely = Discussion("d3", "t", ("1@example.org",), (Message("1@e", Address(), "", None, "call_rcu"),))
    assert tied(proposal("free by call_rcu"), discussion=other) == ()
    assert tied(proposal("free by call_rcu"), discussion=lonely) == ()
