"""A proposal in a scenario's own words is tied to the option that it describes, and to no other."""

import pytest

from analysis.scenarios.catalogue import scenarios
from analysis.tying.matching import has_term, rank_options, term_weights
from archive.findings import Anchor, Kind, Proposal

SCENARIOS = sorted(scenarios())
EVERY_OPTION = [(s.name, o.name) for s in scenarios().values() for o in s.options]

FEWEST_TERMS = 3
FIRST_SCENARIO = "unmap-mapping-range"  # its words were taken from mail; titles and summaries use others
EVERYDAY = set(
    "mmap_sem mmap_lock i_mutex i_rwsem rwsem down_read down_write gfp_kernel shrinker workqueue kworker "
    "iput copy_from_user get_user write_begin readpage filemap_fault prepare_to_wait unlock_page lock_page "
    "out_of_memory schedule lockdep spinlock".split()
)
WORN = {"lock", "page", "fix", "patch", "race", "deadlock", "mutex", "bug", "flag", "kernel", "reclaim"}


def proposal(title: str, *quotes: str) -> Proposal:
    anchors = tuple(Anchor("1@example.org", 0, len(q), q) for q in quotes)
    return Proposal("p1", title, Kind.DESIGN, "Ada", anchors)


@pytest.mark.parametrize("scenario", SCENARIOS)
def test_no_two_options_have_the_same_terms(scenario):
    options = scenarios()[scenario].options
    terms = [frozenset(o.terms) for o in options]
    assert len(set(terms)) == len(options)
    assert all(len(o.terms) == len(set(o.terms)) for o in options)


@pytest.mark.parametrize(("scenario", "option"), EVERY_OPTION)
def test_most_terms_of_an_option_are_its_own(scenario, option):
    record = scenarios()[scenario]
    own = set(record.option(option).terms)
    others = {t for o in record.options if o.name != option for t in o.terms}
    assert 2 * len(own - others) > len(own)


@pytest.mark.parametrize(("scenario", "option"), EVERY_OPTION)
def test_a_sentence_made_of_title_and_summary_finds_its_option_first(scenario, option):
    record = scenarios()[scenario]
    chosen = record.option(option)
    words = proposal(chosen.title, f"What about this: {chosen.summary} I'd like that better.")
    first, *others = rank_options(words, record.options, term_weights(record.options))
    assert first.option.name == option
    # the margin that tying itself asks for
    assert first.weight >= 0.5
    assert all(first.weight >= 1.15 * other.weight for other in others)


@pytest.mark.parametrize("scenario", [s for s in SCENARIOS if s != FIRST_SCENARIO])
def test_terms_are_many_and_not_worn_out(scenario):
    record = scenarios()[scenario]
    for terms in (record.terms, *(o.terms for o in record.options)):
        assert len(terms) >= FEWEST_TERMS
        assert not {t.casefold() for t in terms} & WORN


@pytest.mark.parametrize("scenario", SCENARIOS)
def test_words_of_every_other_thread_dont_make_a_scenario_the_matter(scenario):
    assert not {t.casefold() for t in scenarios()[scenario].terms} & EVERYDAY


def test_no_scenario_is_about_the_matter_of_another():
    for one in scenarios().values():
        for other in scenarios().values():
            shared = {t.casefold() for t in one.terms} & {t.casefold() for t in other.terms}
            assert one is other or 2 * len(shared) < min(len(one.terms), len(other.terms))


def test_a_term_holds_a_word_that_the_matcher_can_find():
    for record in scenarios().values():
        for option in record.options:
            for term in option.terms:
                assert has_term(f"I think that {term}, maybe.", term)
